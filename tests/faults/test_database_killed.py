"""Test killing and restarting MariaDB while many people send requests."""

import json
import time
from collections import Counter
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.faults import stage
from tests.faults.callers import Caller
from tests.faults.rounds import rounds, within
from tests.faults.traffic import traffic
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.private_mariadb import PrivateMariaDB

pytestmark = [pytest.mark.faults, pytest.mark.live]

KILLS = rounds(2, 5)
UP_SECONDS, DOWN_SECONDS = rounds(2, 10), 3
BACK_WITHIN_SECONDS = 5


def test_database_killed_again_and_again_loses_no_acknowledged_write() -> None:
    back_after = []
    # Acknowledged writes are on the disk, as in production.
    with (
        PrivateMariaDB("--innodb-flush-log-at-trx-commit=1") as mariadb,
        Deployment(parts=["web"], DATABASE_URL=mariadb.url) as deployment,
    ):
        with traffic(deployment) as running:
            for _ in range(KILLS):
                time.sleep(UP_SECONDS)
                mariadb.kill()
                time.sleep(DOWN_SECONDS)
                mariadb.start()
                accepting = time.monotonic()
                assert wait_until(partial(running.has_succeeded_since, accepting), within(BACK_WITHIN_SECONDS))
                back_after.append(time.monotonic() - accepting)
            time.sleep(UP_SECONDS)
        headlines = Counter(stage.call(deployment, "event_headlines"))
        logs = deployment.logs("web")

    assert running.failures == []
    assert {answer.status for answer in running.answers} == {200, 201, 503}
    refusals = {
        (answer.what.startswith("page"), answer.content_type) for answer in running.answers if answer.status == 503
    }
    assert refusals == {(True, "text/html"), (False, "application/problem+json")}
    assert set(running.acknowledged) <= set(headlines) <= set(running.posted)
    assert set(headlines.values()) == {1}
    assert max(back_after) <= within(BACK_WITHIN_SECONDS)
    assert "Internal Server Error" not in logs


def test_connections_that_the_database_closed_while_idle_are_no_error() -> None:
    with PrivateMariaDB() as mariadb, Deployment(parts=[], DATABASE_URL=mariadb.url) as deployment:
        stage.call(deployment, "members", names=["caller"])
        # Only now, because on a busy machine a migration can pause for longer than this.
        with mariadb.connect() as connection:
            connection.cursor().execute("SET GLOBAL wait_timeout = 1")
        for part in ("web", "feed"):
            deployment.start(part)
            deployment.wait_for(part)
        caller = Caller(deployment.web_url, "caller")
        statuses = []
        for _ in range(3):
            statuses += [caller.send("GET", "events/").status for _ in range(8)]
            time.sleep(2)

        assert set(statuses) == {200}
        assert "gone away" not in deployment.logs()


def test_silent_database_is_503_and_then_as_before() -> None:
    with (
        PrivateMariaDB() as mariadb,
        Deployment(parts=["web"], DATABASE_URL=mariadb.url, DB_READ_TIMEOUT_SECONDS="2") as deployment,
    ):
        stage.call(deployment, "members", names=["caller"])
        caller = Caller(deployment.web_url, "caller")
        mariadb.fall_silent()
        try:
            silent = [caller.send("GET", "events/") for _ in range(2)]
        finally:
            mariadb.speak()
        healed = caller.send("GET", "events/")

    assert [(answer.status, answer.content_type) for answer in silent] == [(503, "application/problem+json")] * 2
    assert healed.status == 200


def test_feed_asks_sockets_to_come_back_while_the_database_is_away() -> None:
    with (
        PrivateMariaDB("--innodb-flush-log-at-trx-commit=1") as mariadb,
        Deployment(parts=["feed"], DATABASE_URL=mariadb.url) as deployment,
    ):
        [(_, session_key)] = stage.call(deployment, "people", count=1)
        headers = {"Cookie": f"sessionid={session_key}", "Origin": deployment.web_url}
        open_sockets = partial(connect, deployment.feed_url, additional_headers=headers)
        with open_sockets() as before:
            assert json.loads(before.recv())["type"] == "hello"
            mariadb.kill()
            before.send(json.dumps({"type": "resume", "after": 0}))
            codes = [closed_with(before)]
        for _ in range(2):
            with open_sockets() as meanwhile:
                codes.append(closed_with(meanwhile))
        mariadb.start()
        with open_sockets() as afterwards:
            hello = json.loads(afterwards.recv())
        logs = deployment.logs("feed")

    assert codes == [4503] * 3
    assert hello["type"] == "hello"
    assert "Traceback" not in logs
    assert logs.count("Reading the database fails") == 1
    assert logs.count("Reading the database works again") == 1


def closed_with(socket: ClientConnection) -> int | None:
    """Wait until the server closes a socket; return with which code."""
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=within(10))
    return closed.value.rcvd.code if closed.value.rcvd else None
