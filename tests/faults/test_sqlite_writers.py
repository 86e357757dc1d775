"""Test many writers to one SQLite file while the worker sweeps."""

import time
from collections import Counter

import pytest

from tests.faults import stage
from tests.faults.rounds import FULL, rounds, within
from tests.faults.traffic import traffic
from tests.waiting import wait_until
from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.live]

WRITERS = 20
SECONDS = rounds(10, 60)
PEOPLE = 20
EVENTS = rounds(20, 100)
# Short runs share the machine with other tests.
WRITE_SECONDS = 0.5 if FULL else 5


def test_sqlite_under_many_writers_and_sweeps_is_never_locked() -> None:
    with Deployment(parts=["web", "worker", "beat"]) as deployment:
        due = stage.call(
            deployment,
            "due",
            users=[user for user, _ in stage.call(deployment, "people", count=PEOPLE)],
            events=EVENTS,
            each=PEOPLE,
            in_seconds=1,
            spread_seconds=SECONDS,
        )
        with traffic(deployment, callers=WRITERS, only_writes=True) as written:
            time.sleep(SECONDS)
        assert wait_until(lambda: stage.call(deployment, "notification_count") == len(due), within(10))
        headlines = Counter(stage.call(deployment, "event_headlines"))
        logs = deployment.logs()

    assert written.failures == []
    assert {answer.status for answer in written.answers} == {200, 201}
    assert set(written.acknowledged) <= set(headlines)
    assert set(headlines.values()) == {1}
    assert percentile(written.seconds(), 99) <= WRITE_SECONDS
    assert "database is locked" not in logs
