"""Check whether a server of this deployment answers. Health checks run `python -m config.embedded.probe PORT`."""

import http.client
import os
import sys
from collections.abc import Sequence


def status_of(port: int, allowed_hosts: Sequence[str]) -> int | None:
    """Return the status of the answer to `/healthz` on this port of this machine; None if there is no answer."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/healthz", headers={"Host": _host_of(allowed_hosts)})
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


def _host_of(allowed_hosts: Sequence[str]) -> str:
    """Return a host name that the site accepts. `.example.org` stands for a domain and its subdomains, `*` for any."""
    return next(iter(allowed_hosts), "").strip(" .*") or "localhost"


if __name__ == "__main__":
    sys.exit(0 if status_of(int(sys.argv[1]), os.environ.get("ALLOWED_HOSTS", "").split(",")) == 200 else 1)
