"""Test a sweep that is killed between its commit and its push: its notifications are shown nevertheless."""

import asyncio
import random
import signal

import pytest

from tests.faults import stage
from tests.faults.pages import eventually, lags, open_pages
from tests.faults.rounds import rounds, within
from tools.stage.live import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.live]

KILLS = rounds(5, 50)
SHOWN_WITHIN_SECONDS = 10
PEOPLE = 5


def test_notification_whose_push_was_never_sent_is_shown_soon_and_once(on_each_database: dict[str, str]) -> None:
    with Deployment(parts=["feed"], **on_each_database) as deployment:
        asyncio.run(_kill_and_watch(deployment))


async def _kill_and_watch(deployment: Deployment) -> None:
    logins = stage.call(deployment, "people", count=PEOPLE)
    expected: dict[tuple[int, str], float] = {}
    async with open_pages(deployment, logins) as pages:
        for _ in range(KILLS):
            users = [user for user, _ in logins]
            for user, headline, due_at in stage.call(deployment, "due", users=users, events=1, each=PEOPLE):
                expected[user, headline] = due_at
            deployment.start("sweep", "exec python -m tests.faults.killed_sweep")
            assert await asyncio.to_thread(deployment.exit_code, "sweep") == -signal.SIGKILL
            await asyncio.sleep(random.uniform(0, 1))
        # A complete sweep afterwards finds nothing to send.
        assert "deliver_reminders" not in await asyncio.to_thread(deployment.manage, "sweep")
        await eventually(
            lambda: sum(len(page.notifications) for page in pages) >= len(expected), within(SHOWN_WITHIN_SECONDS)
        )
        # Longer than a position check, which must not send anything again.
        await asyncio.sleep(6)

    shown = [(page.user, headline) for page in pages for headline in page.headlines]
    assert sorted(shown) == sorted(expected)
    assert [page.repeated for page in pages] == [[]] * PEOPLE
    assert lags(pages, expected)[-1] <= within(SHOWN_WITHIN_SECONDS)
