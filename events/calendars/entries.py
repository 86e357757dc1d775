"""Turn the components of a calendar file into entries from which events can be created.

A component that cannot be turned into an entry has a reason instead.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from icalendar import Component
from icalendar.prop import vBroken

from config.errors import Refusal
from events.calendars.files import Block, read_blocks
from events.calendars.zones import CalendarZones, Moment, known_zone
from events.exceptions import InvalidCalendar, InvalidEntry, TimeOutOfRange
from events.local_time import day_start

MAX_COMPONENTS = 20_000
# Found in the library's error about a line that it cannot read, because the error quotes the line.
UNREADABLE_CLASS = re.compile(r"'\W*CLASS\b", re.IGNORECASE)


@dataclass(frozen=True)
class CalendarEntry:
    """One event of a calendar file. Times are aware, in UTC; `time_zone` is the one in which the event is shown."""

    uid: str
    headline: str
    description: str
    location: str
    starts_at: datetime
    ends_at: datetime | None
    all_day: bool
    time_zone: str
    is_cancelled: bool
    is_private: bool = False
    # What people should know about how the component was read, such as what was left out or guessed.
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class CalendarItem:
    """One component of a calendar file, with an entry or with the reason why there is none."""

    line: int
    uid: str = ""
    summary: str = ""
    entry: CalendarEntry | None = None
    reason: str = ""

    def __str__(self) -> str:
        summary = f"“{self.summary}”" if self.summary else ""
        uid = f"UID {self.uid}" if self.uid else ""
        return ", ".join(filter(None, [f"line {self.line}", summary, uid]))


def parse_calendar(content: bytes, *, default_zone: ZoneInfo) -> list[CalendarItem]:
    """Return the components of a file in order, except time zone definitions, which are only used to read the others.

    This function does not limit time and memory; `read_calendar` limits both.

    Days, and times without a time zone, are in the calendar's own time zone, or in `default_zone` if it has none. Among
    components with the same UID, only one becomes an entry: the component of a whole series is preferred to those of
    single occurrences, then the highest SEQUENCE, then the first in the file.

    Raises:
        InvalidCalendar: the file is not UTF-8, is not iCalendar, is truncated, or has more than `MAX_COMPONENTS`.
    """
    calendars = read_blocks(content)
    if sum(1 + len(calendar.blocks) for calendar in calendars) > MAX_COMPONENTS:
        raise InvalidCalendar(
            _("A calendar can have up to %(limit)s entries.")
            % {"limit": number_format(MAX_COMPONENTS, force_grouping=True)}
        )
    found = [each for calendar in calendars for each in _components(calendar, default_zone)]
    chosen: dict[str, _Event] = {}
    for each in found:
        if isinstance(each, _Event) and (each.uid not in chosen or each.rank < chosen[each.uid].rank):
            chosen[each.uid] = each
    return [each.read(is_chosen=chosen[each.uid] is each) if isinstance(each, _Event) else each for each in found]


def _components(calendar: Block, default_zone: ZoneInfo) -> "Iterator[CalendarItem | _Event]":
    """Yield the components of a calendar: events, which are still to be read, and items for what cannot be imported.

    Raises:
        InvalidCalendar: the calendar's own properties cannot be read.
    """
    try:
        properties = calendar.parse()
    except InvalidEntry as error:
        raise InvalidCalendar(str(error)) from error
    zones = CalendarZones(
        known_zone(_text(properties, "X-WR-TIMEZONE")),
        default_zone=default_zone,
        definitions=[block for block in calendar.blocks if block.name == "VTIMEZONE"],
    )
    is_cancelled = _text(properties, "METHOD").upper() == "CANCEL"
    for block in calendar.blocks:
        if block.name == "VEVENT":
            try:
                yield _Event(block.line, block.parse(), zones, is_calendar_cancelled=is_cancelled)
            except InvalidEntry as error:
                yield CalendarItem(block.line, reason=str(error))
        elif block.name != "VTIMEZONE":
            yield CalendarItem(block.line, reason=f"This is a {block.name}, not an event.")


@dataclass(frozen=True)
class _Times:
    starts_at: datetime
    ends_at: datetime | None
    zone: ZoneInfo
    remark: str = ""


@dataclass(frozen=True)
class _Event:
    """A VEVENT, together with what is needed to read it."""

    line: int
    component: Component
    zones: CalendarZones
    is_calendar_cancelled: bool

    @property
    def uid(self) -> str:
        return _text(self.component, "UID").strip()

    @property
    def is_single_occurrence(self) -> bool:
        return "RECURRENCE-ID" in self.component

    @property
    def rank(self) -> tuple[bool, int]:
        """The precedence among components with the same UID; the smallest becomes an entry."""
        sequence = self.component.get("SEQUENCE", 0)
        return self.is_single_occurrence, -sequence if isinstance(sequence, int) else 0

    def read(self, *, is_chosen: bool) -> CalendarItem:
        summary = " ".join(_text(self.component, "SUMMARY").split())
        entry, reason = None, ""
        try:
            if not self.uid:
                # A digest of the content could replace the UID only until the first edit. The next import would then
                # post the event a second time.
                raise InvalidEntry("It has no UID, so a later import couldn’t recognise it.")
            if not is_chosen and self.is_single_occurrence:
                raise InvalidEntry(
                    "It changes one occurrence of a recurring event; only the first occurrence is imported."
                )
            if not is_chosen:
                raise InvalidEntry("The file has another version of this event, with the same UID.")
            entry = self._entry()
        except Refusal as refusal:
            reason = str(refusal)
        return CalendarItem(line=self.line, uid=self.uid, summary=summary, entry=entry, reason=reason)

    def _entry(self) -> CalendarEntry:
        """Return the entry of this component.

        Raises:
            InvalidEntry, TimeOutOfRange
        """
        start = _day_or_time(self.component, "DTSTART")
        if start is None:
            raise InvalidEntry("It has no DTSTART.")
        times = self._times(start) if isinstance(start, datetime) else self._days(start)
        remarks = [times.remark] if times.remark else []
        if "RRULE" in self.component or "RDATE" in self.component:
            remarks.append("This event recurs; only its first occurrence is imported.")
        if any(name is None for name, _error in self.component.errors):
            remarks.append("A line that can’t be read was left out.")
        private_class = _private_class(self.component)
        if private_class is not None:
            remarks.append(_("Its CLASS is “%(name)s”, so it isn’t public here.") % {"name": private_class})
        return CalendarEntry(
            uid=self.uid,
            headline=_text(self.component, "SUMMARY"),
            description=_description(self.component),
            location=_text(self.component, "LOCATION"),
            starts_at=times.starts_at,
            ends_at=times.ends_at,
            all_day=not isinstance(start, datetime),
            time_zone=times.zone.key,
            is_cancelled=self.is_calendar_cancelled or _text(self.component, "STATUS").upper() == "CANCELLED",
            is_private=private_class is not None,
            remarks=tuple(remarks),
        )

    def _days(self, first: date) -> _Times:
        """Return the times of an all-day event. Its end is exclusive.

        Without an end, or with one that equals the start, the event has the length of its DURATION, or one day if there
        is none. A DURATION is rounded up to whole days.

        Raises:
            InvalidEntry, TimeOutOfRange
        """
        end = _day_or_time(self.component, "DTEND")
        if isinstance(end, datetime):
            raise InvalidEntry("DTSTART is a date, but DTEND has a time.")
        if end is None or end == first:
            length = _duration(self.component) or timedelta(days=1)
            end = _shifted(first, timedelta(days=math.ceil(length / timedelta(days=1))))
        zone = self.zones.floating
        return _Times(day_start(first, zone), day_start(end, zone, field="ends_at"), zone)

    def _times(self, start: datetime) -> _Times:
        """Return the times of an event with a time of day. An end that equals the start counts as no end.

        The days of a DURATION are calendar days in local time, the rest of it is elapsed time (RFC 5545, 3.3.6).

        Raises:
            InvalidEntry, TimeOutOfRange
        """
        end, duration = _day_or_time(self.component, "DTEND"), _duration(self.component)
        starts = self._moment(start, "DTSTART")
        ends_at = None
        if isinstance(end, datetime):
            ends_at = self._moment(end, "DTEND").instant
        elif end is not None:
            raise InvalidEntry("DTSTART has a time, but DTEND is a date.")
        elif duration is not None:
            same_hour = _shifted(start, timedelta(days=duration.days))
            ends_at = _shifted(self._moment(same_hour, "DTSTART").instant, timedelta(seconds=duration.seconds))
        return _Times(starts.instant, ends_at if ends_at != starts.instant else None, starts.zone, starts.remark)

    def _moment(self, value: datetime, name: str) -> Moment:
        return self.zones.read(value, tzid=self.component[name].params.get("TZID"))


def _description(component: Component) -> str:
    """Return the description, followed by the event's URL unless the description contains it."""
    description, url = _text(component, "DESCRIPTION").strip(), _text(component, "URL").strip()
    return "\n\n".join(filter(None, [description, url if url not in description else ""]))


