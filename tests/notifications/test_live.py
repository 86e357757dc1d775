"""Test the whole way of a reminder with Valkey, beat, worker, Daphne and an independent client."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tools.stage.live import Deployment

pytestmark = pytest.mark.live

PATIENCE_SECONDS = 20

# Posts an event whose 60-minute reminder falls due in three seconds; prints tokens of a subscriber and a stranger.
ARRANGE = """
import json
from datetime import timedelta
from accounts.services import open_api_session, create_user
from config.database import database_now
from events.services import create_event, subscribe

at = database_now()
organiser, subscriber, stranger = (
    create_user(username=name, email=f"{name}@example.org", password="x")
    for name in ("organiser", "subscriber", "stranger")
)
starts_at = at.replace(microsecond=0) + timedelta(minutes=60, seconds=4)
what = {"headline": "Concert", "location": "Rome", "time_zone": "Europe/Rome", "state": "public"}
event = create_event(actor=organiser, at=at, starts_at=starts_at, **what)
subscribe(event, actor=subscriber, at=at, leads=[60])
tokens = [open_api_session(user, at=at).access for user in (subscriber, stranger)]
print(json.dumps({"event": event.pk, "starts_at": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}", "tokens": tokens}))
"""


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with Deployment(parts=["feed", "worker", "beat"]) as running:
        yield running


def test_due_reminder_arrives_once_at_its_subscriber_and_nowhere_else(deployment: Deployment) -> None:
    arranged = json.loads(deployment.shell(ARRANGE))

    async def listen() -> tuple[list[Any], list[Any], list[Any]]:
        headers = [{"Authorization": f"Bearer {token}"} for token in arranged["tokens"]]
        async with (
            connect(deployment.feed_url, additional_headers=headers[0]) as socket,
            connect(deployment.feed_url, additional_headers=headers[1]) as foreign,
        ):
            hellos = [json.loads(await each.recv()) for each in (socket, foreign)]
            first = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))
            more = []
            for each in (socket, foreign):
                try:
                    # Longer than the position check, which must not send it again.
                    more.append(await asyncio.wait_for(each.recv(), 6))
                except TimeoutError:
                    continue
            return hellos, [first], more

    hellos, frames, more = asyncio.run(listen())

    assert hellos == [{"type": "hello", "unread": 0, "notifications": [], "pings": True}] * 2
    [notification] = frames[0]["notifications"]
    assert {key: frames[0][key] for key in ("type", "unread")} == {"type": "notifications", "unread": 1}
    assert {key: notification[key] for key in notification if key not in {"id", "created_at"}} == {
        "kind": "reminder",
        "event": arranged["event"],
        "headline": "Concert",
        "starts_at": arranged["starts_at"],
        "time_zone": "Europe/Rome",
        "location": "Rome",
        "detail": {},
        "lead": 60,
        "read_at": None,
        "superseded_at": None,
    }
    assert more == []


def test_token_that_does_not_hold_opens_no_socket(deployment: Deployment) -> None:
    async def open_socket() -> None:
        async with connect(deployment.feed_url, additional_headers={"Authorization": "Bearer nonsense"}):
            pass

    with pytest.raises(InvalidStatus) as refused:
        asyncio.run(open_socket())

    assert refused.value.response.status_code == 403
