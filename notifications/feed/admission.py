"""How much one socket, one user and one network may ask of a feed process."""

import time
from collections import Counter, deque
from typing import Any

from django.conf import settings

from config.limits.networks import client_address, network_of


class Pace:
    """How often one socket may speak: `FEED_MAX_FRAMES` in any `FEED_FRAME_WINDOW_SECONDS`."""

    def __init__(self) -> None:
        self._spoke_at: deque[float] = deque()

    def is_exceeded(self) -> bool:
        """Count a frame that has just come, and say whether it is one too many."""
        now = time.monotonic()
        while self._spoke_at and self._spoke_at[0] <= now - settings.FEED_FRAME_WINDOW_SECONDS:
            self._spoke_at.popleft()
        self._spoke_at.append(now)
        return len(self._spoke_at) > settings.FEED_MAX_FRAMES


class Networks:
    """How many sockets each network has open with this process: `FEED_MAX_SOCKETS_PER_ADDRESS` at most."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def admit(self, network: str) -> bool:
        """Count a socket that wants in; False, and nothing counted, when the network has as many as it may."""
        if self._open[network] >= settings.FEED_MAX_SOCKETS_PER_ADDRESS:
            return False
        self._open[network] += 1
        return True

    def release(self, network: str) -> None:
        """Count a socket that has closed."""
        self._open[network] -= 1
        if self._open[network] <= 0:
            del self._open[network]


def network_of_scope(scope: dict[str, Any]) -> str:
    """Return what counts as one network that sockets come from."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    peer = scope.get("client")
    real_ip = headers.get(b"x-real-ip", b"").decode("latin-1")
    return network_of(client_address(str(peer[0]) if peer else "", real_ip))
