"""Write people, events and due reminders straight into a deployment's database, and read its inboxes.

    stage.call(deployment, "people", count=3)

runs `people(count=3)` in the deployment's interpreter and returns the result, as JSON.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tools.stage.live import Deployment

LEAD_MINUTES = 60
PASSWORD = "correct horse battery staple"


def call(deployment: Deployment, function: str, *, module: str = __name__, **arguments: Any) -> Any:
    """Run a function of a module, by default this one, with Django set up on the deployment's database."""
    code = f"import json\nimport {module} as stage\nprint(json.dumps(stage.{function}(**{arguments!r})))"
    return json.loads(deployment.shell(code))


def people(*, count: int) -> list[list[Any]]:
    """Sign up so many people without passwords and log each in on the pages; return `[id, session key]` of each."""
    from accounts.models import User

    known = User.objects.count()
    names = [f"person{known + number}" for number in range(count)]
    User.objects.bulk_create(User(username=name, email=f"{name}@example.org", password="!") for name in names)
    return [[user.pk, _log_in(user)] for user in User.objects.filter(username__in=names).order_by("pk")]


def members(*, names: list[str]) -> list[list[Any]]:
    """Sign up people with PASSWORD and log each in on the pages; return `[id, session key]` of each."""
    from accounts.services import create_user

    users = [create_user(username=name, email=f"{name}@example.org", password=PASSWORD) for name in names]
    return [[user.pk, _log_in(user)] for user in users]


def _log_in(user: Any) -> str:
    """Return the key of a new session of the pages."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def due(
    *,
    users: list[int],
    events: int,
    each: int,
    in_seconds: float = 0.0,
    spread_seconds: float = 0.0,
    leads: Sequence[int] = (LEAD_MINUTES,),
) -> list[list[Any]]:
    """Post events with `each` of the users subscribed in turn, whose first reminders fall due in so many seconds.

    Those of the last event fall due `spread_seconds` later. The longest of the leads comes first. Return `[user id,
    headline, due time]` of the first reminders. The rows are as the services would have written them before.
    """
    from accounts.models import User
    from config.database import database_now
    from events.models import Event, Reminder, Subscription

    organiser, _ = User.objects.get_or_create(username="organiser", email="organiser@example.org")
    at, first = database_now(), Event.objects.count()
    headlines = [f"event {first + number}" for number in range(events)]
    due_at = {
        headline: at + timedelta(seconds=in_seconds + spread_seconds * number / events)
        for number, headline in enumerate(headlines)
    }
    starts_at = {headline: moment + timedelta(minutes=leads[0]) for headline, moment in due_at.items()}
    Event.objects.bulk_create(
        Event(
            author=organiser,
            headline=headline,
            starts_at=starts_at[headline],
            over_at=starts_at[headline],
            state="public",
            subscriber_count=each,
            created_at=at,
            updated_at=at,
        )
        for headline in headlines
    )
    rows = list(Event.objects.filter(headline__in=headlines).order_by("pk"))
    subscribers = {
        event.pk: [users[(position * each + number) % len(users)] for number in range(each)]
        for position, event in enumerate(rows)
    }
    Subscription.objects.bulk_create(
        (Subscription(user_id=user, event=event, created_at=at) for event in rows for user in subscribers[event.pk]),
        batch_size=1_000,
    )
    by_id = {event.pk: event for event in rows}
    Reminder.objects.bulk_create(
        (
            Reminder(
                subscription=subscription,
                event_id=subscription.event_id,
                lead=lead,
                due_at=by_id[subscription.event_id].starts_at - timedelta(minutes=lead),
                armed_for=by_id[subscription.event_id].starts_at,
            )
            for lead in leads
            for subscription in Subscription.objects.filter(event__in=rows)
        ),
        batch_size=1_000,
    )
    return [
        [user, event.headline, due_at[event.headline].timestamp()] for event in rows for user in subscribers[event.pk]
    ]


def push(*, users: list[int], headline: str) -> float:
    """Write a notification for each of the users and push it, as a sweep would; return the time."""
    from config.database import database_now
    from notifications.feed import push
    from notifications.models import Notification

    at = database_now()
    Notification.objects.bulk_create(
        Notification(
            recipient_id=user,
            kind="message",
            headline=headline,
            starts_at=at,
            time_zone="UTC",
            source=headline,
            created_at=at,
        )
        for user in users
    )
    push.push_new(users, at=at)
    return at.timestamp()


def notification_count() -> int:
    """Return how many rows all inboxes hold."""
    from notifications.models import Notification

    return Notification.objects.count()


def notifications() -> list[dict[str, Any]]:
    """Return `{id, headline, kind, lead, created_at}` of all rows of all inboxes; the last in seconds since 1970."""
    from notifications.models import Notification

    rows = Notification.objects.order_by("pk").values("id", "headline", "kind", "lead", "created_at")
    return [{**row, "created_at": row["created_at"].timestamp()} for row in rows]


def inbox() -> list[list[Any]]:
    """Return `[user id, headline, id]` of all rows of all inboxes."""
    from notifications.models import Notification

    return list(map(list, Notification.objects.order_by("pk").values_list("recipient_id", "headline", "pk")))


def event_headlines() -> list[str]:
    """Return the headlines of all events."""
    from events.models import Event

    return list(Event.objects.values_list("headline", flat=True))
