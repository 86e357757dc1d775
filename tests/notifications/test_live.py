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

PATIENCE_SECONDS = 60

# Signs up an organiser, a subscriber and a stranger; prints tokens of the last two.
SIGN_UP = """
import json
from accounts.services import open_api_session, create_user
from config.database import database_now

organiser, *readers = (
    create_user(username=name, email=f"{name}@example.org", password="x")
    for name in ("organiser", "subscriber", "stranger")
)
print(json.dumps([open_api_session(user, at=database_now()).access for user in readers]))
"""
# Posts an event whose 60-minute reminder for the subscriber falls due in two seconds; prints its id and start.
POST = """
import json
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from events.services import create_event, subscribe

at = database_now()
organiser, subscriber = (User.objects.get(username=name) for name in ("organiser", "subscriber"))
starts_at = at.replace(microsecond=0) + timedelta(minutes=60, seconds=2)
what = {"headline": "Concert", "location": "Rome", "time_zone": "Europe/Rome", "state": "public"}
event = create_event(actor=organiser, at=at, starts_at=starts_at, **what)
subscribe(event, actor=subscriber, at=at, leads=[60])
print(json.dumps({"event": event.pk, "starts_at": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}"}))
"""


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with Deployment(parts=["feed", "worker", "beat"]) as running:
        yield running


def test_due_reminder_arrives_once_at_its_subscriber_and_nowhere_else(deployment: Deployment) -> None:
    tokens = json.loads(deployment.shell(SIGN_UP))

    async def listen() -> tuple[list[Any], Any, Any, list[Any]]:
        headers = [{"Authorization": f"Bearer {token}"} for token in tokens]
        async with (
            connect(deployment.feed_url, additional_headers=headers[0]) as socket,
            connect(deployment.feed_url, additional_headers=headers[1]) as foreign,
        ):
            hellos = [json.loads(await each.recv()) for each in (socket, foreign)]
            posted = json.loads(await asyncio.to_thread(deployment.shell, POST))
            first = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))
            more = []
            for each in (socket, foreign):
                try:
                    # Longer than the position check, which must not send it again.
                    more.append(await asyncio.wait_for(each.recv(), 6))
                except TimeoutError:
                    continue
            return hellos, posted, first, more

    hellos, posted, frame, more = asyncio.run(listen())

    assert hellos == [{"type": "hello", "unread": 0, "notifications": [], "pings": True}] * 2
    [notification] = frame["notifications"]
    assert {key: frame[key] for key in ("type", "unread")} == {"type": "notifications", "unread": 1}
    assert {key: notification[key] for key in notification if key not in {"id", "created_at"}} == {
        "kind": "reminder",
        "event": posted["event"],
        "headline": "Concert",
        "starts_at": posted["starts_at"],
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
