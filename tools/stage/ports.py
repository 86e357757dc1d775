"""Find ports on which nothing listens, for servers that must know theirs before they start."""

import secrets
import socket
from collections.abc import Sequence
from contextlib import ExitStack

LOOPBACK = ("127.0.0.1",)


def free_port(addresses: Sequence[str] = LOOPBACK) -> int:
    """Return a port that is free at all of these addresses.

    It is outside the range from which the system takes ports for connections, so that it stays free until it is used.
    """
    while True:
        port = secrets.choice(range(20_000, 32_000))
        if _is_free(port, addresses):
            return port


def _is_free(port: int, addresses: Sequence[str]) -> bool:
    with ExitStack() as probes:
        try:
            for address in addresses:
                probes.enter_context(socket.socket()).bind((address, port))
        except OSError:
            return False
    return True
