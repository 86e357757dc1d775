"""What `REDIS_URL` means, the same for its three readers: Celery, the channel layers and the counters of rate limits.

redis-py's reading holds. It verifies the certificate and the name of a `rediss://` server unless the URL says otherwise
(`ssl_cert_reqs=none`), by the system's authorities or `ssl_ca_certs`. kombu, left to itself, would verify nothing.
"""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

# redis-py's own words.
_CERT_REQS = {"required", "optional", "none"}
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def check_redis_url(url: str) -> None:
    """Refuse an address that no reader understands. The refusal does not quote it: it may hold a password."""
    try:
        options = parse_url(url)
    except ValueError:
        raise ImproperlyConfigured(
            "REDIS_URL must be redis://, rediss:// (TLS) or unix://, with user:password@host:port/number; encode what "
            "has a meaning in addresses, such as / in a password as %2F."
        ) from None
    has_tls = url.startswith("rediss://")
    if not has_tls and any(name.startswith("ssl_") for name in options):
        raise ImproperlyConfigured("REDIS_URL must be rediss:// to have ssl_ options.")
    if options.get("ssl_cert_reqs", "required") not in _CERT_REQS:
        raise ImproperlyConfigured("REDIS_URL: ssl_cert_reqs must be required, optional or none.")
    for name in _FILES:
        if name in options and not Path(options[name]).is_file():
            raise ImproperlyConfigured(f"REDIS_URL: {name} names no file: {options[name]!r}.")


def celery_broker(url: str) -> tuple[str, dict[str, Any] | None]:
    """Return the URL as kombu reads it, and the options of TLS as redis-py reads them; None without TLS."""
    if url.startswith("unix://"):
        return url.replace("unix://", "redis+socket://", 1), None
    if not url.startswith("rediss://"):
        return url, None
    options = {name: value for name, value in parse_url(url).items() if name.startswith("ssl_")}
    parts = urlsplit(url)
    # kombu would read these by rules of its own, which replace what is set beside the URL.
    others = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("ssl_")]
    return urlunsplit(parts._replace(query=urlencode(others))), {"ssl_cert_reqs": "required", **options}


def password_of(url: str) -> str:
    """Return the password in an address, decoded; nothing where there is none."""
    return str(parse_url(url).get("password", ""))
