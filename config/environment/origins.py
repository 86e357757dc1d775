"""Origins, that is scheme, host and port as browsers send them in `Origin`, and the ports that a host answers at.

`ALLOWED_ORIGINS` contains origins in canonical form only, because they are compared as text.
"""

import re
from urllib.parse import urlsplit

from django.conf import settings

DEFAULT_PORTS = {"http": "80", "https": "443"}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")


def canonical(origin: str) -> str:
    """Return an origin as browsers send it: lower case, without a path, and without the port that its scheme implies.

    Raises:
        ValueError: the scheme is neither http nor https, or there is no host.
    """
    parts = urlsplit(origin)
    host = (parts.hostname or "").encode("idna").decode()  # UnicodeError is a ValueError
    if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise ValueError("not an origin")
    host = f"[{host}]" if ":" in host else host
    port = port_of(origin)
    return f"{parts.scheme}://{host}" if port == DEFAULT_PORTS[parts.scheme] else f"{parts.scheme}://{host}:{port}"


def host_of(origin: str) -> str:
    """Return the host of an origin, without the port; an IPv6 address keeps its brackets, as in `ALLOWED_HOSTS`."""
    return re.sub(r":\d+$", "", urlsplit(origin).netloc)


def is_own_port(host: str, port: str, *, scheme: str) -> bool:
    """Return whether our pages are served at this port of one of our hosts.

    They are served at the ports in `ALLOWED_ORIGINS` and at the embedded deployment's own port. A host that no origin
    names, such as one that only programs use, is served at the port that the scheme implies.
    """
    if settings.EMBEDDED and port == str(settings.PORT):
        return True
    origins = [each for each in settings.ALLOWED_ORIGINS if host_of(each) == host]
    if not origins:
        return port == DEFAULT_PORTS[scheme]
    return port in map(port_of, origins)


def port_of(origin: str) -> str:
    """Return the port of an origin, which its scheme may imply."""
    parts = urlsplit(origin)
    return str(parts.port or DEFAULT_PORTS[parts.scheme])
