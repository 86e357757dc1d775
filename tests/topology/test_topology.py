"""Test that the whole topology loses, doubles and mixes up nothing while everything is killed at random moments.

TOPOLOGY_SEED repeats the faults of an earlier run, as far as its machine is as fast. The last part of the run restarts
webs and feeds one after the other, as an upgrade does, and then kills each feed, while nothing else happens.
"""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from itertools import pairwise

import pytest

from tests.faults import stage
from tests.faults.pages import eventually, kept_open
from tests.faults.rounds import rounds, within
from tests.smtp import MailServer
from tests.topology.counting import back_after, deliveries, failures, mails, vanished
from tests.topology.killing import Killer
from tests.topology.people import ORGANISERS, READERS, SUBSCRIBERS, Crowd, crowd_at
from tests.topology.table import Figures, table
from tests.topology.tabs import Tab
from tests.topology.truth import expected
from tests.waiting import wait_until
from tools.stage.nginx import NGINX
from tools.stage.topology import Topology

pytestmark = [
    pytest.mark.topology,
    pytest.mark.live,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the addresses 127.0.0.2 and 127.0.0.3"),
]

ROWS = "tests.topology.rows"
SECONDS = rounds(40, 560)
PEOPLE, TABS_EACH = 30, 2
# How many events, what their subscribers chose, and how many there are of each.
SEEDED = [
    (rounds(40, 500), [60]),
    (rounds(20, 250), [1440, 1439]),
    (rounds(10, 100), [1, 0]),
    (rounds(10, 100), [43200]),
]
SUBSCRIBERS_EACH = 6
MERGE_SECONDS = 2
# Longer than the longest pause of a page between two attempts.
BACK_WITHIN_SECONDS = 20
SETTLED_WITHIN_SECONDS = 20
# Longer than a position check, which must not send anything again.
QUIET_SECONDS = 6
SETTINGS = {
    "ANNOUNCEMENT_MERGE_SECONDS": str(MERGE_SECONDS),
    "EMAIL_ESCALATION_MINUTES": "0",
    # So few people write here that each writes more than anybody else.
    "RATE_LIMIT_ANNOUNCEMENTS_PER_USER": "1000/h",
}


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("TOPOLOGY_SEED", random.randrange(1_000_000)))


