"""Calendars for tests of imports: files, what they contain, and imports that are stored."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from events.calendars import CalendarEntry, CalendarFile, CalendarItem
from events.models import CalendarImport
from events.services import store_import


def calendar_entry(uid: str, at: datetime, **fields: Any) -> CalendarEntry:
    """Return an entry that begins two days after `at`, unless `fields` say otherwise."""
    entry = CalendarEntry(
        uid=uid,
        headline=f"Title {uid}",
        description="",
        location="Rome",
        starts_at=at + timedelta(days=2),
        ends_at=None,
        all_day=False,
        time_zone="Europe/Rome",
        is_cancelled=False,
    )
    return replace(entry, **fields)


def calendar_of(*entries: CalendarEntry, name: str = "Team") -> CalendarFile:
    items = [
        CalendarItem(line, uid=entry.uid, summary=entry.headline, entry=entry)
        for line, entry in enumerate(entries, start=1)
    ]
    return CalendarFile(items, name=name)


def numbered(count: int, at: datetime, **fields: Any) -> CalendarFile:
    """Return a calendar with this many events."""
    return calendar_of(*(calendar_entry(f"{number:04}", at, **fields) for number in range(count)))


def planned_import(
    user: User, *, at: datetime, calendar: CalendarFile | None = None, state: str = "private"
) -> CalendarImport:
    """Store an import of the user's, of a calendar with one event unless another one is given."""
    return store_import(calendar or numbered(1, at), actor=user, at=at, file_name="team.ics", state=state)


def ics(*events: str, name: str = "Team") -> bytes:
    """Return a file with events, each given as its content lines apart from the UID, which is its number."""
    blocks = [f"BEGIN:VEVENT\nUID:{number}\n{lines}\nEND:VEVENT\n" for number, lines in enumerate(events)]
    return f"BEGIN:VCALENDAR\nX-WR-CALNAME:{name}\n{''.join(blocks)}END:VCALENDAR\n".encode()
