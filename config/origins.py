"""Origins: scheme, host and port of pages, as browsers send them in `Origin`; and which ports of a host are ours.

`ALLOWED_ORIGINS` holds them in this one form, since they are compared letter by letter.
"""

import re
from urllib.parse import urlsplit

from django.conf import settings

DEFAULT_PORTS = {"http": "80", "https": "443"}
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")


def canonical(origin: str) -> str:
    """Return an origin as browsers send it: lower case, without a path, and without the port that its scheme implies.

    Raises:
        ValueError: there is no scheme that pages come by, or no host in it.
    """
    parts = urlsplit(origin)
    host = (parts.hostname or "").encode("idna").decode()  # UnicodeError is a ValueError
    if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise ValueError("no origin")
    host = f"[{host}]" if ":" in host else host
    port = _port_of(origin)
    return f"{parts.scheme}://{host}" if port == DEFAULT_PORTS[parts.scheme] else f"{parts.scheme}://{host}:{port}"


def host_of(origin: str) -> str:
    """Return the host of an origin, without the port; an IPv6 address keeps its brackets, as in `ALLOWED_HOSTS`."""
    return re.sub(r":\d+$", "", urlsplit(origin).netloc)


def is_own_port(host: str, port: str, *, scheme: str) -> bool:
    """Tell whether our pages are at this port of a host of ours.

    They are where `ALLOWED_ORIGINS` says so; at the embedded deployment's own port; and with a host that no origin
    names, where it is reached by other programs, at the port that the scheme implies.
    """
    if settings.EMBEDDED and port == str(settings.PORT):
        return True
    origins = [each for each in settings.ALLOWED_ORIGINS if host_of(each) == host]
    if not origins:
        return port == DEFAULT_PORTS[scheme]
    return port in map(_port_of, origins)


def _port_of(origin: str) -> str:
    parts = urlsplit(origin)
    return str(parts.port or DEFAULT_PORTS[parts.scheme])
