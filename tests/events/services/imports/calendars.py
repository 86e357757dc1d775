"""Calendar files as the reader returns them, and importing them."""

from dataclasses import replace
from typing import Any

from events.calendars import CalendarEntry, CalendarFile
from events.services import Imported, ItemResult, import_items
from tests.events import uploads

CALENDAR = "Work"


def calendar_of(*entries: CalendarEntry, **options: Any) -> CalendarFile:
    """Return a calendar with these entries, one a line."""
    return replace(uploads.calendar_of(*entries, name=CALENDAR), **options)


def import_all(*entries: CalendarEntry, **options: Any) -> list[ItemResult]:
    """Import the entries of one calendar."""
    return import_items(calendar_of(*entries).items, **{"calendar": CALENDAR} | options)


def import_one(entry: CalendarEntry, **options: Any) -> ItemResult:
    [result] = import_all(entry, **options)
    return result


def import_event(entry: CalendarEntry, **options: Any) -> Imported:
    """Import one entry and return what was done with it."""
    return import_one(entry, **options).outcome
