"""What lists and pages show of an event, as the values under which their fragments are kept.

`config/web/fragments.py` says what a fragment is. A fragment of an event gets one of these tuples instead of the row
of the database, and what a template takes from it is computed from its values alone. Because years depend on the day
that it is, that day is one of the values.
"""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.urls import reverse

from accounts.models import User
from accounts.zones import zone_of
from events.local_time import today_in
from events.models import Event
from events.presentation.times import TimeText, event_time, reader_row_text, row_text


class EventSnapshot(NamedTuple):
    """An event, its organiser, whether the reader is subscribed to it, and the day that it is in its time zone."""

    pk: int
    headline: str
    location: str
    starts_at: datetime
    ends_at: datetime | None
    all_day: bool
    time_zone: str
    state: str
    cancelled_at: datetime | None
    subscriber_count: int
    organiser: str
    is_organiser_active: bool
    is_subscribed: bool
    today: date

    @classmethod
    def of(cls, event: Event, *, at: datetime) -> "EventSnapshot":
        """Return the values of an event that was read `for_list` or `for_page`."""
        return cls(
            event.pk,
            event.headline,
            event.location,
            event.starts_at,
            event.ends_at,
            event.all_day,
            event.time_zone,
            event.state,
            event.cancelled_at,
            event.subscriber_count,
            event.author.username,
            event.author.is_active,
            event.is_subscribed,  # type: ignore[attr-defined]  # an annotation
            today_in(event.zone, at),
        )

    @property
    def event(self) -> Event:
        """The event with nothing but these values."""
        event = Event(
            pk=self.pk,
            headline=self.headline,
            location=self.location,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            all_day=self.all_day,
            time_zone=self.time_zone,
            state=self.state,
            cancelled_at=self.cancelled_at,
            subscriber_count=self.subscriber_count,
            author=User(username=self.organiser, is_active=self.is_organiser_active),
        )
        event.is_subscribed = self.is_subscribed  # type: ignore[attr-defined]  # an annotation
        return event


class Reader(NamedTuple):
    """A reader's time zone, and the day that it is there. Both are None if the reader is not logged in."""

    time_zone: str | None
    today: date | None

    @classmethod
    def of(cls, zone: ZoneInfo | None, *, at: datetime) -> "Reader":
        return cls(zone.key, today_in(zone, at)) if zone else cls(None, None)

    @property
    def zone(self) -> ZoneInfo | None:
        return zone_of(self.time_zone) if self.time_zone else None


class ShownEvent(NamedTuple):
    """An event as somebody reads it. `day` is the date of the heading that it stands below, or None."""

    snapshot: EventSnapshot
    reader: Reader
    is_own: bool
    day: date | None = None

    @property
    def event(self) -> Event:
        return self.snapshot.event

    @property
    def time(self) -> TimeText:
        """The time in the event's time zone."""
        return event_time(self.event, today=self.snapshot.today)

    @property
    def row_url(self) -> str:
        """The URL of the row by itself."""
        return f"{reverse('events:row', args=[self.snapshot.pk])}?day={self.day or ''}"

    @property
    def row_time(self) -> str:
        """The time in the event's time zone, for a row."""
        return row_text(self.event, today=self.snapshot.today, day=self.day)

    @property
    def own_time(self) -> str:
        """The time in the reader's time zone; empty if that is the same, or not known."""
        return reader_row_text(self.event, self.reader.zone, today=self.reader.today or self.snapshot.today)


def undo_tag(event: Event) -> str:
    """Return the tag of the message that a reader has subscribed to the event on a row, which they can undo there."""
    return f"undo-event-{event.pk}"
