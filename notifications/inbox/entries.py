"""Notifications as their recipient reads them: in words, and with a link to the event if the recipient may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import User
from accounts.zones import zone_of
from config.statements import ModelQuery
from events.locations import join_url
from events.models import Event
from events.querysets import EventQuerySet
from notifications.models import Notification
from notifications.wording import Wording, wording


@dataclass(frozen=True)
class Entry:
    """One notification. `event` is None if there is no page to link to: it is deleted, or the reader may not see it."""

    notification: Notification
    wording: Wording
    event: Event | None
    # Where the reader of a reminder joins the event online. It is "" once the reminder is superseded or the event has
    # ended, or if the event's location no longer contains this URL first.
    join_url: str

    @property
    def is_superseded(self) -> bool:
        return not self.notification.is_current

    @property
    def is_unread(self) -> bool:
        return self.notification.is_current and self.notification.read_at is None


def entries_of(notifications: Sequence[Notification], user: User, *, at: datetime) -> list[Entry]:
    """Return the entries of these notifications of the user, in their order. One query; none if no event is linked.

    The notifications are annotated by `with_currency`.
    """
    zone = zone_of(user.time_zone)
    events = _linked_events([*{each.event_id for each in notifications if each.event_id}], user)
    return [_entry(each, events.get(each.event_id), zone=zone, at=at) for each in notifications]


def _linked_events(ids: list[int], user: User) -> dict[int | None, Event]:
    """Return those of these events that the user may see, by their ids. One query; none if there are no ids.

    There are always as many parameters as for a whole page, so that one compiled query serves all of them.
    """
    events: dict[int | None, Event] = {}
    for first in range(0, len(ids), LINKED_AT_ONCE):
        some = ids[first : first + LINKED_AT_ONCE]
        some += some[-1:] * (LINKED_AT_ONCE - len(some))
        named: dict[str, Any] = dict(zip(_LINKED_IDS, some, strict=True))
        found = _LINKED.models(reader=user.pk, limit=LINKED_AT_ONCE, **named)
        events |= {event.pk: event for event in found}
    return events


def _linked(*, reader: int, **ids: int) -> EventQuerySet:
    return Event.objects.visible_to(User(pk=reader)).filter(pk__in=[*ids.values()])


# At most as many events are looked up in one query.
LINKED_AT_ONCE = 30
_LINKED_IDS = [f"id_{number}" for number in range(LINKED_AT_ONCE)]
_LINKED = ModelQuery(
    Event,
    _linked,
    fields=["id", "location", "over_at"],
    parameters={"reader": User._meta.pk, **dict.fromkeys(_LINKED_IDS, Event._meta.pk)},
)


def _entry(notification: Notification, event: Event | None, *, zone: ZoneInfo, at: datetime) -> Entry:
    return Entry(notification, wording(notification, zone=zone, at=at), event, _join_url(notification, event, at=at))


def _join_url(notification: Notification, event: Event | None, *, at: datetime) -> str:
    if notification.kind != Notification.Kind.REMINDER or not notification.is_current:
        return ""
    if event is None or event.is_over(at):
        return ""
    url = join_url(notification.location)
    return url if url == join_url(event.location) else ""
