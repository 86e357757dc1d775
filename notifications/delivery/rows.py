"""Write inbox rows for what is due, with one INSERT ... SELECT for any number of recipients.

A unique key on (recipient, source) makes the insert skip people who already have the same notification.
"""

from datetime import date, datetime
from typing import Any

from django.db.models import CharField, F, IntegerField, JSONField, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from config.database import EpochSeconds, insert_from_select
from events.models import Announcement, Reminder, Subscription
from events.services import Facts
from events.starts import MINUTES_PER_DAY, Start
from notifications.models import Notification

# The columns that every INSERT ... SELECT into the inbox sets, in the order in which the queries below select them.
INBOX_COLUMNS = (
    "recipient",
    "event",
    "kind",
    "headline",
    "starts_at",
    "all_day",
    "time_zone",
    "location",
    "detail",
    "lead",
    "source",
    "created_at",
)
# The event as it is now, in the order of the columns from `headline` to `location`.
EVENT_SNAPSHOT = ("event__headline", "event__starts_at", "event__all_day", "event__time_zone", "event__location")


def _snapshot_of(facts: Facts) -> tuple[Any, ...]:
    """Return these facts of an event in place of EVENT_SNAPSHOT."""
    return (
        "event__headline",
        Value(facts.starts_at),
        Value(facts.all_day),
        Value(facts.time_zone),
        Value(facts.location),
    )


def _start(facts: Facts | None) -> Combinable:
    return Value(facts.starts_at) if facts else F("event__starts_at")


def reminder_source(event_id: int, lead: int, start: Start) -> str:
    """Return the source of a reminder's notification."""
    return f"reminder:{event_id}:{start.identify(lead)}"


def _whole_days(lead: str) -> Combinable:
    """Return the whole days of a lead. The databases agree on no division of integers except an exact one."""
    return Cast((F(lead) - F(lead) % MINUTES_PER_DAY) / MINUTES_PER_DAY, IntegerField())


def insert_reminder_notifications(
    reminder_ids: list[int], *, at: datetime, day: date | None = None, facts: Facts | None = None
) -> None:
    """Notify the subscribers of these reminders, with the facts of their one event, or of each event as it is now.

    All-day events need their first day, because the database cannot tell it; timed events have none. One query.
    """
    # In the form of `reminder_source`.
    source = Concat(
        Value("reminder:"),
        Cast("event_id", CharField()),
        Value(":"),
        Cast(_whole_days("lead") if day else F("lead"), CharField()),
        Value(":"),
        Value(str(day)) if day else Cast(EpochSeconds(_start(facts)), CharField()),
        output_field=CharField(),
    )
    rows = Reminder.objects.filter(pk__among=reminder_ids).values_list(
        "subscription__user_id",
        "event_id",
        Value(Notification.Kind.REMINDER.value),
        *(_snapshot_of(facts) if facts else EVENT_SNAPSHOT),
        Value({}, output_field=JSONField()),
        "lead",
        source,
        Value(at),
    )
    insert_from_select(Notification, rows, INBOX_COLUMNS)


def insert_announcement_notifications(
    recipients: QuerySet[Subscription], announcement: Announcement, *, facts: Facts, at: datetime
) -> None:
    """Notify these subscribers of the announcement, with these facts of the event. One query."""
    detail = {"before": announcement.before, "after": announcement.after, "text": announcement.text}
    rows = recipients.values_list(
        "user_id",
        "event_id",
        Value(announcement.kind),
        *_snapshot_of(facts),
        Value(detail, output_field=JSONField()),
        Value(None, output_field=IntegerField()),
        Value(f"announcement:{announcement.pk}"),
        Value(at),
    )
    insert_from_select(Notification, rows, INBOX_COLUMNS)
