"""Write inbox rows for what is due, with one INSERT ... SELECT for any number of recipients.

A unique key on (recipient, source) makes the insert skip people who already have the same notification.
"""

from datetime import datetime

from django.db.models import CharField, IntegerField, JSONField, QuerySet, Value
from django.db.models.functions import Cast, Concat

from config.database import EpochSeconds, insert_from_select
from events.models import Announcement, Reminder, Subscription
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


def insert_reminder_notifications(reminder_ids: list[int], *, at: datetime) -> None:
    """Notify the subscribers of these reminders. One query."""
    source = Concat(
        Value("reminder:"),
        Cast("event_id", CharField()),
        Value(":"),
        Cast("lead", CharField()),
        Value(":"),
        Cast(EpochSeconds("event__starts_at"), CharField()),
        output_field=CharField(),
    )
    rows = Reminder.objects.filter(pk__among=reminder_ids).values_list(
        "subscription__user_id",
        "event_id",
        Value(Notification.Kind.REMINDER.value),
        *EVENT_SNAPSHOT,
        Value({}, output_field=JSONField()),
        "lead",
        source,
        Value(at),
    )
    insert_from_select(Notification, rows, INBOX_COLUMNS)


def insert_announcement_notifications(
    recipients: QuerySet[Subscription], announcement: Announcement, *, at: datetime
) -> None:
    """Notify these subscribers of the announcement. One query."""
    detail = {"before": announcement.before, "after": announcement.after, "text": announcement.text}
    rows = recipients.values_list(
        "user_id",
        "event_id",
        Value(announcement.kind),
        *EVENT_SNAPSHOT,
        Value(detail, output_field=JSONField()),
        Value(None, output_field=IntegerField()),
        Value(f"announcement:{announcement.pk}"),
        Value(at),
    )
    insert_from_select(Notification, rows, INBOX_COLUMNS)
