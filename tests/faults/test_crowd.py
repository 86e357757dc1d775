"""More of everything than anybody runs: two beats, three workers and two sweepers at the same due reminders."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.faults.rounds import rounds, within
from tests.live import Deployment
from tests.private_mariadb import private_mariadb

pytestmark = [pytest.mark.faults, pytest.mark.live, pytest.mark.mariadb]

EVENTS = rounds(200, 1_000)
SUBSCRIBERS = 20
SWEEP_PATIENCE_SECONDS = 60
BEAT = "exec celery --app config --quiet beat --scheduler celery.beat.Scheduler"
WORKER = "exec celery --app config --quiet worker --queues sweep,default --concurrency 1 --hostname {name}@%h"
SWEEPER = "exec python manage.py sweep --loop --every 0.5"
CROWD = {
    **dict.fromkeys(["beat1", "beat2"], BEAT),
    **{name: WORKER.format(name=name) for name in ("worker1", "worker2", "worker3")},
    **dict.fromkeys(["sweeper1", "sweeper2"], SWEEPER),
}

# Events that start in an hour; their reminders fall due while the crowd is there.
ARRANGE = """
from datetime import timedelta
from accounts.models import User
from config.database import database_now
from events.models import Event, Reminder, Subscription

at = database_now()
users = User.objects.bulk_create(
    User(username=f"user{{n}}", email=f"user{{n}}@example.org", password="!") for n in range({subscribers} + 1)
)
owner, *followers = User.objects.order_by("pk")
starts_at, due_at = at.replace(microsecond=0) + timedelta(hours=1), at + timedelta(seconds=8)
Event.objects.bulk_create(
    Event(author=owner, headline="Concert", starts_at=starts_at, over_at=starts_at, state="public",
          subscriber_count={subscribers}, created_at=at, updated_at=at)
    for _ in range({events})
)
Subscription.objects.bulk_create(
    Subscription(user=user, event=event, created_at=at) for event in Event.objects.all() for user in followers
)
Reminder.objects.bulk_create(
    Reminder(subscription=row, event_id=row.event_id, lead=60, due_at=due_at, armed_for=starts_at)
    for row in Subscription.objects.all()
)
"""

RESULT = """
import json
from events.models import Reminder
from notifications.models import Notification

rows = Notification.objects.values_list("recipient_id", "event_id")
print(json.dumps({
    "pending": Reminder.objects.filter(due_at__isnull=False).count(), "rows": len(rows), "distinct": len(set(rows)),
}))
"""


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with private_mariadb() as url, Deployment(parts=[], DATABASE_URL=url) as running:
        yield running


def test_crowd_of_sweeps_tells_everybody_once(deployment: Deployment) -> None:
    for name, command in CROWD.items():
        deployment.start(name, command)
    deployment.shell(ARRANGE.format(events=EVENTS, subscribers=SUBSCRIBERS))

    deadline = time.monotonic() + within(SWEEP_PATIENCE_SECONDS)
    while (result := json.loads(deployment.shell(RESULT)))["pending"] and time.monotonic() < deadline:
        time.sleep(0.5)
    codes = {name: deployment.stop(name) for name in CROWD if name.startswith("sweeper")}
    result = json.loads(deployment.shell(RESULT))

    expected = EVENTS * SUBSCRIBERS
    assert result == {"pending": 0, "rows": expected, "distinct": expected}
    assert codes == dict.fromkeys(codes, 0)
    assert "Traceback" not in deployment.logs(*CROWD)
