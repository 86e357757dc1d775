import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from config.embedded.probe import status_of
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port


class Site(BaseHTTPRequestHandler):
    """A server that accepts only its own hosts, as Django does."""

    hosts = ("events.example.org", "example.org", "localhost")

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Host"] in self.hosts and self.path == "/healthz" else 400)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def site_port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("hosts", [["events.example.org", "127.0.0.1"], [".example.org"], ["*"], []])
def test_site_is_asked_by_a_name_that_it_answers(site_port: int, hosts: list[str]) -> None:
    assert status_of(site_port, hosts) == 200


def test_port_without_a_server_has_no_status() -> None:
    assert status_of(free_port(), ["localhost"]) is None


@pytest.mark.parametrize(("hosts", "code"), [("events.example.org,localhost", 0), ("other.example.org", 1)])
def test_command_is_well_only_when_the_site_says_so(site_port: int, hosts: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.embedded.probe", str(site_port)], cwd=BASE_DIR, env={"ALLOWED_HOSTS": hosts}
    )

    assert done.returncode == code