def test_everything_killed_at_random_moments_loses_and_doubles_nothing(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print(f"\nTOPOLOGY_SEED={seed}")  # noqa: T201 - to repeat the run
    with (
        MailServer() as mail_server,
        Topology(EMAIL_URL=f"smtp://127.0.0.1:{mail_server.port}", **SETTINGS) as topology,
    ):
        figures = asyncio.run(_run(topology, mail_server, seed))
    with capsys.disabled():
        print(table(figures))  # noqa: T201 - what the run is for

    found = figures.deliveries
    assert (found.lost, found.doubled, found.undue) == ([], [], [])
    assert (found.foreign, found.repeated, found.unseen) == ([], [], [])
    assert figures.vanished == 0
    assert (figures.mails.lost, figures.mails.doubled) == ([], [])
    assert failures(figures.asked_rolling, is_read=True) == []
    assert len(found.socket_lags) > PEOPLE * TABS_EACH
    assert figures.mails.sent > 0


async def _run(topology: Topology, mail_server: MailServer, seed: int) -> Figures:
    """Do all of it, and return the figures."""
    names = {"organiser": ORGANISERS, "subscriber": SUBSCRIBERS, "reader": READERS}
    everybody = [f"{role}{number}" for role, count in names.items() for number in range(count)]
    deployment = topology.deployment
    members = dict(zip(everybody, stage.call(deployment, "members", names=everybody), strict=True))
    people = stage.call(deployment, "people", count=PEOPLE) + [members[name] for name in everybody[ORGANISERS:]]
    users = [user for user, _ in people]
    stage.call(deployment, "verify", module=ROWS, users=users[::3])
    tabs = [
        Tab(user, session_key, topology.web_url, [topology.feed_url], {"X-Real-IP": f"10.2.{number}.1"})
        for number, (user, session_key) in enumerate(people)
        for _ in range(TABS_EACH)
    ]
    killer = Killer(topology, random.Random(seed))
    async with kept_open(tabs):
        for events, leads in SEEDED:
            stage.call(
                deployment,
                "due",
                users=random.Random(f"{seed} {leads}").sample(users, len(users)),
                events=events,
                each=SUBSCRIBERS_EACH,
                in_seconds=1,
                spread_seconds=SECONDS + 15,
                leads=leads,
            )
        async with _in_thread(crowd_at(topology.web_url, members, seed)) as crowd:
            began = time.time()
            await asyncio.to_thread(killer.run, SECONDS)
            seconds = time.time() - began
            await _settle(topology, tabs)
            rolling_at, restarted_at = time.time(), []
            for name in ("web1", "web2", "feed1", "feed2"):
                restarted_at.append(time.time())
                assert await asyncio.to_thread(topology.restart, name) is not None
                await _settle(topology, tabs)
            rolled_at, killed_at = time.time(), []
            for name in ("feed1", "feed2"):
                killed_at.append(time.time())
                await asyncio.to_thread(topology.kill, name)
                await asyncio.to_thread(topology.start, name)
                await _settle(topology, tabs)
        await _settle(topology, tabs)
        until = time.time()
        await asyncio.to_thread(_wait_until_delivered, topology, tabs, until)
        await asyncio.sleep(QUIET_SECONDS)
    received = list(mail_server.mails)
    rows = stage.call(deployment, "read", module=ROWS)
    return Figures(
        seconds=seconds,
        sockets=len(tabs),
        faults=killer.faults,
        deliveries=deliveries(rows, expected(rows, merge_seconds=MERGE_SECONDS), tabs, until=until),
        mails=mails(rows, received, crowd.sent, until=until),
        vanished=len(vanished(rows, crowd)),
        asked=crowd.asked,
        asked_rolling=[each for each in crowd.asked if rolling_at <= each.asked_at <= rolled_at],
        refusals=Counter(status for tab in tabs for status in tab.refusals),
        back_after_kills=_back_after(tabs, [*killed_at, until]),
        back_after_restarts=_back_after(tabs, [*restarted_at[2:], rolled_at]),
    )


async def _settle(topology: Topology, tabs: list[Tab]) -> None:
    """Wait until everything runs and all sockets are back."""
    for name in [*topology.parts, "nginx"]:
        await asyncio.to_thread(topology.deployment.wait_for, name)
    assert await eventually(lambda: all(tab.is_open for tab in tabs), within(BACK_WITHIN_SECONDS))


def _back_after(tabs: list[Tab], moments: list[float]) -> list[float]:
    """Return how long the sockets were away after each of these moments but the last, which ends the time before it."""
    found = [back_after(tabs, moment, before) for moment, before in pairwise(moments)]
    return [seconds for seconds in found if seconds is not None]


@asynccontextmanager
async def _in_thread(manager: AbstractContextManager[Crowd]) -> AsyncIterator[Crowd]:
    """Enter and leave without holding up the sockets."""
    crowd = await asyncio.to_thread(manager.__enter__)
    try:
        yield crowd
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


def _wait_until_delivered(topology: Topology, tabs: list[Tab], until: float) -> None:
    """Wait until all that was due is delivered, shown and emailed, but not for ever."""
    deployment = topology.deployment

    def is_delivered() -> bool:
        rows = stage.call(deployment, "read", module=ROWS)
        found = deliveries(rows, expected(rows, merge_seconds=MERGE_SECONDS), tabs, until=until)
        return not found.lost and not found.unseen

    def is_emailed() -> bool:
        return bool(stage.call(deployment, "unsettled", module=ROWS) == 0)

    wait_until(is_delivered, within(SETTLED_WITHIN_SECONDS), every=1)
    stage.call(deployment, "expire_claims", module=ROWS)
    wait_until(is_emailed, within(SETTLED_WITHIN_SECONDS), every=1)
