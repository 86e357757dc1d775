"""Read when the event of a component takes place."""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from icalendar import Component

from events.calendars.values import day_or_time, duration_of, text_of
from events.calendars.zones import NAME_LIMIT, CalendarZones, Moment, iana_zone
from events.exceptions import InvalidEntry, TimeOutOfRange
from events.local_time import day_start

# The property of an event that names the IANA time zone in which it is shown, and in which its whole days are meant.
OWN_ZONE = "X-EVENT-TIME-ZONE"


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
    shown, remark = _own_zone(component)
    if isinstance(start, datetime):
        times = _times(component, start, zones)
        times = replace(times, zone=shown or times.zone)
    else:
        times = _days(component, start, shown or zones.floating)
    return replace(times, remarks=tuple(filter(None, [remark, *times.remarks])))


def _own_zone(component: Component) -> tuple[ZoneInfo | None, str]:
    """Return the time zone in which the event is shown according to itself, and a remark if there is no such zone.

    Calendars that this site writes have instants in UTC, and this property beside them.
    """
    name = text_of(component, OWN_ZONE).strip()
    if not name:
        return None, ""
    if zone := iana_zone(name):
        return zone, ""
    return None, _("Its time zone “%(name)s” is unknown and was ignored.") % {"name": Truncator(name).chars(NAME_LIMIT)}


def _days(component: Component, first: date, zone: ZoneInfo) -> Times:
    """Return the times of an all-day event in the time zone. Its end is exclusive.

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
