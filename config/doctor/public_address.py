"""Check the site at the address that browsers know, through all proxies: certificate, pages and the feed's socket.

The handshake of a WebSocket is one request (RFC 6455, section 4), so it is written out here: the client libraries in
use need an event loop that is theirs for the whole process, or are installed for tests only.
"""

import base64
import hashlib
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from config.doctor.advice import starting
from config.doctor.findings import Finding, failed, ok, unknown, warning
from config.environment.origins import port_of

TIMEOUT_SECONDS = 5
SOCKET_PATH = "/ws/notifications/"
# Renewal normally happens a month before a certificate expires.
EXPIRES_SOON_DAYS = 14
# Docker makes the first file, Podman the second.
IN_A_CONTAINER = any(Path(name).exists() for name in ("/.dockerenv", "/run/.containerenv"))
HEADERS_ADVICE = (
    "The proxy must pass Host, set X-Forwarded-Proto, and be named in config/deploy/nginx.conf, and TRUST_PROXY must "
    "be true: docs/install.md, “The outer proxy and TLS”."
)
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
# Frames of a client with no payload and a mask of zeros.
_PING, _CLOSE = b"\x89\x80\0\0\0\0", b"\x88\x80\0\0\0\0"
_PONG = b"\x8a\0"


@dataclass(frozen=True)
class Site:
    """An origin of the site, and where to connect instead of its own host and port, if that is given."""

    origin: str
    connect_to: tuple[str, int] | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.origin).hostname or ""

    @property
    def has_tls(self) -> bool:
        return self.origin.startswith("https://")

    @contextmanager
    def connected(self) -> Iterator[HTTPConnection]:
        """Connect, with TLS verified as browsers do.

        Raises:
            OSError: there is no such host, nothing listens, or the certificate is not valid.
        """
        target = self.connect_to or (self.host, int(port_of(self.origin)))
        with socket.create_connection(target, timeout=TIMEOUT_SECONDS) as plain:
            client = HTTPConnection(self.host, timeout=TIMEOUT_SECONDS)
            client.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=self.host) if self.has_tls else plain
            )
            with client.sock:
                yield client

    def answer(self, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
        """Return the answer to a GET, and the beginning of its body."""
        with self.connected() as client:
            response = _get(client, self, path, headers)
            return response, response.read(100)


def _get(client: HTTPConnection, site: Site, path: str, headers: dict[str, str]) -> HTTPResponse:
    client.request("GET", path, headers={"Host": urlsplit(site.origin).netloc, **headers})
    return client.getresponse()


def address_finding(site: Site) -> Finding:
    """Check that the address can be reached and, with https, that the certificate does not expire soon."""
    try:
        with site.connected() as client:
            certificate = client.sock.getpeercert() if site.has_tls else None  # type: ignore[union-attr]  # a TLS socket
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or str(error)
        return failed(f"{site.origin}: TLS fails: {why}", "Renew the certificate, and reload the proxy with it.")
    except OSError as error:
        said = f"{site.origin} can’t be reached from here: {error.strerror or error}"
        if IN_A_CONTAINER and not settings.EMBEDDED:
            return unknown(
                said,
                "A container may be unable to reach it although others can. Try from elsewhere: "
                f"curl -i {site.origin}/healthz, or name the proxy with --connect-to HOST:PORT.",
            )
        return failed(said, "Check the DNS name, the firewall, and that the proxy runs and listens there.")
    if not certificate:
        return ok(site.origin)
    days = (ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) / 86_400
    said = f"{site.origin}, certificate valid for {days:.0f} more days"
    if days < EXPIRES_SOON_DAYS:
        return warning(said, "Find out why it was not renewed: certbot renew --dry-run, or the log of Caddy.")
    return ok(said)


def pages_finding(site: Site) -> Finding:
    """Check that proxies pass requests to web, and that web believes what they say about a request's origin."""
    response, body = site.answer("/healthz")
    if response.status in {502, 503, 504}:
        return failed(f"the proxy can’t reach web ({response.status})", starting("web"))
    if response.status == 400:
        return failed(f"web does not accept the host {site.host!r} (400)", HEADERS_ADVICE)
    if response.status != 200 or body != b"ok\n":
        return failed(
            f"/healthz is answered {response.status}, but not by this site",
            "Check which server listens at this address, and what it passes on.",
        )
    response, _ = site.answer("/robots.txt")
    if response.status in {301, 302, 307, 308}:
        return failed(
            f"every page is redirected, to {response.getheader('Location')}: web takes requests for plain http",
            HEADERS_ADVICE,
        )
    if response.status != 200:
        return failed(f"/robots.txt is answered {response.status}", "Read the log of web.")
    return ok(f"{site.origin} answers")


def feed_site(site: Site) -> Site:
    """Return where pages find the feed: at their own origin, or at FEED_PORT of the same host, without TLS."""
    return Site(f"http://{urlsplit(site.origin).hostname}:{settings.FEED_PORT}") if settings.FEED_PORT else site


def feed_finding(site: Site) -> Finding:
    """Open a socket as a page does, and exchange a ping. Nobody logs in, so the feed then waits for a ticket."""
    key = base64.b64encode(os.urandom(16)).decode()
    with feed_site(site).connected() as client:
        headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        response = _get(
            client, feed_site(site), SOCKET_PATH, {**headers, "Sec-WebSocket-Key": key, "Origin": site.origin}
        )
        if response.status != 101 or response.getheader("Sec-WebSocket-Accept") != _accepted(key):
            return _refused(response.status)
        client.sock.sendall(_PING)
        answer = client.sock.recv(len(_PONG))
        client.sock.sendall(_CLOSE)
    if answer != _PONG:
        return failed(
            "the socket opens, but nothing comes back", "Check that proxies pass WebSockets in both directions."
        )
    return ok("a socket opens and answers")


def _accepted(key: str) -> str:
    """Return the value by which a server proves that it has understood the handshake (RFC 6455, section 4.2.2)."""
    return base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode(), usedforsecurity=False).digest()).decode()


def _refused(status: int) -> Finding:
    said = f"the handshake of a socket is answered {status}"
    if status in {502, 503, 504}:
        return failed(f"{said}: the proxy can’t reach the feed", starting("feed"))
    if status == 403:
        return failed(
            f"{said}: the feed refuses it",
            "This address may have reached FEED_MAX_SOCKETS_PER_ADDRESS, for example if the proxy does not set "
            "X-Real-IP. Read the log of feed.",
        )
    return failed(said, "The proxy must pass /ws/ to feed, with Upgrade and Connection: config/deploy/nginx.conf.")
