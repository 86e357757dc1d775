"""Test sockets that are idle for a long time, and one that waits for a slow query."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from honcho.environ import parse_procfile
from websockets.asyncio.client import connect

from tests.faults import stage
from tests.faults.pages import NO_LIMITS, Page, eventually, open_pages
from tests.faults.rounds import rounds, within
from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR

pytestmark = [pytest.mark.faults, pytest.mark.live]

SOCKETS = rounds(50, 100)
# Longer than redis-py's own timeout (5 s) and than the time that a ping and its answer may take.
IDLE_SECONDS = rounds(20, 120)
PUSHES = rounds(20, 100)
# Without position checks, so that only pushes deliver.
NO_POSITION_CHECK = {"FEED_POSITION_CHECK_SECONDS": "3600"}
# Short runs share the machine with other tests, whose pauses must not look like the slow query.
SLOW_SECONDS, USUAL_SECONDS = rounds(9, 3), rounds(2, 0)
TIMES_SLOWER = 3


def test_sockets_idle_for_long_stay_alive_and_receive() -> None:
    async def idle(deployment: Deployment) -> list[Page]:
        logins = stage.call(deployment, "people", count=SOCKETS)
        async with open_pages(deployment, logins) as pages:
            await asyncio.sleep(IDLE_SECONDS)
            await asyncio.to_thread(
                stage.call, deployment, "push", users=[page.user for page in pages], headline="at last"
            )
            await eventually(lambda: all(page.headlines for page in pages), within(10))
        return pages

    with Deployment(parts=["feed"], **NO_LIMITS, **NO_POSITION_CHECK) as deployment:
        pages = asyncio.run(idle(deployment))

    assert [page.headlines for page in pages] == [["at last"]] * SOCKETS
    assert [page.sockets for page in pages] == [1] * SOCKETS


def test_one_socket_in_a_slow_query_does_not_hold_up_the_others() -> None:
    slow = {"SLOW_SECONDS": str(SLOW_SECONDS)}
    with Deployment(parts=[], **slow, **NO_LIMITS, **NO_POSITION_CHECK) as deployment:
        command = parse_procfile((BASE_DIR / "Procfile").read_text()).processes["feed"]
        deployment.start("feed", command.replace("config.asgi:", "tests.faults.slow_feed:"))
        deployment.wait_for("feed")
        alone, beside = asyncio.run(_measure(deployment))

    assert percentile(beside, 99) <= TIMES_SLOWER * max(percentile(alone, 99), USUAL_SECONDS)


async def _measure(deployment: Deployment) -> tuple[list[float], list[float]]:
    """Return how long notifications take to all pages, in ascending order: without a slow query, and beside one."""
    [login, *logins] = stage.call(deployment, "people", count=SOCKETS)
    async with open_pages(deployment, logins) as pages:
        alone = await _push(deployment, pages, "alone")
        async with _slow_query(deployment, *login):
            beside = await _push(deployment, pages, "beside")
    return alone, beside


async def _push(deployment: Deployment, pages: list[Page], word: str) -> list[float]:
    users = [page.user for page in pages]
    pushed_at = {}
    for number in range(PUSHES):
        headline = f"{word} {number}"
        pushed_at[headline] = await asyncio.to_thread(stage.call, deployment, "push", users=users, headline=headline)
    expected = PUSHES * len(pages)

    def seen() -> list[float]:
        return [
            page.seen_at[each] - pushed_at[notification["headline"]]
            for page in pages
            for each, notification in page.notifications.items()
            if notification["headline"] in pushed_at
        ]

    assert await eventually(lambda: len(seen()) == expected, within(10))
    return sorted(seen())


@asynccontextmanager
async def _slow_query(deployment: Deployment, user: int, session_key: str) -> AsyncIterator[None]:
    """Keep a socket that resumes and waits for the answer, again and again."""
    headers = {"Cookie": f"sessionid={session_key}", "Origin": deployment.web_url}
    async with connect(deployment.feed_url, additional_headers=headers) as socket:
        await socket.recv()

        async def resume() -> None:
            while True:
                await socket.send(json.dumps({"type": "resume", "after": 0}))
                async with asyncio.timeout(within(SLOW_SECONDS + 5)):
                    await socket.recv()

        asking = asyncio.create_task(resume())
        await asyncio.sleep(0.5)
        yield
        assert not asking.done()
        asking.cancel()
