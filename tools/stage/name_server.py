"""Answer DNS queries for a few names, as Docker does for the services of a composed deployment.

    with NameServer({"web": ["127.0.0.2", "127.0.0.3"]}) as names:
        names.address                            # where a resolver asks, such as 127.0.0.1:40001
        names.addresses["web"] = ["127.0.0.3"]   # from the next query on

A name has any number of IPv4 addresses and no IPv6 address. All other names do not exist. On Linux all addresses that
begin with 127 are local, so several servers can listen on the same port.
"""

import socketserver
import struct
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from threading import Thread
from types import TracebackType
from typing import Self

TTL_SECONDS = 1
# Types, the class, flags and the code of RFC 1035, section 4.1.
TYPE_A = 1
CLASS_INTERNET = 1
FLAGS_ANSWER = 0x8580  # a response with authority, recursion desired and available
NO_SUCH_NAME = 3
HEADER = struct.Struct("!6H")
# The answer's name is a pointer to that of the question, which begins after the header.
NAME_OF_QUESTION = 0xC000 | HEADER.size
RECORD = struct.Struct("!3HIH")


class NameServer:
    """A context manager around a server on a free UDP port of the loopback."""

    def __init__(self, addresses: Mapping[str, Sequence[str]]) -> None:
        self.addresses = dict(addresses)

    def __enter__(self) -> Self:
        names = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                query, sender = self.request
                sender.sendto(names.answer(query), self.client_address)

        self._server = socketserver.UDPServer(("127.0.0.1", 0), Handler)
        host, port = self._server.socket.getsockname()
        self.address = f"{host}:{port}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, query: bytes) -> bytes:
        """Return the response to a query with one question."""
        number, *_ = HEADER.unpack_from(query)
        name, end = _name_at(query, HEADER.size)
        kind, _ = struct.unpack_from("!2H", query, end)
        question = query[HEADER.size : end + 4]
        found = self.addresses.get(name)
        records = [_record(each) for each in found or ()] if kind == TYPE_A else []
        code = NO_SUCH_NAME if found is None else 0
        return HEADER.pack(number, FLAGS_ANSWER | code, 1, len(records), 0, 0) + question + b"".join(records)


def _name_at(query: bytes, position: int) -> tuple[str, int]:
    """Return the name in lower case that begins at a position, and the position after it."""
    labels = []
    while length := query[position]:
        labels.append(query[position + 1 : position + 1 + length].decode().lower())
        position += 1 + length
    return ".".join(labels), position + 1


def _record(address: str) -> bytes:
    packed = IPv4Address(address).packed
    return RECORD.pack(NAME_OF_QUESTION, TYPE_A, CLASS_INTERNET, TTL_SECONDS, len(packed)) + packed
