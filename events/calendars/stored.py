"""Calendar files that were read, as objects that JSON can represent: `reader` receives one, and others are stored."""

from datetime import datetime
from typing import Any

from events.calendars.contents import CalendarEntry, CalendarFile, CalendarItem

# The exceptions that an object of another form can cause.
OTHER_FORM = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


def calendar_as_json(calendar: CalendarFile) -> dict[str, Any]:
    """Return a calendar as an object that JSON can represent."""
    return {**vars(calendar), "items": [_item_as_json(item) for item in calendar.items]}


def calendar_from_json(found: dict[str, Any]) -> CalendarFile:
    """Return the calendar that `calendar_as_json` has represented.

    Raises:
        one of OTHER_FORM: it has not represented this.
    """
    items = [_item_from_json(item) for item in found["items"]]
    return CalendarFile(**{**found, "items": items, "remarks": tuple(found["remarks"])})


def _item_as_json(item: CalendarItem) -> dict[str, Any]:
    if item.entry is None:
        return vars(item)
    times = {"starts_at": item.entry.starts_at, "ends_at": item.entry.ends_at}
    moments = {name: moment.isoformat() if moment else None for name, moment in times.items()}
    return {**vars(item), "entry": {**vars(item.entry), **moments}}


def _item_from_json(found: dict[str, Any]) -> CalendarItem:
    """Return the item that an object of the calendar's `items` represents.

    Raises:
        one of OTHER_FORM: it is no such object.
    """
    entry = found["entry"]
    if entry is None:
        return CalendarItem(**found)
    moments = {name: datetime.fromisoformat(entry[name]) if entry[name] else None for name in ("starts_at", "ends_at")}
    return CalendarItem(**{**found, "entry": CalendarEntry(**{**entry, **moments, "remarks": tuple(entry["remarks"])})})
