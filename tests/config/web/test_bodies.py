"""Test bodies that are huge, endless or slow, with nginx and web as in the composed deployment."""

import json
import socket
from collections.abc import Iterator

import pytest

from tests.front import Front, running_front
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.nginx import NGINX

MEGABYTE = 1024 * 1024
# How much a process may grow for other reasons.
SLACK_KB = 16 * 1024

pytestmark = [pytest.mark.live, pytest.mark.skipif(NGINX is None, reason="nginx is not installed")]


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with Deployment(["web"]) as running:
        yield running


@pytest.fixture(scope="module")
def impatient_front(deployment: Deployment) -> Iterator[Front]:
    port = int(deployment.web_url.rpartition(":")[2])
    with running_front(port, port, {"client_body_timeout 15s": "client_body_timeout 1s"}) as running:
        yield running


def answer(front: Front, head: str, chunks: Iterator[bytes]) -> tuple[int, dict]:
    """Send as much of a request as the server accepts, and return the status and the problem of the answer."""
    with socket.create_connection(("127.0.0.1", front.port), timeout=30) as connection:
        kind = "Content-Type: application/json"
        request = f"POST /api/v1/auth/login/ HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n{head}\r\n\r\n"
        connection.sendall(request.encode())
        try:
            for chunk in chunks:
                connection.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused meanwhile; the answer has arrived already
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
        except ConnectionResetError:
            pass
    headers, _, body = received.partition(b"\r\n\r\n")
    return int(headers.split()[1]), json.loads(body)


@pytest.mark.parametrize("megabytes", [2, 500])
def test_body_that_says_it_is_huge_is_refused_before_it_comes(
    impatient_front: Front, deployment: Deployment, megabytes: int
) -> None:
    before = deployment.memory_kb("web")

    status, problem = answer(impatient_front, f"Content-Length: {megabytes * MEGABYTE}", iter([]))

    assert (status, problem["code"]) == (413, "body_too_large")
    assert deployment.memory_kb("web") - before < SLACK_KB


def test_body_without_an_end_is_refused_where_the_limit_is(impatient_front: Front, deployment: Deployment) -> None:
    before = deployment.memory_kb("web")
    chunk = b"%x\r\n" % 65_536 + b" " * 65_536 + b"\r\n"

    # At most the limit and what fits in buffers on the way. Nothing would read the rest.
    status, problem = answer(impatient_front, "Transfer-Encoding: chunked", iter([chunk] * 17))

    assert (status, problem["code"]) == (413, "body_too_large")
    assert deployment.memory_kb("web") - before < SLACK_KB


def test_slow_bodies_are_given_up_and_hold_up_nobody_meanwhile(impatient_front: Front) -> None:
    # More than web has threads.
    waiting = [socket.create_connection(("127.0.0.1", impatient_front.port), timeout=30) for _ in range(20)]
    try:
        for connection in waiting:
            connection.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")

        response, _ = impatient_front.ask("GET", "/healthz", Host="localhost")
        answers = [connection.recv(65_536) for connection in waiting]
    finally:
        for connection in waiting:
            connection.close()

    assert response.status == 200
    assert answers == [b""] * 20
    # nginx writes them after it has closed the connections.
    log = impatient_front.folder / "access.log"
    assert wait_until(lambda: log.read_text().count("POST /accounts/login/ 408") == 20, 30)
