"""Read when the event of a component takes place."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Component

from config.errors import Refusal
from events.calendars.marks import OWN_ZONE
from events.calendars.structure.properties import written
from events.calendars.structure.values import text_of
from events.calendars.timing.dates import Length, Written, quoted, read_date, read_duration
from events.calendars.timing.zone_names import iana_zone
from events.calendars.timing.zones import CalendarZones, Moment, instant_of_local
from events.exceptions import InvalidEntry, TimeOutOfRange
from events.local_time import day_start

ONE_DAY = Length(1)
Day = TypeVar("Day", date, datetime)


@dataclass(frozen=True)
class Times:
    """When an event takes place: instants in UTC, and the time zone in which they are shown."""

    starts_at: datetime
    ends_at: datetime | None
    zone: ZoneInfo
    # The first day, or the local time of the start in `rules`, the time zone in which the event recurs.
    start: date
    rules: tzinfo
    # How long it takes; None if there is no end.
    length: Length | None
    # Whether the calendar does not say in which time zone, so that the instants depend on the default one.
    is_floating: bool = False
    # What people should know about how the times were read.
    remarks: tuple[str, ...] = ()

    @property
    def all_day(self) -> bool:
        return not isinstance(self.start, datetime)

    def moved(self, start: date) -> "Times":
        """Return the times of an occurrence that starts on another day or at another local time.

        Raises:
            TimeOutOfRange
        """
        if not isinstance(start, datetime):
            length = self.length or ONE_DAY
            days = length.days - (-length.rest // timedelta(days=1))  # a part of a day counts as a day
            ends_at = day_start(_later(start, timedelta(days=max(1, days))), self.zone, field="ends_at")
            return replace(self, starts_at=day_start(start, self.zone), ends_at=ends_at, start=start)
        starts_at = _instant(start, self.rules)
        ends_at = starts_at
        if self.length is not None:
            same_hour = _later(start, timedelta(days=self.length.days))
            ends_at = _later(_instant(same_hour, self.rules), self.length.rest)
        return replace(self, starts_at=starts_at, ends_at=ends_at if ends_at != starts_at else None, start=start)


def times_of(component: Component, zones: CalendarZones) -> Times:
    """Return the times of a component.

    An end that can't be read, or that is before the start, is left out with a remark. An all-day event then has one
    day.

    Raises:
        InvalidEntry, TimeOutOfRange
    """
    found, remarks = required_date(component, "DTSTART")
    event_zone, zone_remark = _own_zone(component)
    remarks += zone_remark
    if found.time_of_day is not None:
        moment = zones.read(found, event_zone=event_zone)
        remarks += [moment.remark]
        times = Times(
            moment.instant,
            ends_at=None,
            zone=moment.zone,
            start=moment.local,
            rules=moment.rules,
            length=None,
            is_floating=moment.is_floating,
        )
        length, end_remarks = _length(component, moment, zones, event_zone)
    else:
        zone = event_zone or zones.floating
        is_floating = zones.is_default_zone_used and not event_zone
        times = Times(
            day_start(found.day, zone),
            ends_at=None,
            zone=zone,
            start=found.day,
            rules=zone,
            length=ONE_DAY,
            is_floating=is_floating,
        )
        length, end_remarks = _days(component, times, zones)
    times = replace(times, length=length)
    try:
        moved = times.moved(times.start)
        times = replace(times, ends_at=moved.ends_at)
    except TimeOutOfRange:
        if times.all_day:
            raise
        times, end_remarks = replace(times, length=None), [_("Its end is out of range and was left out.")]
    return replace(times, remarks=tuple(dict.fromkeys(filter(None, [*remarks, *end_remarks]))))


def required_date(component: Component, name: str) -> tuple[Written, list[str]]:
    """Return what a DATE or DATE-TIME property says, and remarks about how it was read.

    Raises:
        InvalidEntry: there is none, or it can't be read.
        TimeOutOfRange
    """
    try:
        found, remarks = _first_date(component, name)
    except InvalidEntry as error:
        raise InvalidEntry(
            _("The date in %(name)s can’t be read: %(reason)s") % {"name": name, "reason": str(error)}
        ) from error
    if found is None:
        raise InvalidEntry(_("It has no start (%(name)s).") % {"name": name})
    return found, remarks


def _first_date(component: Component, name: str) -> tuple[Written | None, list[str]]:
    """Return what a DATE or DATE-TIME property says, and remarks about how it was read; None if there is none.

    Raises:
        InvalidEntry, TimeOutOfRange
    """
    found = written(component, name)
    if not found:
        return None, []
    text, parameters = found[0]
    date_or_time = read_date(text, parameters)
    remarks = []
    if len(found) > 1:
        remarks.append(_("%(name)s appears more than once; the first one counts.") % {"name": name})
    if date_or_time.is_unusual:
        remarks.append(
            _("The date in %(name)s is written in an unusual way, “%(text)s”; please check it.")
            % {"name": name, "text": quoted(text)}
        )
    return date_or_time, remarks


def _own_zone(component: Component) -> tuple[ZoneInfo | None, list[str]]:
    """Return the time zone in which the event is shown according to itself, and a remark if there is no such zone.

    Calendars that this site writes have instants in UTC, and this property beside them.
    """
    name = text_of(component, OWN_ZONE).strip()
    zone = iana_zone(name)
    if not name or zone:
        return zone, []
    return None, [_("Its time zone “%(name)s” is unknown and was ignored.") % {"name": quoted(name)}]


def _days(component: Component, times: Times, zones: CalendarZones) -> tuple[Length, list[str]]:
    """Return how many days an all-day event takes, and remarks. Its end is exclusive.

    Without an end, or with one that equals the start, the event has the length of its DURATION, or one day if there
    is none. A DURATION is rounded up to whole days. A time at its end counts as that day, unless it is midnight.
    """
    end, remarks = _end(component)
    if end and end.time_of_day is not None:
        remarks.append(_("Its start is a date, but its end has a time; it was read as whole days."))
        # A time in UTC is on the day that it is in the time zone of the event.
        local = zones.read(end).instant.astimezone(times.zone) if end.offset is not None else end.local
        last = local.date() - timedelta(days=local.time() == time.min)
        return Length(max(1, (last - times.start).days + 1)), remarks
    if end and end.day < times.start:
        return ONE_DAY, [*remarks, _("Its end is before its start and was left out.")]
    if end and end.day > times.start:
        return Length((end.day - times.start).days), remarks
    duration, duration_remarks = _duration(component)
    return duration or ONE_DAY, remarks + duration_remarks


def _length(
    component: Component, start: Moment, zones: CalendarZones, event_zone: ZoneInfo | None
) -> tuple[Length | None, list[str]]:
    """Return how long an event with a time of day takes, and remarks. An end that equals the start counts as no end."""
    end, remarks = _end(component)
    if end is None:
        length, duration_remarks = _duration(component)
        return length, remarks + duration_remarks
    try:
        if end.time_of_day is None:
            return _length_until(day_start(end.day, start.zone), start, remarks)
        found = zones.read(end, event_zone=event_zone)
    except TimeOutOfRange:
        return None, [*remarks, _("Its end is out of range and was left out.")]
    if found.instant < start.instant:
        return None, [*remarks, found.remark, _("Its end is before its start and was left out.")]
    return Length(0, found.instant - start.instant), [*remarks, found.remark]


def _length_until(midnight: datetime, start: Moment, remarks: list[str]) -> tuple[Length | None, list[str]]:
    if midnight <= start.instant:
        return None, [*remarks, _("Its end is a date without a time and was left out.")]
    remark = _("Its end is a date without a time, so it ends when that day begins.")
    return Length(0, midnight - start.instant), [*remarks, remark]


def _end(component: Component) -> tuple[Written | None, list[str]]:
    try:
        return _first_date(component, "DTEND")
    except (InvalidEntry, TimeOutOfRange) as error:
        return None, [_left_out(error)]


def _duration(component: Component) -> tuple[Length | None, list[str]]:
    found = written(component, "DURATION")
    try:
        return read_duration(found[0][0]) if found else None, []
    except InvalidEntry as error:
        return None, [_left_out(error)]


def _left_out(error: Refusal) -> str:
    return _("Its end was left out: %(reason)s") % {"reason": str(error)}


def _instant(local: datetime, rules: tzinfo) -> datetime:
    """Return the instant of a local time.

    Raises:
        TimeOutOfRange
    """
    try:
        return instant_of_local(local, rules)
    except OverflowError as error:
        raise TimeOutOfRange(field="ends_at") from error


def _later(moment: Day, by: timedelta) -> Day:
    """Return a day or a time, later by the given duration.

    Raises:
        TimeOutOfRange
    """
    try:
        return moment + by
    except OverflowError as error:
        raise TimeOutOfRange(field="ends_at") from error
