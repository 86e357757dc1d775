"""Test restarting two feed processes in turn while many pages are open."""

import asyncio
import random

import pytest
from honcho.environ import parse_procfile

from tests.faults import stage
from tests.faults.pages import NO_LIMITS, assert_each_shown_once, eventually, open_pages
from tests.faults.rounds import rounds, within
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port

pytestmark = [pytest.mark.faults, pytest.mark.live]

PEOPLE = rounds(60, 500)
EVENTS = rounds(20, 100)
SUBSCRIBERS = 20
RESTARTS = rounds(2, 6)
SECONDS_BETWEEN_RESTARTS = 5
BACK_WITHIN_SECONDS = 10


def test_feeds_restarted_in_turn_lose_and_double_nothing(on_mariadb: dict[str, str]) -> None:
    with Deployment(parts=["feed", "worker", "beat"], **NO_LIMITS, **on_mariadb) as deployment:
        port = free_port()
        command = parse_procfile((BASE_DIR / "Procfile").read_text()).processes["feed"]
        commands = {"feed": command, "feed2": command.replace("$FEED_PORT", str(port))}
        deployment.start("feed2", commands["feed2"])
        urls = [deployment.feed_url, f"ws://127.0.0.1:{port}/ws/notifications/"]
        asyncio.run(_restart_feeds(deployment, commands, urls))


async def _restart_feeds(deployment: Deployment, commands: dict[str, str], urls: list[str]) -> None:
    logins = stage.call(deployment, "people", count=PEOPLE)
    async with open_pages(deployment, logins, urls=urls) as pages:
        due = stage.call(
            deployment,
            "due",
            users=[user for user, _ in logins],
            events=EVENTS,
            each=SUBSCRIBERS,
            in_seconds=1,
            spread_seconds=RESTARTS * SECONDS_BETWEEN_RESTARTS,
        )
        for number in range(RESTARTS):
            await asyncio.sleep(random.uniform(1, SECONDS_BETWEEN_RESTARTS))
            name = list(commands)[number % 2]
            # Once as a crash, once as an upgrade.
            await asyncio.to_thread(deployment.kill if number % 4 < 2 else deployment.stop, name)
            deployment.start(name, commands[name])
            # A page that has lost its socket notices that soon, and connects to the other process.
            await asyncio.sleep(0.5)
            assert await eventually(lambda: all(page.is_open for page in pages), within(BACK_WITHIN_SECONDS))
        await eventually(lambda: sum(len(page.notifications) for page in pages) >= len(due), within(30))
        # Longer than a position check, which must not send anything again.
        await asyncio.sleep(6)

    assert_each_shown_once(pages, due)
    assert max(page.sockets for page in pages) > 1
