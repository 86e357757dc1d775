"""Run the proxies of config/deploy/ for tests: their own configurations, on free ports, before servers of the test."""

import http.client
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tools.stage import nginx
from tools.stage.name_server import NameServer
from tools.stage.nginx import SEARCH_PATH
from tools.stage.ports import free_port

CADDY = shutil.which("caddy", path=SEARCH_PATH)


class Front:
    """A running proxy: its port, and the requests that it passed on."""

    def __init__(self, port: int, folder: Path, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.folder = folder
        self._tls = tls
        self._asked = 0

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[http.client.HTTPResponse, dict]:
        client = self._client()
        client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = client.getresponse()
        text = response.read()
        client.close()
        self._asked += 1
        return response, json.loads(text) if "json" in response.headers.get("Content-Type", "") else {}

    def _client(self) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, context=self._tls)
        return http.client.HTTPConnection("127.0.0.1", self.port)

    def log(self) -> str:
        """Return a line for each request: nginx writes it after the answer was sent."""
        return self.log_of(self._asked)

    def log_of(self, requests: int) -> str:
        """Return the log once it has a line for each of so many requests."""
        while (text := (self.folder / "access.log").read_text()).count("\n") < requests:
            time.sleep(0.01)
        return text


def next_second() -> None:
    """Wait until the next second begins, in which nginx gives nothing that it has kept."""
    second = int(time.time())
    while int(time.time()) == second:
        time.sleep(0.01)


class Echo(BaseHTTPRequestHandler):
    """Answers with its own name and the headers that it was sent."""

    def do_GET(self) -> None:
        assert isinstance(self.server, HTTPServer)
        here = {"address": self.server.server_address[0], "port": self.server.server_port}
        body = json.dumps({**here, **dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def echo_servers() -> Iterator[dict[str, ThreadingHTTPServer]]:
    """Run two servers instead of web and feed."""
    with server_at("127.0.0.1") as web, server_at("127.0.0.1") as feed:
        yield {"web": web, "feed": feed}


@contextmanager
def server_at(
    address: str, port: int = 0, handler: Callable[..., BaseHTTPRequestHandler] = Echo
) -> Iterator[ThreadingHTTPServer]:
    """Run a server on an address of the loopback, on this port or a free one."""
    with ThreadingHTTPServer((address, port), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


@contextmanager
def running_front(
    web: int,
    feed: int,
    changes: dict[str, str] | None = None,
    *,
    names: NameServer | None = None,
    port: int | None = None,
) -> Iterator[Front]:
    """Run the composed deployment's nginx before servers on these ports; `changes` replace text of its file.

    The servers have the addresses that `names` has for `web` and `feed`, by default 127.0.0.1. nginx listens on `port`
    of 127.0.0.1, or on a free one.
    """
    port = port or free_port()
    addresses = {"127.0.0.11": names.address} if names else nginx.ON_THIS_MACHINE
    with temporary_folder() as folder:
        changes = {**addresses, **(changes or {})}
        text = nginx.composed_configuration(folder, changes, port=port, web=web, feed=feed)
        with running_nginx(text, folder):
            yield Front(port, folder)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="front-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_nginx(text: str, folder: Path) -> Iterator[None]:
    """Run nginx with this configuration until the block ends."""
    with running(nginx.command(folder, text), ready=folder / "pid", log=folder / "error.log"):
        yield


@contextmanager
def running(command: Sequence[str | None], *, ready: Path, log: Path) -> Iterator[None]:
    """Run a program until the block ends. It is ready once the file `ready` exists."""
    folder = str(ready.parent)
    homes = {"HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}  # Caddy keeps files there
    process = subprocess.Popen(list(filter(None, command)), stdin=subprocess.DEVNULL, env={**os.environ, **homes})
    try:
        while not ready.exists() and process.poll() is None:
            time.sleep(0.02)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait()
