"""Limits of a feed process: how many frames one socket may send, and how many sockets one network may have open."""

import time
from collections import Counter, deque
from typing import Any

from django.conf import settings

from config.limits.networks import client_address, network_of


class Pace:
    """Limit how many frames one socket sends: `FEED_MAX_FRAMES` in any period of `FEED_FRAME_WINDOW_SECONDS`."""

    def __init__(self) -> None:
        self._frames_at: deque[float] = deque()

    def is_exceeded(self) -> bool:
        """Count a frame that has just arrived, and return whether it exceeds the limit."""
        now = time.monotonic()
        while self._frames_at and self._frames_at[0] <= now - settings.FEED_FRAME_WINDOW_SECONDS:
            self._frames_at.popleft()
        self._frames_at.append(now)
        return len(self._frames_at) > settings.FEED_MAX_FRAMES


class Networks:
    """Limit how many sockets each network has open with this process: `FEED_MAX_SOCKETS_PER_ADDRESS`."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def admit(self, network: str) -> bool:
        """Count a new socket and return True. If the network has reached its limit, return False and count nothing."""
        if self._open[network] >= settings.FEED_MAX_SOCKETS_PER_ADDRESS:
            return False
        self._open[network] += 1
        return True

    def release(self, network: str) -> None:
        """Stop counting a socket that has closed."""
        self._open[network] -= 1
        if self._open[network] <= 0:
            del self._open[network]


def network_of_scope(scope: dict[str, Any]) -> str:
    """Return the network that the socket of an ASGI scope comes from."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    peer = scope.get("client")
    real_ip = headers.get(b"x-real-ip", b"").decode("latin-1")
    return network_of(client_address(str(peer[0]) if peer else "", real_ip))
