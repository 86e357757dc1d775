"""The preview of an event that is being written: what its readers would see, as far as it can be said yet."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import User, default_leads
from events.models import Event
from events.presentation.promises import Promise, promise_for
from events.presentation.shown import EventSnapshot, Reader, ShownEvent


class Preview(NamedTuple):
    """An event that may lack a title and times, and what its page shows of it. Without times `shown` is None."""

    event: Event
    shown: ShownEvent | None
    # What somebody is offered who has not subscribed and has no reminder times of their own.
    promise: Promise | None
    has_begun: bool
    is_over: bool


def preview_of(written: Event, *, saved: Event | None, author: User, at: datetime, zone: ZoneInfo) -> Preview:
    """Return the preview of an unsaved event, for somebody in this time zone. `saved` is the event as it is now."""
    written.pk = saved.pk if saved else 0
    written.subscriber_count = saved.subscriber_count if saved else 0
    written.author = author
    written.is_subscribed = False  # type: ignore[attr-defined]  # an annotation
    if written.starts_at is None:
        return Preview(written, None, None, has_begun=False, is_over=False)
    written.over_at = written.ends_at or written.starts_at
    written.headline = written.headline or _("No title yet")
    return Preview(
        written,
        ShownEvent(EventSnapshot.of(written, at=at), Reader.of(zone, at=at), is_own=False),
        promise_for(written, leads=default_leads(), at=at, zone=zone, is_given=False),
        has_begun=written.has_begun(at),
        is_over=written.is_over(at),
    )
