"""Killed exactly between commit and push: the open socket has it by the position check, and once."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.faults.rounds import rounds, within
from tests.live import Deployment

pytestmark = [pytest.mark.faults, pytest.mark.live]

ROUNDS = rounds(4, 50)
SHOWN_WITHIN_SECONDS = 10

ARRANGE = """
from accounts.services import open_api_session, register_user
from config.database import database_now

owner, subscriber = (register_user(username=name, email=f"{name}@example.org", password="x") for name in ("a", "b"))
print(open_api_session(subscriber, at=database_now()).access)
"""

# A late subscriber's reminder is due at once.
SUBSCRIBE = """
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from events.services import create_event, subscribe

owner, subscriber = User.objects.order_by("pk")
at = database_now()
event = create_event(actor=owner, at=at, headline="Concert", state="public", starts_at=at + timedelta(hours=1))
subscribe(event, actor=subscriber, at=at, leads=[120])
print(event.pk)
"""


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with Deployment(parts=["feed"]) as running:
        yield running


def kill_a_sweep(deployment: Deployment) -> int:
    """Make a reminder due, have a sweep die over it, and return its event."""
    event = int(deployment.shell(SUBSCRIBE))
    deployment.start("sweep", "exec python -m tests.faults.killed_sweep")
    code = deployment.exit_code("sweep")
    assert code == -9, deployment.logs("sweep")
    return event


async def events_within(socket: ClientConnection, seconds: float, *, until: int | None = None) -> list[int]:
    """Return the events of all notices that come in this time, or until that of one event has come."""
    events: list[int] = []
    deadline = time.monotonic() + seconds
    while until not in events and (left := deadline - time.monotonic()) > 0:
        try:
            frame = json.loads(await asyncio.wait_for(socket.recv(), left))
        except TimeoutError:
            break
        events += [each["event"] for each in frame["notifications"]]
    return events


def test_notice_of_a_killed_sweep_is_shown_once(deployment: Deployment) -> None:
    token = deployment.shell(ARRANGE)

    async def watch() -> tuple[list[int], list[int]]:
        due, shown = [], []
        async with connect(deployment.feed_url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
            await socket.recv()
            for _ in range(ROUNDS):
                due.append(await asyncio.to_thread(kill_a_sweep, deployment))
                shown += await events_within(socket, within(SHOWN_WITHIN_SECONDS), until=due[-1])
            await asyncio.to_thread(deployment.manage, "sweep")
            # Longer than the position check, which must not send any of them again.
            shown += await events_within(socket, 6)
        return due, shown

    due, shown = asyncio.run(watch())

    assert Counter(shown) == Counter(due)
    assert len(due) == ROUNDS
