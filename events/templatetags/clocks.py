"""Times on the page. They need `event`, `at` and `zone` (the reader's, or None), as the views put them there."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template

from events.models import Event
from events.presentation import times

register = template.Library()


@register.simple_tag
def event_clock(event: Event, at: datetime) -> times.TimeText:
    """The event on its own clock: `{% event_clock event at as clock %}`."""
    return times.event_time(event, at=at)


@register.simple_tag
def row_time(event: Event, day: date | None, at: datetime) -> str:
    """The event's time below the heading of `day`."""
    return times.row_text(event, at=at, day=day)


@register.simple_tag
def reader_row_time(event: Event, zone: ZoneInfo | None, at: datetime) -> str:
    """The reader's time, with its day where that is another one; empty where both clocks show the same."""
    return times.reader_row_text(event, zone, at=at)


@register.simple_tag
def distance(event: Event, zone: ZoneInfo | None, at: datetime) -> str:
    """How far off the event is in days of the reader, "in 9 days"."""
    return times.event_distance(event, zone, at=at)


@register.filter
def zone_name(event: Event) -> str:
    """The event's zone as people call it, "Rome time"."""
    return times.zone_name(event.zone)


@register.filter
def clock_time(moment: datetime) -> str:
    """The time of day as it is; Django's own filter would show it in the server's zone."""
    return times.time_text(moment)


@register.filter
def instant(moment: datetime) -> str:
    """The moment for a `<time datetime>`, to the second: HTML allows no microseconds."""
    return moment.isoformat(timespec="seconds")
