"""Give `REDIS_URL` one meaning for its three readers: Celery, the channel layers and the counters of rate limits.

That meaning is redis-py's. It verifies the certificate and the name of a `rediss://` server against the system's
authorities or `ssl_ca_certs`, unless the URL has `ssl_cert_reqs=none`. kombu would verify nothing by default.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured
from redis.connection import parse_url

# These are the values that redis-py knows.
_CERT_REQS = {"required", "optional", "none"}
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def check_redis_url(url: str) -> None:
    """Refuse a URL that redis-py cannot read. The refusal does not quote it, because it may contain a password."""
    try:
        options = parse_url(url)
    except ValueError:
        raise ImproperlyConfigured(
            "REDIS_URL must be redis://, rediss:// (TLS) or unix://, with user:password@host:port/number; "
            "percent-encode reserved characters, such as / in a password as %2F."
        ) from None
    # If the path is not a number, redis-py uses database 0, and kombu fails each time it connects.
    if not url.startswith("unix://") and not re.fullmatch(r"/?|/\d+", urlsplit(url).path):
        raise ImproperlyConfigured("REDIS_URL must end in the number of a database, such as /0, or in no path at all.")
    has_tls = url.startswith("rediss://")
    if not has_tls and any(name.startswith("ssl_") for name in options):
        raise ImproperlyConfigured("REDIS_URL must be rediss:// to have ssl_ options.")
    if options.get("ssl_cert_reqs", "required") not in _CERT_REQS:
        raise ImproperlyConfigured("REDIS_URL: ssl_cert_reqs must be required, optional or none.")
    for name in _FILES:
        if name in options and not Path(options[name]).is_file():
            raise ImproperlyConfigured(f"REDIS_URL: {name} must name a file, but {options[name]!r} is not a file.")


def celery_broker(url: str) -> tuple[str, dict[str, Any] | None]:
    """Return the URL for kombu and the TLS options as redis-py reads them; None without TLS."""
    if url.startswith("unix://"):
        # kombu reads the number of the database from `virtual_host` and would ignore redis-py's `db`.
        return re.sub(r"([?&])db=", r"\1virtual_host=", url.replace("unix://", "redis+socket://", 1)), None
    if not url.startswith("rediss://"):
        return url, None
    options = {name: value for name, value in parse_url(url).items() if name.startswith("ssl_")}
    parts = urlsplit(url)
    # kombu would read ssl_ options by its own rules, and they would override those passed beside the URL.
    others = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("ssl_")]
    return urlunsplit(parts._replace(query=urlencode(others))), {"ssl_cert_reqs": "required", **options}


def password_of(url: str) -> str:
    """Return the decoded password in a URL, or an empty string if there is none."""
    return str(parse_url(url).get("password", ""))
