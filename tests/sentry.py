"""Run an HTTP server that receives what would be sent to Sentry.

with SentryServer() as server:
    server.dsn        # for SENTRY_DSN
    server.events     # the reports that it has received
    server.bodies     # everything that it has received, as text
"""

import gzip
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from types import TracebackType
from typing import Any, Self

import brotli

# The SDK uses Brotli, because it is installed.
DECODERS: dict[str | None, Callable[[bytes], bytes]] = {
    None: lambda body: body,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
}


class SentryServer:
    """A context manager around a server on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        received = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received.append(DECODERS[self.headers["Content-Encoding"]](body).decode())
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://public@127.0.0.1:{self._server.server_port}/1"

    @property
    def events(self) -> list[dict[str, Any]]:
        """The reports: an envelope has a header, and items of a header and a body, one line each."""
        lines = [json.loads(line) for body in list(self.bodies) for line in body.splitlines() if line]
        return [body for header, body in pairwise(lines) if header.get("type") == "event"]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