def _private_class(component: Component) -> str | None:
    """Return the CLASS that makes the event private, or None if the event is public.

    An unknown CLASS counts as PRIVATE (RFC 5545, 3.8.1.3). So does one whose line cannot be read; its name is "".
    """
    if any(name is None and UNREADABLE_CLASS.search(error) for name, error in component.errors):
        return ""
    found = component.get("CLASS", [])
    names = [str(name).strip() for name in (found if isinstance(found, list) else [found])]
    return next((name for name in names if name.upper() != "PUBLIC"), None)


def _text(component: Component, name: str) -> str:
    """Return a text property: the first one if there are several, "" if there is none."""
    found = component.get(name, "")
    return str(found[0] if isinstance(found, list) else found)


def _single(component: Component, name: str) -> Any:
    """Return a property, or None if there is none.

    Raises:
        InvalidEntry: the property appears more than once.
    """
    found = component.get(name)
    if isinstance(found, list):
        raise InvalidEntry(f"{name} appears {len(found)} times.")
    return found


def _day_or_time(component: Component, name: str) -> date | None:
    """Return a DATE as a date or a DATE-TIME as a datetime, or None if there is none.

    Raises:
        InvalidEntry
    """
    found = _single(component, name)
    if found is None:
        return None
    if isinstance(found, vBroken):
        raise InvalidEntry(f"{name} can’t be read: {found}")
    value = getattr(found, "dt", None)
    if not isinstance(value, date):
        raise InvalidEntry(f"{name} is neither a date nor a date with a time.")
    # Some calendars write a DATE with a TZID, although RFC 5545 forbids it (3.2.19). The library reads it as midnight.
    return value.date() if isinstance(value, datetime) and found.params.get("VALUE") == "DATE" else value


def _duration(component: Component) -> timedelta | None:
    """Return the DURATION, or None if there is none.

    Raises:
        InvalidEntry
    """
    found = _single(component, "DURATION")
    if isinstance(found, vBroken) or not isinstance(getattr(found, "dt", None), timedelta | None):
        raise InvalidEntry(f"DURATION can’t be read: {found}")
    return found.dt if found is not None else None


def _shifted(moment: Any, by: timedelta) -> Any:
    """Return a day or a time, later by the given duration.

    Raises:
        TimeOutOfRange
    """
    try:
        return moment + by
    except OverflowError as error:
        raise TimeOutOfRange(field="ends_at") from error
