"""Test that events come back from the files that we write as they were, through our reader and another program's.

All texts, times and time zones that the services accept are tried.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from events.calendars.contents import CalendarEntry
from events.calendars.entries import parse_calendar
from events.calendars.writer import NAMESPACE, write_calendar
from events.local_time import all_day_bounds
from events.models import MAX_DESCRIPTION_LENGTH, Event
from events.services.texts import UNPRINTABLE, clean_line, clean_text

URL = "https://events.example.org/events/17/"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ["UTC", "Europe/Rome", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "America/Argentina/Buenos_Aires"]
# What calendar files give a meaning, lines of more than 75 octets, and letters of several octets and code points.
AWKWARD = [
    *("\\", ";", ",", ":", '"', "\n", "\r", "\r\n", "\\n", "\\N", "\\,", " ", "\t", "\n ", "\u2028", "\u2029", "\x85"),
    *(
        "é",
        "e\u0301",
        "漢",
        "👩\u200d👩\u200d👧",
        "\u202eabc\u202c",
        "שלום",
        "a" * 74,
        "漢" * 25,
        "\u00a0",
        "=0A",
        "^n",
        "%",
    ),
    *("BEGIN:VEVENT", "END:VEVENT", "\nEND:VCALENDAR\n", "DTSTART:20260101", URL),
]


def accepted(letter: str) -> bool:
    return not UNPRINTABLE.search(letter) and letter != "\ufeff"  # which our reader's library takes for a signature


texts = st.lists(
    st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs"]).filter(accepted), max_size=9),
    max_size=9,
).map("".join)
moments = st.integers(0, 400 * 24 * 60).map(lambda minutes: EPOCH + timedelta(minutes=minutes))


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Make events as the services would store them."""
    zone, all_day = draw(st.sampled_from(ZONES)), draw(st.booleans())
    starts_at = draw(moments)
    ends_at = draw(st.none() | st.integers(1, 9_999).map(lambda minutes: starts_at + timedelta(minutes=minutes)))
    if all_day:
        starts_at, ends_at = all_day_bounds(starts_at, ends_at, ZoneInfo(zone))
    return Event(
        pk=17,
        author=User(username="olivia"),
        headline=clean_line(f"A{draw(texts)}", field="headline", max_length=MAX_DESCRIPTION_LENGTH),
        location=clean_line(draw(texts), field="location", max_length=MAX_DESCRIPTION_LENGTH),
        description=clean_text(draw(texts), field="description", max_length=MAX_DESCRIPTION_LENGTH),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        time_zone=zone,
        state=draw(st.sampled_from(Event.State.values)),
        cancelled_at=draw(st.none() | moments),
        revision=draw(st.integers(0, 99)),
        created_at=EPOCH,
        updated_at=draw(moments),
    )


def written(event: Event) -> bytes:
    return write_calendar([event], url_of=lambda _: URL, leads_of=lambda _: ())


def uid_of(event: Event) -> str:
    return str(uuid5(NAMESPACE, f"{event.pk} {event.created_at.isoformat()}"))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(events())
def test_our_reader_reads_what_we_write(event: Event) -> None:
    [item] = parse_calendar(written(event), default_zone=ZoneInfo("Asia/Tokyo")).items

    assert item.entry == CalendarEntry(
        uid=uid_of(event),
        headline=event.headline,
        description=event.description,
        location=event.location,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        all_day=event.all_day,
        time_zone=event.time_zone,
        is_cancelled=event.is_cancelled,
        is_private=event.state != Event.State.PUBLIC,
        sequence=event.revision,
        remarks=("The file marks it as not public (CLASS:PRIVATE), so it isn’t public here.",)
        * (event.state != Event.State.PUBLIC),
    )


@settings(max_examples=40, deadline=None, derandomize=True)
@given(events())
def test_other_program_reads_what_we_write(event: Event) -> None:
    read: Any = vobject.readOne(written(event).decode()).vevent

    assert read.summary.value == event.headline
    assert read.description.value == (f"{event.description}\n{URL}" if event.description else URL)
    assert (read.uid.value, read.sequence.value, read.url.value) == (uid_of(event), str(event.revision), URL)
    assert read.status.value == ("CANCELLED" if event.is_cancelled else "CONFIRMED")
    days = (event.first_day, event.last_day + timedelta(days=1))
    assert read.dtstart.value == (days[0] if event.all_day else event.starts_at)
    if event.ends_at:
        assert read.dtend.value == (days[1] if event.all_day else event.ends_at)
    if event.location:
        assert read.location.value == event.location


@settings(max_examples=40, deadline=None, derandomize=True)
@given(events())
def test_lines_have_at_most_75_octets_and_whole_letters(event: Event) -> None:
    lines = written(event).removesuffix(b"\r\n").split(b"\r\n")

    assert max(map(len, lines)) <= 75
    assert [line.decode() for line in lines if b"\r" in line or b"\n" in line] == []
