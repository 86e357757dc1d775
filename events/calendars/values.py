"""Read single properties of a component, whatever the file contains in their place."""

from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Component
from icalendar.prop import vBroken

from events.exceptions import InvalidEntry


def text_of(component: Component, name: str) -> str:
    """Return a text property: the first one if there are several, "" if there is none."""
    found = component.get(name, "")
    return str(found[0] if isinstance(found, list) else found)


def single(component: Component, name: str) -> Any:
    """Return a property, or None if there is none.

    Raises:
        InvalidEntry: the property appears more than once.
    """
    found = component.get(name)
    if isinstance(found, list):
        raise InvalidEntry(f"{name} appears {len(found)} times.")
    return found


def day_or_time(component: Component, name: str) -> date | None:
    """Return a DATE as a date or a DATE-TIME as a datetime, or None if there is none.

    Raises:
        InvalidEntry
    """
    found = single(component, name)
    if found is None:
        return None
    if isinstance(found, vBroken):
        raise InvalidEntry(f"{name} can’t be read: {found}")
    value = getattr(found, "dt", None)
    if not isinstance(value, date):
        raise InvalidEntry(f"{name} is neither a date nor a date with a time.")
    # Some calendars write a DATE with a TZID, although RFC 5545 forbids it (3.2.19). The library reads it as midnight.
    return value.date() if isinstance(value, datetime) and found.params.get("VALUE") == "DATE" else value


def duration_of(component: Component) -> timedelta | None:
    """Return the DURATION, or None if there is none.

    Raises:
        InvalidEntry
    """
    found = single(component, "DURATION")
    if isinstance(found, vBroken) or not isinstance(getattr(found, "dt", None), timedelta | None):
        raise InvalidEntry(f"DURATION can’t be read: {found}")
    return found.dt if found is not None else None
