"""Test the name server that stands in for Docker's."""

import socket
import struct
from collections.abc import Iterator

import pytest

from tools.stage.name_server import NameServer

A, AAAA = 1, 28


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    with NameServer({"web": ["127.0.0.2", "127.0.0.3"], "nobody": []}) as running:
        yield running


def asked(names: NameServer, name: str, kind: int = A) -> tuple[int, list[str]]:
    """Send a query; return the code of the response and the IP addresses in it."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack("!6H", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)
    host, port = names.address.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(query, (host, int(port)))
        response = client.recv(512)
    number, flags, questions, count, *_ = struct.unpack_from("!6H", response)
    assert (number, questions) == (7, 1)
    assert response[12 : len(query)] == query[12:]
    records = [response[len(query) + 16 * index :][:16] for index in range(count)]
    return flags & 0xF, [socket.inet_ntoa(record[12:]) for record in records]


def test_name_has_all_of_its_addresses(names: NameServer) -> None:
    assert asked(names, "web") == (0, ["127.0.0.2", "127.0.0.3"])
    assert asked(names, "WEB") == (0, ["127.0.0.2", "127.0.0.3"])
    assert asked(names, "nobody") == (0, [])


def test_name_has_no_ipv6_address(names: NameServer) -> None:
    assert asked(names, "web", AAAA) == (0, [])


def test_other_names_do_not_exist(names: NameServer) -> None:
    assert asked(names, "web.example.org") == (3, [])


def test_name_that_has_moved_is_found_at_once() -> None:
    with NameServer({"web": ["127.0.0.2"]}) as names:
        names.addresses["web"] = ["127.0.0.3"]

        assert asked(names, "web") == (0, ["127.0.0.3"])
