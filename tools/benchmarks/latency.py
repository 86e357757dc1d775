"""Latency: how long 50 reminders take from the moment they are due until the subscriber's open socket gets them."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import datetime

from websockets.asyncio.client import connect

from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment

REMINDERS = 50
SPACING_SECONDS = 0.4

# Creates one subscriber, and events whose 60-minute reminders fall due one after the other, the first in five seconds.
# `due_at` has fractions of a second, so that the phase of beat does not favour any of them.
ARRANGE = """
import json
from datetime import timedelta
from accounts.services import open_api_session, create_user
from config.database import database_now
from events.models import Reminder
from events.services import create_event, subscribe

at = database_now()
owner, subscriber = (
    create_user(username=name, email=f"{{name}}@example.org", password="x") for name in ("owner", "subscriber")
)
due = {{}}
for number in range({reminders}):
    event = create_event(actor=owner, at=at, headline="Concert", state="public", starts_at=at + timedelta(hours=2))
    subscription = subscribe(event, actor=subscriber, at=at, leads=[60])
    due_at = at + timedelta(seconds=5 + {spacing} * number)
    Reminder.objects.filter(subscription=subscription).update(due_at=due_at)
    due[event.pk] = due_at.timestamp()
print(json.dumps({{"due": due, "token": open_api_session(subscriber, at=at).access}}))
"""


def run() -> Iterator[str]:
    """Yield the latencies of one run on the embedded deployment."""
    with Deployment(parts=["feed", "worker", "beat"]) as deployment:
        arranged = json.loads(deployment.shell(ARRANGE.format(reminders=REMINDERS, spacing=SPACING_SECONDS)))
        due = {int(event): moment for event, moment in arranged["due"].items()}
        created, seen = asyncio.run(_listen(deployment.feed_url, arranged["token"], len(due)))
    for name, moments in (("due to inbox", created), ("due to seen", seen)):
        seconds = sorted(moments[event] - due[event] for event in due)
        yield (
            f"{name}: p50 {percentile(seconds, 50):.2f} s, p99 {percentile(seconds, 99):.2f} s, "
            f"max {seconds[-1]:.2f} s ({len(seconds)} reminders)"
        )


async def _listen(url: str, token: str, expected: int) -> tuple[dict[int, float], dict[int, float]]:
    """Return when each event's notification was written and when it arrived, in epoch seconds by event id."""
    created: dict[int, float] = {}
    seen: dict[int, float] = {}
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        while len(seen) < expected:
            frame = json.loads(await asyncio.wait_for(socket.recv(), 60))
            for each in frame["notifications"]:
                seen.setdefault(each["event"], time.time())
                created.setdefault(each["event"], datetime.fromisoformat(each["created_at"]).timestamp())
    return created, seen
