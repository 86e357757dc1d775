"""From the components of a calendar file to entries that make events, or the reasons why they make none."""

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
# In what the library says of a line, which it quotes.
UNREADABLE_CLASS = re.compile(r"'\W*CLASS\b", re.IGNORECASE)


@dataclass(frozen=True)
class CalendarEntry:
    """One event of a calendar file. Times are aware UTC; `time_zone` is the one that the event is shown in."""

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
    # What the reader made of it that the file does not say, for people.
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class CalendarItem:
    """One component of a calendar file: an entry, or the reason why it is none."""

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
    """Return what a file holds, in its order; time zone definitions are used, not returned.

    Time and memory are not limited here; `read_calendar` limits both.

    Days and clock times without a zone are in the calendar's own, or else in `default_zone`. A UID counts once: of its
    components the one of the whole series before those of single occurrences, then the one with the highest SEQUENCE,
    then the first.

    Raises:
        InvalidCalendar: not UTF-8, not iCalendar, broken off, or more than `MAX_COMPONENTS`.
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
    """Raises: InvalidCalendar: the calendar's own properties cannot be read."""
    try:
        properties = calendar.parse()
    except InvalidEntry as error:
        raise InvalidCalendar(str(error)) from error
    clocks = CalendarZones(
        known_zone(_text(properties, "X-WR-TIMEZONE")),
        default_zone=default_zone,
        definitions=[block for block in calendar.blocks if block.name == "VTIMEZONE"],
    )
    is_cancelled = _text(properties, "METHOD").upper() == "CANCEL"
    for block in calendar.blocks:
        if block.name == "VEVENT":
            try:
                yield _Event(block.line, block.parse(), clocks, is_calendar_cancelled=is_cancelled)
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
    """A VEVENT, and what it takes to read it."""

    line: int
    component: Component
    clocks: CalendarZones
    is_calendar_cancelled: bool

    @property
    def uid(self) -> str:
        return _text(self.component, "UID").strip()

    @property
    def is_single_occurrence(self) -> bool:
        return "RECURRENCE-ID" in self.component

    @property
    def rank(self) -> tuple[bool, int]:
        """Which of the components with this UID counts: the smallest."""
        sequence = self.component.get("SEQUENCE", 0)
        return self.is_single_occurrence, -sequence if isinstance(sequence, int) else 0

    def read(self, *, is_chosen: bool) -> CalendarItem:
        summary = " ".join(_text(self.component, "SUMMARY").split())
        entry, reason = None, ""
        try:
            if not self.uid:
                # A digest of the content would serve until the first edit, which then makes a twin.
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
        """Raises: InvalidEntry, TimeOutOfRange."""
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
        """Read an all-day event: the end is exclusive, and a missing or empty one means one day.

        Raises:
            InvalidEntry, TimeOutOfRange
        """
        end = _day_or_time(self.component, "DTEND")
        if isinstance(end, datetime):
            raise InvalidEntry("DTSTART is a date, but DTEND has a time.")
        if end is None or end == first:
            length = _duration(self.component) or timedelta(days=1)
            end = _shifted(first, timedelta(days=math.ceil(length / timedelta(days=1))))
        zone = self.clocks.floating
        return _Times(day_start(first, zone), day_start(end, zone, field="ends_at"), zone)

    def _times(self, start: datetime) -> _Times:
        """Read an event with times: without an end, or with one at its start, it has none.

        Days of a DURATION are days on the clock, the rest of it is elapsed time (RFC 5545, 3.3.6).

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
        return self.clocks.read(value, tzid=self.component[name].params.get("TZID"))


def _description(component: Component) -> str:
    """Return the description, with the event's URL below it unless it is in there."""
    description, url = _text(component, "DESCRIPTION").strip(), _text(component, "URL").strip()
    return "\n\n".join(filter(None, [description, url if url not in description else ""]))


def _private_class(component: Component) -> str | None:
    """Return the CLASS that keeps the event from the public, or None if it is public.

    An unknown CLASS counts as PRIVATE (RFC 5545, 3.8.1.3), and so does one whose line cannot be read.
    """
    if any(name is None and UNREADABLE_CLASS.search(error) for name, error in component.errors):
        return ""
    found = component.get("CLASS", [])
    names = [str(name).strip() for name in (found if isinstance(found, list) else [found])]
    return next((name for name in names if name.upper() != "PUBLIC"), None)


def _text(component: Component, name: str) -> str:
    """Return a text property, of several the first, "" without any."""
    found = component.get(name, "")
    return str(found[0] if isinstance(found, list) else found)


def _single(component: Component, name: str) -> Any:
    """Return a property, None without it.

    Raises:
        InvalidEntry: it is there twice.
    """
    found = component.get(name)
    if isinstance(found, list):
        raise InvalidEntry(f"{name} appears {len(found)} times.")
    return found


def _day_or_time(component: Component, name: str) -> date | None:
    """Return a DATE or a DATE-TIME (a datetime), None without it.

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
    # A day with a TZID, which RFC 5545 forbids (3.2.19) and calendars write, the library reads as a midnight.
    return value.date() if isinstance(value, datetime) and found.params.get("VALUE") == "DATE" else value


def _duration(component: Component) -> timedelta | None:
    """Raises: InvalidEntry."""
    found = _single(component, "DURATION")
    if isinstance(found, vBroken) or not isinstance(getattr(found, "dt", None), timedelta | None):
        raise InvalidEntry(f"DURATION can’t be read: {found}")
    return found.dt if found is not None else None


def _shifted(moment: Any, by: timedelta) -> Any:
    """Return a day or a time that much later.

    Raises:
        TimeOutOfRange
    """
    try:
        return moment + by
    except OverflowError as error:
        raise TimeOutOfRange(field="ends_at") from error
