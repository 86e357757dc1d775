"""Settings that contradict each other or the deployment: none of them starts.

Called by the settings, and not as system checks: granian and Daphne run none.
"""

import re
from email.utils import getaddresses

from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

from config.origins import canonical, host_of

# `.example.org` stands for all of a domain. Names are compared in lower case.
_ALLOWED_HOST = re.compile(r"\.?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>,]+@([a-z0-9]([a-z0-9.-]*[a-z0-9])?)", re.IGNORECASE)
# RFC 2606 and RFC 6761: nobody receives or sends mail there.
_NOBODYS_DOMAIN = re.compile(
    r"(.+\.)?(localhost|localdomain|example|test|invalid|example\.(com|net|org))", re.IGNORECASE
)
_THIS_MACHINE = re.compile(r"(.+\.)?localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1?\]")
# Backends that show or keep mails, and send none.
_UNSENT = {"consolemail", "filemail", "memorymail", "dummymail"}


def check_origin_forms(name: str, origins: list[str]) -> None:
    """Refuse what no browser sends as an origin: it would never be equal to one."""
    for origin in origins:
        try:
            right = canonical(origin)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: {origin!r} is no origin; write scheme, host and port, such as https://events.example.org."
            ) from None
        if origin != right:
            raise ImproperlyConfigured(f"{name}: write {right!r} instead of {origin!r}, as browsers do.")


def check_host_forms(hosts: list[str], *, is_any_possible: bool) -> None:
    """Refuse what is no host name and would never be equal to one; and, unless it is possible here, any host at all."""
    if "*" in hosts and not is_any_possible:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the site's hosts in production: '*' would answer for any.")
    for host in hosts:
        if host != "*" and not _ALLOWED_HOST.fullmatch(host):
            raise ImproperlyConfigured(
                f"ALLOWED_HOSTS: {host!r} is no host name; write it without scheme, port and path."
            )


def check_https(origins: list[str], *, https: bool, hsts_seconds: int) -> None:
    """Refuse pages by plain http where all are sent to https, and promises of https where there is none."""
    plain = [each for each in origins if each.startswith("http://")]
    if https and plain:
        raise ImproperlyConfigured(f"ALLOWED_ORIGINS: {plain[0]!r} must begin with https:// while HTTPS is true.")
    if hsts_seconds and not https:
        raise ImproperlyConfigured("HSTS_SECONDS must be 0 while HTTPS is false: browsers would insist on https.")


def check_production(
    hosts: list[str], origins: list[str], *, https: bool, debug: bool, feed_port: int | None, mail_scheme: str
) -> None:
    """Refuse what belongs to a machine of one's own, or cannot work for anybody else."""
    if debug:
        raise ImproperlyConfigured("DEBUG must be false in production: its pages show code and settings to anybody.")
    for origin in origins:
        host = host_of(origin)
        if not validate_host(host, hosts):
            raise ImproperlyConfigured(f"ALLOWED_ORIGINS: {origin!r} needs its host in ALLOWED_HOSTS: add {host!r}.")
        if https and _THIS_MACHINE.fullmatch(host):
            raise ImproperlyConfigured(
                f"ALLOWED_ORIGINS: {origin!r} is this machine; name the site's address, or set HTTPS=false to try it."
            )
        if not https and origin.startswith("https://"):
            raise ImproperlyConfigured(f"HTTPS must be true while ALLOWED_ORIGINS has {origin!r}.")
    if https and feed_port:
        raise ImproperlyConfigured(
            "FEED_PORT must be empty in production with HTTPS: the feed speaks plain http, and a proxy brings it to "
            "the origin of the pages."
        )
    if https and mail_scheme in _UNSENT:
        raise ImproperlyConfigured(
            "EMAIL_URL must be set in production to a server that sends mails, such as smtp+tls://user:password@host."
        )


def check_sender(sender: str, *, is_production: bool) -> None:
    """Refuse a sender that is no address and, in production, one that no mail server takes."""
    people = getaddresses([sender])
    address = _ADDRESS.fullmatch(people[0][1]) if len(people) == 1 else None
    if not address or "\n" in sender:
        raise ImproperlyConfigured(
            f"EMAIL_FROM must be one address, such as 'Event manager <events@your.domain>', not {sender!r}."
        )
    if is_production and _NOBODYS_DOMAIN.fullmatch(address[1]):
        raise ImproperlyConfigured(f"EMAIL_FROM must be at a domain of yours in production, not at {address[1]!r}.")
