"""Run Daphne for the feed: `python -m notifications.feed.server`, with the options of `daphne`.

Daphne ends without a close frame, which clients take for a broken network. This server first stops accepting sockets,
asks the open ones to come back, a few at a time within some seconds, and ends when they have gone.
"""

import asyncio
import time
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.defer import Deferred

from notifications.feed.close_codes import RESTARTING

# At least this many sockets are closed at once, with this pause in between, and all of them within the limit.
SOCKETS_AT_ONCE = 25
PAUSE_SECONDS = 0.05
CLOSED_WITHIN_SECONDS = 5.0
# How long to wait for sockets to end. Autobahn waits a second for a client's close frame.
GONE_WITHIN_SECONDS = 3.0


class FeedServer(Server):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._ports: list[Any] = []

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        super().listen_success(port)

    def kill_all_applications(self) -> Deferred[None]:
        """Drain the feed. Twisted calls this when Daphne is asked to stop, and waits for what it returns."""
        for port in self._ports:
            port.stopListening()
        return Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        """Close all sockets, wait until they have gone, and cancel what still runs."""
        at_once = max(SOCKETS_AT_ONCE, round(len(self._open()) * PAUSE_SECONDS / CLOSED_WITHIN_SECONDS))
        give_up_at = time.monotonic() + CLOSED_WITHIN_SECONDS + GONE_WITHIN_SECONDS
        while self._sockets() and time.monotonic() < give_up_at:
            for protocol in self._open()[:at_once]:
                # sendClose refuses the code, because applications may not send it.
                protocol.sendCloseFrame(code=RESTARTING)
            await asyncio.sleep(PAUSE_SECONDS)
        running: list[Any] = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]
        for application in running:
            application.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _sockets(self) -> list[WebSocketProtocol]:
        """Return the sockets whose connection has not ended, closed or not."""
        return [
            protocol
            for protocol, details in self.connections.items()
            if isinstance(protocol, WebSocketProtocol) and "disconnected" not in details
        ]

    def _open(self) -> list[WebSocketProtocol]:
        return [protocol for protocol in self._sockets() if protocol.state == WebSocketProtocol.STATE_OPEN]


class Command(CommandLineInterface):
    description = "The live feed"
    server_class = FeedServer


if __name__ == "__main__":
    Command.entrypoint()
