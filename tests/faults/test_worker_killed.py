"""Test killing the worker in the middle of its work, again and again."""

import random
from functools import partial

import pytest

from tests.faults import stage
from tests.faults.rounds import rounds, within
from tests.waiting import wait_until
from tools.stage.live import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.live]

EVENTS = rounds(100, 500)
SUBSCRIBERS = 20
KILLS = rounds(4, 20)
WORKER = "exec celery --app tests.faults.small_batches --quiet worker --queues sweep --concurrency 2"


def has_written(deployment: Deployment, count: int) -> bool:
    return bool(stage.call(deployment, "notification_count") >= count)


def test_worker_killed_at_random_points_loses_and_doubles_nothing(on_mariadb: dict[str, str]) -> None:
    with Deployment(parts=["beat"], **on_mariadb) as deployment:
        users = [pk for pk, _ in stage.call(deployment, "people", count=100)]
        expected = stage.call(deployment, "due", users=users, events=EVENTS, each=SUBSCRIBERS)
        deployment.start("worker", WORKER)
        for _ in range(KILLS):
            # Somewhere within one worker's share, so that work is left for the last one.
            enough = stage.call(deployment, "notification_count") + random.randrange(len(expected) // KILLS)
            assert wait_until(partial(has_written, deployment, enough), within(30), every=0.01)
            deployment.kill("worker")
            deployment.start("worker", WORKER)
        wait_until(lambda: stage.call(deployment, "notification_count") >= len(expected), within(30))

        inbox = stage.call(deployment, "inbox")

    assert sorted(row[:2] for row in inbox) == sorted(row[:2] for row in expected)
