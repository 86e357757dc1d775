"""MariaDB dies and comes back under the requests of many."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from tests.faults import stage
from tests.faults.callers import Answer, Caller, send
from tests.faults.rounds import rounds, wait_until, within
from tests.live import Deployment
from tests.private_mariadb import PrivateMariaDB

pytestmark = [pytest.mark.faults, pytest.mark.live]

KILLS = rounds(2, 5)
CALLERS = 5
REQUESTS_PER_SECOND = 20
UP_SECONDS, DOWN_SECONDS = rounds(2, 10), 3
BACK_WITHIN_SECONDS = 5


@dataclass
class Traffic:
    """What was asked and answered; `headlines` are those of the events whose posting was acknowledged."""

    deployment: Deployment
    answers: list[tuple[float, str, int, str]] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def post(self, caller: Caller, headline: str) -> Answer:
        starts_at = datetime.now(UTC) + timedelta(days=1)
        self.posted.append(headline)
        answer = caller.send("POST", "events/", {"headline": headline, "starts_at": str(starts_at), "state": "public"})
        if answer.status == 201:
            self.acknowledged.append(headline)
        return answer

    def go_on(self, name: str, session_key: str, stop: threading.Event) -> None:
        """Post, list and look at pages in turns until told to stop, at this caller's share of the pace."""
        url = self.deployment.web_url
        caller, cookie = Caller(url, name), {"Cookie": f"sessionid={session_key}"}
        for number in count():
            asks: list[tuple[str, Callable[[], Answer]]] = [
                ("post", lambda: self.post(caller, f"{name} {number}")),  # noqa: B023
                ("list", lambda: caller.send("GET", "events/")),
                ("unread", lambda: caller.send("GET", "notifications/unread-count/")),
                ("page", lambda: send(f"{url}/")),
                ("page of mine", lambda: send(f"{url}/notifications/", **cookie)),
            ]
            what, ask = asks[number % len(asks)]
            try:
                answer = ask()
            except OSError as error:
                self.failures.append(f"{what}: {error!r}")
            else:
                self.answers.append((time.monotonic(), what, answer.status, answer.content_type))
            if stop.wait(CALLERS / REQUESTS_PER_SECOND):
                return


@contextmanager
def traffic(deployment: Deployment) -> Iterator[Traffic]:
    names = [f"caller{number}" for number in range(CALLERS)]
    logins = stage.call(deployment, "members", names=names)
    stop, running = threading.Event(), Traffic(deployment)
    threads = [
        threading.Thread(target=running.go_on, args=[name, session_key, stop])
        for name, (_, session_key) in zip(names, logins, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_database_killed_again_and_again_loses_no_acknowledged_write() -> None:
    back_after = []
    # What is acknowledged is on the disk, as in production.
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
                assert wait_until(lambda: answered_after(running, accepting), within(BACK_WITHIN_SECONDS))  # noqa: B023
                back_after.append(time.monotonic() - accepting)
            time.sleep(UP_SECONDS)
        headlines = Counter(stage.call(deployment, "headlines"))
        logs = deployment.logs("web")

    assert running.failures == []
    assert {status for _, _, status, _ in running.answers} == {200, 201, 503}
    refusals = {
        (what.startswith("page"), content_type) for _, what, status, content_type in running.answers if status == 503
    }
    assert refusals == {(True, "text/html"), (False, "application/problem+json")}
    assert set(running.acknowledged) <= set(headlines) <= set(running.posted)
    assert set(headlines.values()) == {1}
    assert max(back_after) <= within(BACK_WITHIN_SECONDS)
    assert "Internal Server Error" not in logs


def answered_after(running: Traffic, moment: float) -> bool:
    """Whether each kind of request has succeeded since then."""
    good = {what for at, what, status, _ in running.answers[-200:] if at > moment and status < 300}
    return good == {"post", "list", "unread", "page", "page of mine"}


def test_connections_that_the_database_closed_while_idle_are_no_error() -> None:
    with (
        PrivateMariaDB("--wait-timeout=1") as mariadb,
        Deployment(parts=["web", "feed"], DATABASE_URL=mariadb.url) as deployment,
    ):
        stage.call(deployment, "members", names=["caller"])
        caller = Caller(deployment.web_url, "caller")
        statuses = []
        for _ in range(3):
            statuses += [caller.send("GET", "events/").status for _ in range(8)]
            time.sleep(2)

        assert set(statuses) == {200}
        assert "gone away" not in deployment.logs()
