"""Notifications as their recipient reads them: in words, and with a link to the event if the recipient may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import User
from events.models import Event
from notifications.models import Notification
from notifications.wording import Wording, wording


@dataclass(frozen=True)
class Entry:
    """One notification. `event` is None if there is no page to link to: it is deleted, or the reader may not see it."""

    notification: Notification
    wording: Wording
    event: Event | None


def entries_of(notifications: Sequence[Notification], user: User, *, at: datetime) -> list[Entry]:
    """Return the entries of these notifications of the user, in their order. One query; none if no event is linked."""
    zone = ZoneInfo(user.time_zone)
    linked = {each.event_id for each in notifications if each.event_id}
    events = Event.objects.visible_to(user).only("pk").in_bulk(linked) if linked else {}
    return [Entry(each, wording(each, zone=zone, at=at), events.get(each.event_id)) for each in notifications]
