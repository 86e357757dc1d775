"""Test that nginx finds servers that move, come and go: names that Docker would answer, with changing addresses."""

import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from tests.front import Echo, Front, running_front, server_at
from tests.waiting import wait_until
from tools.stage.name_server import NameServer
from tools.stage.nginx import NGINX

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="only on Linux is 127.0.0.2 an address of its own"),
]

# By nginx.conf, nginx keeps what a name server has answered for two seconds.
PATIENCE_SECONDS = 30
ONE, OTHER = "127.0.0.2", "127.0.0.3"


@contextmanager
def front_before(names: NameServer, port: int) -> Iterator[Front]:
    with running_front(port, port, names=names) as front:
        yield front


@contextmanager
def host_that_has_vanished(address: str, port: int) -> Iterator[None]:
    """Let nothing answer there, not even with a refusal: the kernel drops what does not fit into a full queue."""
    with socket.socket() as queue, socket.socket() as filler:
        queue.bind((address, port))
        queue.listen(0)
        filler.connect((address, port))
        yield


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer({"web": [ONE], "feed": [ONE]}) as running:
        yield running


def answered_by(front: Front, path: str, times: int) -> Counter[str]:
    """Return how many of so many GETs each address has answered, and how many none has, by status."""
    counts: Counter[str] = Counter()
    for _ in range(times):
        response, sent = front.ask("GET", path)
        counts[sent.get("address", "") if response.status == 200 else str(response.status)] += 1
    return counts


@pytest.mark.parametrize("path", ["/", "/api/v1/events/", "/static/style.css", "/ws/notifications/"])
def test_server_that_moves_is_found_after_the_valid_time(names: NameServer, path: str) -> None:
    with server_at(ONE) as old, front_before(names, old.server_port) as front:
        assert answered_by(front, path, 1) == {ONE: 1}

        with server_at(OTHER, old.server_port):
            names.addresses |= {"web": [OTHER], "feed": [OTHER]}
            old.server_close()

            assert wait_until(lambda: answered_by(front, path, 20) == {OTHER: 20}, PATIENCE_SECONDS)


@pytest.mark.parametrize("path", ["/", "/ws/notifications/"])
def test_server_that_is_added_gets_requests(names: NameServer, path: str) -> None:
    with server_at(ONE) as one, front_before(names, one.server_port) as front:
        assert answered_by(front, path, 1) == {ONE: 1}

        with server_at(OTHER, one.server_port):
            names.addresses |= {"web": [ONE, OTHER], "feed": [ONE, OTHER]}

            assert wait_until(lambda: answered_by(front, path, 20).keys() == {ONE, OTHER}, PATIENCE_SECONDS)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_request_to_a_server_that_refuses_connections_is_answered_by_the_other(names: NameServer, method: str) -> None:
    names.addresses["web"] = [ONE, OTHER]

    with server_at(ONE) as one, front_before(names, one.server_port) as front:
        statuses = [front.ask(method, "/")[0].status for _ in range(20)]

    assert statuses == [200] * 20


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_request_to_a_host_that_has_vanished_is_answered_by_the_other(names: NameServer, method: str) -> None:
    names.addresses["web"] = [ONE, OTHER]

    with (
        server_at(ONE) as one,
        host_that_has_vanished(OTHER, one.server_port),
        front_before(names, one.server_port) as front,
    ):
        statuses = [front.ask(method, "/")[0].status for _ in range(10)]
        log = front.log()

    assert statuses == [200] * 10
    assert f'"{OTHER}:{one.server_port}, {ONE}:{one.server_port}" "504, 200"' in log


@pytest.mark.parametrize(("path", "status"), [("/static/new.css", 200), ("/static/none.css", 404), ("/new.css", 404)])
def test_static_file_that_only_one_version_has_is_found(
    names: NameServer, tmp_path: Path, path: str, status: int
) -> None:
    names.addresses["web"] = [ONE, OTHER]
    old, new = (tmp_path / name for name in ("old", "new"))
    (new / "static").mkdir(parents=True)
    (new / "static" / "new.css").touch()
    old.mkdir()

    with (
        server_at(ONE, handler=partial(SimpleHTTPRequestHandler, directory=old)) as one,
        server_at(OTHER, one.server_port, handler=partial(SimpleHTTPRequestHandler, directory=new)),
        front_before(names, one.server_port) as front,
    ):
        assert [front.ask("GET", path)[0].status for _ in range(10)] == [status] * 10


def test_post_that_was_sent_is_not_sent_again(names: NameServer) -> None:
    names.addresses["web"] = [ONE, OTHER]
    asked: Counter[str] = Counter()

    class Broken(Echo):
        """Reads a request and ends the connection without an answer."""

        def do_GET(self) -> None:  # noqa: N802 - the name of http.server
            asked[self.command] += 1
            self.close_connection = True

    with (
        server_at(ONE, handler=Broken) as one,
        server_at(OTHER, one.server_port, handler=Broken),
        front_before(names, one.server_port) as front,
    ):
        statuses = [front.ask(method, "/")[0].status for method in ("GET", "POST")]

    assert statuses == [502, 502]
    assert asked == {"GET": 2, "POST": 1}


def test_feed_that_has_recovered_gets_sockets_at_once(names: NameServer) -> None:
    names.addresses["feed"] = [ONE, OTHER]
    with server_at(ONE) as one, front_before(names, one.server_port) as front:
        assert answered_by(front, "/ws/notifications/", 20) == {ONE: 20}

        with server_at(OTHER, one.server_port):
            counts = answered_by(front, "/ws/notifications/", 60)

    assert set(counts) == {ONE, OTHER}


def test_name_that_is_unknown_for_a_moment_is_logged_and_found_again(names: NameServer) -> None:
    del names.addresses["web"]
    with server_at(ONE) as one, front_before(names, one.server_port) as front:
        assert answered_by(front, "/events/1/?invite=hush", 1) == {"502": 1}
        names.addresses["web"] = [ONE]

        assert answered_by(front, "/", 10) == {ONE: 10}
        assert "upstream failed: GET /events/1/ 502" in (front.folder / "error.log").read_text()
