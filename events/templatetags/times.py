"""Times on pages. The tags need the page's `request`, for the present time and the reader's time zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.template.context import Context

from events.local_time import today_in
from events.models import Event
from events.presentation import times

register = template.Library()


@register.simple_tag(takes_context=True)
def event_time(context: Context, event: Event) -> times.TimeText:
    """Return the event's time in its own time zone: `{% event_time event as time %}`."""
    return times.event_time(event, today=today_in(event.zone, context["request"].at()))


@register.simple_tag(takes_context=True)
def reader_row_time(context: Context, event: Event) -> str:
    """Return the time in the reader's time zone, with the day if it is another one; empty if it is the same time."""
    zone, today = _reader_day(context, event)
    return times.reader_row_text(event, zone, today=today)


@register.simple_tag(takes_context=True)
def distance(context: Context, event: Event) -> str:
    """Return how far away the event is, "in 9 days" or "in 58 min"."""
    request = context["request"]
    return times.event_distance(event, request.zone(), at=request.at())


@register.simple_tag
def countdown_texts() -> times.CountdownTexts:
    """Return the texts with which a script counts down to a start."""
    return times.countdown_texts()


def _reader_day(context: Context, event: Event) -> tuple[ZoneInfo | None, date]:
    """Return the reader's time zone, if it is known, and the day that it is there or where the event is."""
    request = context["request"]
    zone = request.zone()
    return zone, today_in(zone or event.zone, request.at())


@register.filter
def zone_name(event: Event) -> str:
    """Return the name of the event's time zone, "Rome time"."""
    return times.zone_name(event.zone)


@register.filter
def time_of_day(moment: datetime) -> str:
    """Return the time of day in the moment's own time zone. Django's filter would convert it to the server's."""
    return times.time_text(moment)


@register.filter
def start_datetime(event: Event) -> str:
    """Return the event's start for a `<time datetime>`: only its day if the event is all-day."""
    return event.first_day.isoformat() if event.all_day else instant(event.starts_at)


@register.filter
def instant(moment: datetime) -> str:
    """Return the moment for a `<time datetime>`, to the second, because HTML allows no microseconds."""
    return moment.isoformat(timespec="seconds")
