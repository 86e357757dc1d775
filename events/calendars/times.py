"""Read when the event of a component takes place."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Component

from events.calendars.values import day_or_time, duration_of
from events.calendars.zones import CalendarZones, Moment
from events.exceptions import InvalidEntry, TimeOutOfRange
from events.local_time import day_start


@dataclass(frozen=True)
class Times:
    """When an event takes place: instants in UTC, and the time zone in which they are shown."""

    starts_at: datetime
    ends_at: datetime | None
    zone: ZoneInfo
    all_day: bool
    # What people should know about how the times were read.
    remarks: tuple[str, ...] = ()


def times_of(component: Component, zones: CalendarZones) -> Times:
    """Return the times of a component.

    Raises:
        InvalidEntry, TimeOutOfRange
    """
    start = day_or_time(component, "DTSTART")
    if start is None:
        raise InvalidEntry("It has no DTSTART.")
    return _times(component, start, zones) if isinstance(start, datetime) else _days(component, start, zones)


def _days(component: Component, first: date, zones: CalendarZones) -> Times:
    """Return the times of an all-day event. Its end is exclusive.

    Without an end, or with one that equals the start, the event has the length of its DURATION, or one day if there
    is none. A DURATION is rounded up to whole days.

    Raises:
        InvalidEntry, TimeOutOfRange
    """
    end = day_or_time(component, "DTEND")
    if isinstance(end, datetime):
        raise InvalidEntry("DTSTART is a date, but DTEND has a time.")
    if end is None or end == first:
        length = duration_of(component) or timedelta(days=1)
        end = _shifted(first, timedelta(days=math.ceil(length / timedelta(days=1))))
    zone = zones.floating
    return Times(day_start(first, zone), day_start(end, zone, field="ends_at"), zone, all_day=True)


def _times(component: Component, start: datetime, zones: CalendarZones) -> Times:
    """Return the times of an event with a time of day. An end that equals the start counts as no end.

    The days of a DURATION are calendar days in local time, the rest of it is elapsed time (RFC 5545, 3.3.6).

    Raises:
        InvalidEntry, TimeOutOfRange
    """
    end, duration = day_or_time(component, "DTEND"), duration_of(component)
    starts = _moment(component, zones, start, "DTSTART")
    ends_at = None
    if isinstance(end, datetime):
        ends_at = _moment(component, zones, end, "DTEND").instant
    elif end is not None:
        raise InvalidEntry("DTSTART has a time, but DTEND is a date.")
    elif duration is not None:
        same_hour = _shifted(start, timedelta(days=duration.days))
        ends_at = _shifted(_moment(component, zones, same_hour, "DTSTART").instant, timedelta(seconds=duration.seconds))
    if ends_at == starts.instant:
        ends_at = None
    return Times(starts.instant, ends_at, starts.zone, all_day=False, remarks=tuple(filter(None, [starts.remark])))


def _moment(component: Component, zones: CalendarZones, value: datetime, name: str) -> Moment:
    return zones.read(value, tzid=component[name].params.get("TZID"))


def _shifted(moment: Any, by: timedelta) -> Any:
    """Return a day or a time, later by the given duration.

    Raises:
        TimeOutOfRange
    """
    try:
        return moment + by
    except OverflowError as error:
        raise TimeOutOfRange(field="ends_at") from error
