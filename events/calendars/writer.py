"""Write events as iCalendar (RFC 5545), for the calendar programs that people use."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from uuid import UUID, uuid5

from icalendar import Alarm, Calendar, Component, vCalAddress
from icalendar import Event as CalendarEvent

from events.models import Event
from events.starts import Start

PRODUCT = "-//Event manager//EN"
# The namespace of the version 5 UUIDs that are the events' UIDs.
NAMESPACE = UUID("6f0d8a52-6a0f-5d51-9c0c-0c6a3a5f7f0e")


def write_calendar(
    events: Iterable[Event], *, url_of: Callable[[Event], str], leads_of: Callable[[Event], Iterable[int]]
) -> bytes:
    """Return the events as one iCalendar document. Its bytes are the same as long as no event changes.

    `leads_of` returns how many minutes before the start the reader's calendar program should show an alarm. Times are
    in UTC; all-day events are written as dates with an exclusive end.
    """
    return b"".join(calendar_pieces(events, url_of=url_of, leads_of=leads_of))


def calendar_pieces(
    events: Iterable[Event], *, url_of: Callable[[Event], str], leads_of: Callable[[Event], Iterable[int]]
) -> Iterator[bytes]:
    """Yield what `write_calendar` returns, event by event, so that the events need not fit into memory."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    head, end, rest = bytes(calendar.to_ical()).partition(b"END:VCALENDAR")
    yield head
    for event in events:
        yield bytes(_component(event, url=url_of(event), leads=leads_of(event)).to_ical())
    yield end + rest


def _component(event: Event, *, url: str, leads: Iterable[int]) -> Component:
    component = CalendarEvent()
    component.add("uid", str(uuid5(NAMESPACE, f"{event.pk} {event.created_at.isoformat()}")))
    component.add("sequence", event.revision)
    component.add("dtstamp", event.updated_at)
    component.add("last-modified", event.updated_at)
    component.add("summary", event.headline)
    component.add("dtstart", event.first_day if event.all_day else event.starts_at)
    if event.all_day:
        component.add("dtend", event.last_day + timedelta(days=1))
    elif event.ends_at:
        component.add("dtend", event.ends_at)
    component.add("status", "CANCELLED" if event.is_cancelled else "CONFIRMED")
    component.add("url", url)
    if event.location:
        component.add("location", event.location)
    # Line breaks of every kind are replaced by newlines, because the format knows no others.
    component.add("description", "\n".join([*event.description.splitlines(), url]))
    organizer = vCalAddress("invalid:nomail")
    organizer.params["cn"] = event.author.username
    component.add("organizer", organizer)
    for lead in Start.of(event).distinct(leads):
        component.add_component(_alarm(event, lead))
    return component


def _alarm(event: Event, lead: int) -> Component:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", event.headline)
    alarm.add("trigger", Start.of(event).due_at(lead) - event.starts_at)
    return alarm
