"""Refuse settings that contradict each other or the deployment.

The settings call these functions. System checks would not do, because granian and Daphne do not run them.
"""

import re
from email.utils import getaddresses

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from config.environment.origins import canonical, host_of

# `.example.org` matches the domain and all its subdomains. Names are compared in lower case.
_ALLOWED_HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>,]+@([a-z0-9]([a-z0-9.-]*[a-z0-9])?)", re.IGNORECASE)
# RFC 2606 and RFC 6761 reserve these domains, so nobody sends or receives emails there.
_NOBODYS_DOMAIN = re.compile(
    r"(.+\.)?(localhost|localdomain|example|test|invalid|example\.(com|net|org))", re.IGNORECASE
)
_THIS_MACHINE = re.compile(r"(.+\.)?localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]")
# These backends print or store emails instead of sending them.
_UNSENT = {"consolemail", "filemail", "memorymail", "dummymail"}


def check_origin_forms(name: str, origins: list[str]) -> None:
    """Refuse a value that no browser sends as an origin, because it would never match."""
    for origin in origins:
        try:
            right = canonical(origin)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: {origin!r} is not an origin; write scheme, host and port, such as https://events.example.org."
            ) from None
        if origin != right:
            raise ImproperlyConfigured(f"{name}: write {right!r} instead of {origin!r}, as browsers do.")


def check_hosts_are_named(hosts: list[str]) -> None:
    """Refuse `*`, which would accept any host."""
    if "*" in hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the site's hosts in production: '*' would accept any host.")


def check_host_forms(hosts: list[str]) -> None:
    """Refuse a value that is neither a host name nor `*`, because it would never match."""
    for host in hosts:
        if host != "*" and not _ALLOWED_HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"ALLOWED_HOSTS: {host!r} is not a host name; write it without scheme, port and path."
            )


def check_https(origins: list[str], *, https: bool, hsts_seconds: int) -> None:
    """Refuse http origins with HTTPS, because every page redirects to https, and HSTS without HTTPS."""
    plain = [each for each in origins if each.startswith("http://")]
    if https and plain:
        raise ImproperlyConfigured(f"ALLOWED_ORIGINS: {plain[0]!r} must begin with https:// while HTTPS is true.")
    if hsts_seconds and not https:
        raise ImproperlyConfigured("HSTS_SECONDS must be 0 while HTTPS is false: browsers would insist on https.")


def check_production(
    hosts: list[str], origins: list[str], *, https: bool, debug: bool, feed_port: int | None, mail_scheme: str
) -> None:
    """Refuse settings that only make sense on a developer's own machine."""
    if debug:
        raise ImproperlyConfigured("DEBUG must be false in production: error pages would show code and settings.")
    for origin in origins:
        host = host_of(origin)
        if not validate_host(host, hosts):
            raise ImproperlyConfigured(f"ALLOWED_ORIGINS: {origin!r} needs its host in ALLOWED_HOSTS: add {host!r}.")
        if https and _THIS_MACHINE.fullmatch(host):
            raise ImproperlyConfigured(
                f"ALLOWED_ORIGINS: {origin!r} is this machine; name the site's own host, or set HTTPS=false to try it."
            )
        if not https and origin.startswith("https://"):
            raise ImproperlyConfigured(f"HTTPS must be true while ALLOWED_ORIGINS has {origin!r}.")
    if https and feed_port:
        raise ImproperlyConfigured(
            "FEED_PORT must be empty in production with HTTPS: the feed speaks plain http, and a proxy serves it "
            "at the origin of the pages."
        )
    if https and mail_scheme in _UNSENT:
        raise ImproperlyConfigured(
            "EMAIL_URL must name a mail server in production, such as smtp+tls://user:password@host."
        )


def check_sender(sender: str, *, is_production: bool) -> None:
    """Refuse a sender that is not an email address or, in production, whose domain is reserved."""
    people = getaddresses([sender])
    address = _ADDRESS.fullmatch(people[0][1]) if len(people) == 1 else None
    if not address or "\n" in sender:
        raise ImproperlyConfigured(
            f"EMAIL_FROM must be one email address, such as 'Event manager <events@your.domain>', not {sender!r}."
        )
    if is_production and _NOBODYS_DOMAIN.fullmatch(address[1]):
        raise ImproperlyConfigured(f"EMAIL_FROM must be at your own domain in production, not at {address[1]!r}.")
