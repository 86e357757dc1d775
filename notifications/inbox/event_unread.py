"""What is new about an event to somebody who opens its page: what they have not read about it in their inbox."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.zones import zone_of
from config.statements import ModelQuery
from events.local_time import today_in
from events.models import Event
from events.presentation.times import moment_text
from notifications.inbox.history import FIELDS
from notifications.inbox.pages import ICONS, PAGE_SIZE
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet
from notifications.wording import Wording, wording


@dataclass(frozen=True)
class UnreadEntry:
    """An unread change, cancellation or message."""

    icon: str
    wording: Wording
    received_at: datetime
    # In the reader's time zone.
    received: str


@dataclass(frozen=True)
class EventUnread:
    """What is unread about one event. `entries` are what its page shows at the top, the newest first.

    `ids` are the notifications that count as read once the page has been seen. They include reminders, because the page
    says when the event starts.
    """

    ids: list[int]
    entries: list[UnreadEntry]


def unread_about(event: Event, user: User, *, at: datetime) -> EventUnread:
    """Return what is new to the user about the event, at most as much as a page of the inbox. One query."""
    zone = zone_of(user.time_zone)
    rows = _UNREAD.models(owner=user.pk, event=event.pk, limit=PAGE_SIZE)
    return EventUnread(
        ids=[row.pk for row in rows],
        entries=[_entry(row, zone=zone, at=at) for row in rows if row.kind != Notification.Kind.REMINDER],
    )


def _entry(row: Notification, *, zone: ZoneInfo, at: datetime) -> UnreadEntry:
    received = moment_text(row.created_at.astimezone(zone), today=today_in(zone, at))
    return UnreadEntry(ICONS[row.kind], wording(row, zone=zone, at=at), row.created_at, received)


def _unread(*, owner: int, event: int) -> NotificationQuerySet:
    return Notification.objects.of_event(Event(pk=event)).owned_by(User(pk=owner)).unread().newest_first()


_UNREAD = ModelQuery(Notification, _unread, fields=FIELDS, parameters={"owner": User._meta.pk, "event": Event._meta.pk})
