"""Test a Redis that swallows packets: connections stay open, and nothing is answered."""

import asyncio

import pytest

from tests.faults import stage
from tests.faults.pages import NO_LIMITS, assert_each_shown_once, eventually, lags, open_pages
from tests.faults.rounds import rounds, within
from tests.faults.traffic import Traffic, traffic
from tests.proxies import SilentProxy
from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.live]

SILENT_SECONDS = rounds(15, 60)
PEOPLE = 20
EVENTS = rounds(20, 60)
ANSWER_SECONDS = 1.5
LAG_SECONDS = 12


def test_silent_redis_delays_no_page_and_loses_no_notification(on_mariadb: dict[str, str]) -> None:
    with SilentProxy() as proxy:
        deployment = Deployment(parts=["web", "feed", "worker", "beat"], REDIS_URL=proxy.url, **NO_LIMITS, **on_mariadb)
        proxy.target = deployment.valkey.folder / "valkey.sock"
        with deployment:
            deployment.start("sweeper", "exec python manage.py sweep --loop")
            answered = asyncio.run(_fall_silent(deployment, proxy))

    assert answered.failures == []
    assert {answer.status for answer in answered.answers} == {200, 201}
    assert percentile(answered.seconds(), 99) <= within(ANSWER_SECONDS)


async def _fall_silent(deployment: Deployment, proxy: SilentProxy) -> Traffic:
    logins = stage.call(deployment, "people", count=PEOPLE)
    async with open_pages(deployment, logins) as pages:
        with traffic(deployment) as answered:
            due = stage.call(
                deployment,
                "due",
                users=[user for user, _ in logins],
                events=EVENTS,
                each=PEOPLE,
                in_seconds=2,
                # Begins before the silence and ends after it.
                spread_seconds=SILENT_SECONDS + 3,
            )
            await asyncio.sleep(3)
            proxy.fall_silent()
            await asyncio.sleep(SILENT_SECONDS)
            proxy.speak()
            await eventually(lambda: sum(len(page.notifications) for page in pages) >= len(due), within(30))
        # Longer than a position check, which must not send anything again.
        await asyncio.sleep(6)

    assert_each_shown_once(pages, due)
    assert {page.sockets for page in pages} == {1}
    waited = lags(pages, {(user, headline): due_at for user, headline, due_at in due})
    assert waited[-1] <= within(LAG_SECONDS)
    return answered
