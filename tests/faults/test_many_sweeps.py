"""Test two beats, three workers and two `sweep --loop` at once, more than any deployment would run."""

import pytest

from tests.faults import stage
from tests.faults.rounds import rounds, within
from tests.waiting import wait_until
from tools.stage.live import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.live]

EVENTS = rounds(200, 1_000)
SUBSCRIBERS = 20
# The time until all of them are running.
START_SECONDS = 10
# Sweeps overlap all the time, not once.
SPREAD_SECONDS = rounds(6, 30)
BEAT = "exec celery --app config --quiet beat --scheduler config.beat.TickingScheduler"
WORKER = "exec celery --app config --quiet worker --queues sweep,default --concurrency 2 --hostname {}"
SWEEPER = "exec python manage.py sweep --loop --every 0.3"
PARTS = {
    "beat1": BEAT,
    "beat2": BEAT,
    "worker1": WORKER.format("one@%h"),
    "worker2": WORKER.format("two@%h"),
    "worker3": WORKER.format("three@%h"),
    "sweeper1": SWEEPER,
    "sweeper2": SWEEPER,
}


def test_sweeps_of_all_kinds_at_once_notify_everybody_once(on_each_database: dict[str, str]) -> None:
    with Deployment(parts=[], NOTIFICATION_SWEEP_SECONDS="0.3", **on_each_database) as deployment:
        users = [pk for pk, _ in stage.call(deployment, "people", count=100)]
        for name, command in PARTS.items():
            deployment.start(name, command)
        expected = stage.call(
            deployment,
            "due",
            users=users,
            events=EVENTS,
            each=SUBSCRIBERS,
            in_seconds=START_SECONDS,
            spread_seconds=SPREAD_SECONDS,
        )
        seconds = START_SECONDS + SPREAD_SECONDS + within(30)
        wait_until(lambda: stage.call(deployment, "notification_count") >= len(expected), seconds, every=0.5)

        codes = [deployment.stop(name) for name in ("sweeper1", "sweeper2")]
        inbox = stage.call(deployment, "inbox")
        logs = deployment.logs()

    assert sorted(row[:2] for row in inbox) == sorted(row[:2] for row in expected)
    assert codes == [0, 0]
    assert [line for line in logs.splitlines() if "ERROR" in line or "Traceback" in line] == []
