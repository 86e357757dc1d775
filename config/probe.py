"""Whether a server of this deployment answers: `python -m config.probe PORT` for health checks."""

import http.client
import sys


def answers(port: int) -> bool:
    """Tell whether `/healthz` on this port of this machine is answered, whatever host names the site has."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/healthz")
        return client.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()


if __name__ == "__main__":
    sys.exit(0 if answers(int(sys.argv[1])) else 1)
