"""Test killing Redis, which restarts empty, again and again while people are notified."""

import asyncio
import random

import pytest

from tests.faults import stage
from tests.faults.pages import NO_LIMITS, assert_each_shown_once, eventually, lags, open_pages
from tests.faults.rounds import rounds, within
from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.live]

KILLS = rounds(4, 20)
PEOPLE = rounds(40, 200)
EVENTS = rounds(20, 100)
SUBSCRIBERS = 20
SECONDS_BETWEEN_KILLS = 4
LAG_SECONDS = 7


def test_redis_killed_again_and_again_loses_and_doubles_nothing(on_mariadb: dict[str, str]) -> None:
    with Deployment(parts=["feed", "worker", "beat"], **NO_LIMITS, **on_mariadb) as deployment:
        deployment.start("sweeper", "exec python manage.py sweep --loop")
        asyncio.run(_kill_redis(deployment))


async def _kill_redis(deployment: Deployment) -> None:
    logins = stage.call(deployment, "people", count=PEOPLE)
    async with open_pages(deployment, logins) as pages:
        due = stage.call(
            deployment,
            "due",
            users=[user for user, _ in logins],
            events=EVENTS,
            each=SUBSCRIBERS,
            in_seconds=1,
            spread_seconds=KILLS * SECONDS_BETWEEN_KILLS,
        )
        for _ in range(KILLS):
            down = random.uniform(0, 2)
            await asyncio.sleep(random.uniform(0, SECONDS_BETWEEN_KILLS - down))
            await asyncio.to_thread(deployment.valkey.kill)
            await asyncio.sleep(down)
            await asyncio.to_thread(deployment.valkey.start)
        await eventually(lambda: sum(len(page.notifications) for page in pages) >= len(due), within(30))
        # Longer than a position check, which must not send anything again.
        await asyncio.sleep(6)

    assert_each_shown_once(pages, due)
    # No socket may close because of Redis.
    assert {page.sockets for page in pages} == {1}
    waited = lags(pages, {(user, headline): due_at for user, headline, due_at in due})
    assert percentile(waited, 99) <= within(LAG_SECONDS), waited
