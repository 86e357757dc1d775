"""Whether a server of this deployment answers: `python -m config.probe PORT` for health checks."""

import http.client
import sys


def status_of(port: int) -> int | None:
    """Return the status with which `/healthz` on this port of this machine is answered; None while nothing answers.

    The site may refuse the host name 127.0.0.1; that, too, is an answer.
    """
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/healthz")
        return client.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        client.close()


if __name__ == "__main__":
    sys.exit(0 if (status_of(int(sys.argv[1])) or 500) < 500 else 1)
