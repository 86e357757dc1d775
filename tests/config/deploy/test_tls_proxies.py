"""Test the documented proxies that end TLS: nginx without Docker, and Caddy before the composed nginx."""

import json
import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.front import CADDY, Front, echo_servers, running, running_front, running_nginx, temporary_folder
from tests.tls import Authority
from tools.stage.composed import SERVICES
from tools.stage.nginx import DEPLOY, NGINX, changed
from tools.stage.ports import free_port

needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
needs_caddy = pytest.mark.skipif(CADDY is None or NGINX is None, reason="caddy or nginx is not installed")
SITE = "events.example.org"
CADDY_ADDRESS = SERVICES["caddy"]["networks"]["outer"]["ipv4_address"]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, ThreadingHTTPServer]]:
    with echo_servers() as running_servers:
        yield running_servers


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return a certificate authority that has signed a certificate for 127.0.0.1."""
    return Authority(tmp_path_factory.mktemp("tls"), "authority")


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Path:
    """Return the certificate and the key of this machine in one file."""
    authority.context()
    return authority.path.parent / "server-127.0.0.1.pem"


@pytest.fixture(scope="module")
def plain_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def nginx(
    servers: dict[str, ThreadingHTTPServer], authority: Authority, certificate: Path, plain_port: int
) -> Iterator[Front]:
    port = free_port()
    with temporary_folder() as folder:
        text = changed(
            (DEPLOY / "nginx-tls.conf").read_text(),
            {
                "127.0.0.1:8000": f"127.0.0.1:{servers['web'].server_port}",
                "127.0.0.1:8001": f"127.0.0.1:{servers['feed'].server_port}",
                "listen 80;": f"listen 127.0.0.1:{plain_port};",
                "listen [::]:80;": "",
                "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
                "listen [::]:443 ssl http2;": "",
                f"/etc/letsencrypt/live/{SITE}/fullchain.pem": str(certificate),
                f"/etc/letsencrypt/live/{SITE}/privkey.pem": str(certificate),
                "/var/log/nginx": str(folder),
                "/run/nginx-answers": f"{folder}/answers",
            },
        )
        with running_nginx(text, folder):
            yield Front(port, folder, ssl.create_default_context(cafile=str(authority.path)))


@pytest.fixture(scope="module")
def caddy(servers: dict[str, ThreadingHTTPServer], authority: Authority, certificate: Path) -> Iterator[Front]:
    """Run Caddy before the composed deployment's nginx, which is configured to trust it."""
    with (
        running_front(servers["web"].server_port, servers["feed"].server_port, {CADDY_ADDRESS: "127.0.0.1"}) as inner,
        running_caddy(inner.port, authority, certificate) as front,
    ):
        yield front


@contextmanager
def running_caddy(inner: int, authority: Authority, certificate: Path) -> Iterator[Front]:
    """Run Caddy before the server on the port `inner`."""
    port = free_port()
    with temporary_folder() as folder:
        text = changed(
            (DEPLOY / "Caddyfile").read_text(),
            {
                # Only the test's own port, and no certificate from the internet.
                "\tservers {\n": "\tadmin off\n\tauto_https off\n\tservers {\n",
                "\tlog {\n": f"\tlog {{\n\t\toutput file {folder}/caddy.log\n",
                f"{{$SITE_ADDRESS:{SITE}}} {{": f"https://127.0.0.1:{port} {{\n\ttls {certificate} {certificate}\n",
                "{$UPSTREAM:127.0.0.1:8080}": f"127.0.0.1:{inner}",
            },
        )
        (folder / "Caddyfile").write_text(text)
        command = [CADDY, "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"]
        with running([*command, "--pidfile", f"{folder}/pid"], ready=folder / "pid", log=folder / "caddy.log"):
            yield Front(port, folder, ssl.create_default_context(cafile=str(authority.path)))


# nginx


@needs_nginx
@pytest.mark.parametrize(("path", "server"), [("/", "web"), ("/api/v1/events/", "web"), ("/ws/notifications/", "feed")])
def test_request_by_tls_reaches_its_server_as_https(
    nginx: Front, servers: dict[str, ThreadingHTTPServer], path: str, server: str
) -> None:
    claims = {"X_Forwarded_Proto": "http", "X_Real_IP": "6.6.6.6", "X_Forwarded_For": "6.6.6.6"}

    _, sent = nginx.ask("GET", path, b"", Host=SITE, **claims)

    assert sent["port"] == servers[server].server_port
    assert (sent["Host"], sent["X-Forwarded-Proto"], sent["X-Real-IP"]) == (SITE, "https", "127.0.0.1")
    assert "X-Forwarded-For" not in sent


@needs_nginx
def test_request_without_tls_is_sent_to_the_site_whatever_host_it_names(nginx: Front, plain_port: int) -> None:
    client = HTTPConnection("127.0.0.1", plain_port)

    client.request("GET", "/events/1/?past=1", headers={"Host": "elsewhere.example.net"})
    response = client.getresponse()

    assert (response.status, response.headers["Location"]) == (301, f"https://{SITE}/events/1/?past=1")
    client.close()


