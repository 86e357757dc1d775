"""Write events as iCalendar (RFC 5545), for the calendar programs that people use.

The lines are written without the library: it takes ten times as long, and a calendar feed has a thousand events.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha1
from typing import Any
from uuid import UUID

from accounts.zones import zone_of
from events.calendars.marks import OWN_ZONE, PRODUCT
from events.local_time import last_day
from events.models import Event
from events.starts import Start

# The namespace of the version 5 UUIDs that are the events' UIDs.
NAMESPACE = UUID("6f0d8a52-6a0f-5d51-9c0c-0c6a3a5f7f0e")
_NAMESPACE = sha1(NAMESPACE.bytes, usedforsecurity=False)
_PUBLIC = str(Event.State.PUBLIC)
# What `event_text` needs to know of an event, besides its description and the organiser's username.
FACTS = (
    "id",
    "revision",
    "headline",
    "location",
    "starts_at",
    "ends_at",
    "all_day",
    "time_zone",
    "state",
    "cancelled_at",
    "created_at",
    "updated_at",
)
# How often programs should ask for a feed again.
REFRESH = "PT1H"
END = b"END:VCALENDAR\r\n"

# A line has at most 75 octets (RFC 5545, 3.1), and each but the first begins with a space. The bytes of a letter stay
# together.
_PIECE = re.compile(rb".{1,74}(?![\x80-\xbf])", re.DOTALL)
_MAX_OCTETS = 75


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
    yield _head()
    for event in events:
        yield event_text(
            event,
            description=event.description,
            organiser=event.author.username,
            url=url_of(event),
            leads=leads_of(event),
        )
    yield END


def write_feed(name: str, events: Iterable[bytes], *, max_bytes: int) -> bytes:
    """Return a calendar of this name to which programs can subscribe, with events as `event_text` returns them.

    It ends before the first event with which it would have more than `max_bytes`.
    """
    head = _head(
        _line("NAME", _escaped(name)),
        _line("X-WR-CALNAME", _escaped(name)),
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}".encode(),
        f"X-PUBLISHED-TTL:{REFRESH}".encode(),
    )
    pieces, size = [head], len(head) + len(END)
    for event in events:
        size += len(event)
        if size > max_bytes:
            break
        pieces.append(event)
    return b"".join([*pieces, END])


def event_text(event: Any, *, description: str, organiser: str, url: str, leads: Iterable[int]) -> bytes:
    """Return the lines of an event, or of a row with its FACTS.

    An alarm is written for each lead, in minutes, unless the event is cancelled: most programs would show it.
    """
    updated = _utc(event.updated_at)
    private = "" if event.state == _PUBLIC else "\r\nCLASS:PRIVATE"
    # Once more as the last line of the description, for programs that do not show the property. Our reader removes it.
    shown = f"{description}\n{url}" if description else url
    lines = [
        f"BEGIN:VEVENT\r\nUID:{_uid(event.id, event.created_at)}\r\nSEQUENCE:{event.revision}\r\nDTSTAMP:{updated}\r\n"
        f"LAST-MODIFIED:{updated}\r\n{_bounds(event)}\r\n{OWN_ZONE}:{event.time_zone}\r\n"
        f"STATUS:{'CONFIRMED' if event.cancelled_at is None else 'CANCELLED'}{private}".encode(),
        _line("SUMMARY", _escaped(event.headline)),
        _line("DESCRIPTION", _escaped(shown)),
        _line("URL", url),
        _line(f'ORGANIZER;CN="{organiser}"', "invalid:nomail"),
    ]
    if event.location:
        lines.append(_line("LOCATION", _escaped(event.location)))
    if leads and event.cancelled_at is None:
        lines += [_alarm(event, lead) for lead in Start.of(event).distinct(leads)]
    lines.append(b"END:VEVENT\r\n")
    return b"\r\n".join(lines)


# A process keeps those of the feeds that programs ask for again and again. They never change.
@lru_cache(maxsize=10_000)
def _uid(event_id: int, created_at: datetime) -> str:
    """Return the version 5 UUID (RFC 9562) of the event's id and creation, as `uuid5` does in twice the time."""
    name = _NAMESPACE.copy()
    name.update(f"{event_id} {created_at.isoformat()}".encode())
    digits = name.hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _head(*lines: bytes) -> bytes:
    return b"\r\n".join([b"BEGIN:VCALENDAR", b"VERSION:2.0", f"PRODID:{PRODUCT}".encode(), *lines, b""])


def _bounds(event: Any) -> str:
    """Return the lines of the start and, if there is one, of the end, which is exclusive."""
    if not event.all_day:
        end = event.ends_at
        return f"DTSTART:{_utc(event.starts_at)}" + (f"\r\nDTEND:{_utc(end)}" if end else "")
    zone = zone_of(event.time_zone)
    first = event.starts_at.astimezone(zone).date()
    after = last_day(event.starts_at, event.ends_at, zone) + timedelta(days=1)
    return f"DTSTART;VALUE=DATE:{first:%Y%m%d}\r\nDTEND;VALUE=DATE:{after:%Y%m%d}"


def _alarm(event: Any, lead: int) -> bytes:
    seconds = round((Start.of(event).due_at(lead) - event.starts_at).total_seconds())
    trigger = f"-PT{-seconds}S" if seconds < 0 else f"PT{seconds}S"
    summary = _line("DESCRIPTION", _escaped(event.headline))
    return b"\r\n".join(
        [b"BEGIN:VALARM\r\nACTION:DISPLAY", summary, f"TRIGGER:{trigger}\r\nEND:VALARM".encode()],
    )


def _utc(moment: datetime) -> str:
    """Return a DATE-TIME in UTC, in half the time of `strftime`."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat('T', 'seconds').replace('-', '').replace(':', '')[:15]}Z"


def _escaped(text: str) -> str:
    """Return a value of the type TEXT (RFC 5545, 3.3.11). Line breaks of other systems become newlines."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _line(name: str, value: str) -> bytes:
    """Return a content line, which is folded if it is too long."""
    line = f"{name}:{value}".encode()
    return line if len(line) <= _MAX_OCTETS else b"\r\n ".join(_PIECE.findall(line))