@needs_nginx
def test_socket_by_tls_is_passed_on(nginx: Front) -> None:
    _, sent = nginx.ask("GET", "/ws/notifications/", Upgrade="websocket", Connection="Upgrade")

    assert (sent["Upgrade"], sent["Connection"]) == ("websocket", "upgrade")


def test_both_configurations_of_nginx_agree_on_all_but_tls_the_outer_proxy_and_where_servers_are() -> None:
    composed, tls = ((DEPLOY / name).read_text() for name in ("nginx.conf", "nginx-tls.conf"))
    only_composed = (
        r"    # The outer proxy, first line.*?(?=    # Limit the requests)|        listen 80;\n"
        r"|    # Ask Docker.*?(?=    server \{)"
    )
    only_tls = (
        r"    server \{\n        listen 80;.*?\n    \}\n\n|        (?:listen|server_name|ssl_\w+) .*?;\n"
        r"|    # With more than one server.*?(?=    server \{\n        listen)"
    )

    composed = re.sub(only_composed, "", composed.partition("\n\n")[2], flags=re.DOTALL)
    tls = re.sub(only_tls, "", tls.partition("\n\n")[2], flags=re.DOTALL)

    for here, there in {
        "/dev/stdout": "/var/log/nginx/access.log",
        "/dev/stderr": "/var/log/nginx/error.log",
        "set $web web:8000": "set $web web",
        "set $feed feed:8001": "set $feed feed",
        "$outer_scheme": "https",
    }.items():
        composed = composed.replace(here, there)
    assert composed == tls


# Caddy


@needs_caddy
@pytest.mark.parametrize(("path", "server"), [("/", "web"), ("/ws/notifications/", "feed")])
def test_request_through_caddy_and_nginx_arrives_as_https(
    caddy: Front, servers: dict[str, ThreadingHTTPServer], path: str, server: str
) -> None:
    _, sent = caddy.ask("GET", path, Host="127.0.0.1", X_Forwarded_Proto="http", X_Real_IP="6.6.6.6")

    assert sent["port"] == servers[server].server_port
    assert (sent["X-Forwarded-Proto"], sent["X-Real-IP"]) == ("https", "127.0.0.1")
    assert "X-Forwarded-For" not in sent


@needs_caddy
def test_socket_through_caddy_is_passed_on(caddy: Front) -> None:
    _, sent = caddy.ask("GET", "/ws/notifications/", Upgrade="websocket", Connection="Upgrade")

    assert (sent["Upgrade"].lower(), sent["Connection"].lower()) == ("websocket", "upgrade")


@needs_caddy
def test_log_of_caddy_holds_no_token_even_when_nginx_is_away(authority: Authority, certificate: Path) -> None:
    with running_caddy(free_port(), authority, certificate) as front:
        response, _ = front.ask("GET", "/events/1/?invite=hush")

        assert response.status == 502
        assert "hush" not in (front.folder / "caddy.log").read_text()


def adapted(**environment: str) -> dict[str, Any]:
    """Return the configuration that Caddy reads from our file with these variables."""
    assert CADDY
    command = [CADDY, "adapt", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile", "--validate"]
    with temporary_folder() as folder:
        homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        done = subprocess.run(command, env={**os.environ, **homes, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def sites_of(configuration: dict[str, Any]) -> tuple[list[list[str]], list[str]]:
    """Return the names that Caddy serves, by site, and where it passes their requests."""
    [server] = configuration["apps"]["http"]["servers"].values()
    text = json.dumps(server)
    return [route["match"][0]["host"] for route in server["routes"]], re.findall(r'"dial": "([^"]+)"', text)


@needs_caddy
@pytest.mark.parametrize(
    ("address", "sites"),
    [
        ("https://events.example.org", ["events.example.org"]),
        ("https://events.example.org, https://www.example.org", ["events.example.org", "www.example.org"]),
    ],
)
def test_caddy_of_compose_serves_the_origins_of_the_site(address: str, sites: list[str]) -> None:
    environment = SERVICES["caddy"]["environment"]

    served, passed_to = sites_of(adapted(SITE_ADDRESS=address, UPSTREAM=environment["UPSTREAM"]))

    assert environment["SITE_ADDRESS"] == "${SITE_ADDRESS:-${ALLOWED_ORIGINS}}"
    assert (sorted(served[0]), passed_to) == (sites, ["nginx:80"])


@needs_caddy
def test_caddy_outside_of_compose_passes_requests_to_the_port_of_nginx_on_this_machine() -> None:
    assert sites_of(adapted()) == ([[SITE]], ["127.0.0.1:8080"])


def test_nobody_but_caddy_can_have_the_address_that_nginx_trusts() -> None:
    members = {
        name: service["networks"]["outer"]["ipv4_address"]
        for name, service in SERVICES.items()
        if "outer" in service.get("networks", ())
    }
    text = (DEPLOY / "nginx.conf").read_text()
    trusted = re.findall(r"^\s+(?:set_real_ip_from )?([0-9.]+)(?: 1)?;", text, flags=re.MULTILINE)

    assert set(members) == {"caddy", "nginx"}
    assert members["nginx"] != members["caddy"]
    assert trusted == 2 * [members["caddy"]]
