"""Turn the components of a calendar file into entries from which events can be created.

A component that cannot be turned into an entry has a reason instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from icalendar import Component

from config.errors import Refusal
from events.calendars.files import Block, read_blocks
from events.calendars.series import Outcome, Reading, Version, read_series
from events.calendars.texts import PRODUCT, description_of, own_description_of, private_class_of
from events.calendars.values import text_of
from events.calendars.zone_names import guessed_zone, known_zone
from events.calendars.zones import CalendarZones
from events.exceptions import InvalidCalendar, InvalidEntry

MAX_COMPONENTS = 20_000


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
    # RFC 5545's SEQUENCE: a later version of an event has a greater one.
    sequence: int = 0
    # How the event recurs, in words; empty if it does not. The times are those of its first occurrence.
    recurrence: str = ""
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
    # Whether the component is an event; also if it can't be read.
    is_event: bool = True

    def __str__(self) -> str:
        summary = f"“{self.summary}”" if self.summary else ""
        uid = f"UID {self.uid}" if self.uid else ""
        return ", ".join(filter(None, [f"line {self.line}", summary, uid]))


@dataclass(frozen=True)
class CalendarFile:
    """What a calendar file contains."""

    # The components in order, except time zone definitions, which are only used to read the others.
    items: list[CalendarItem]
    # The calendar's own name (X-WR-CALNAME); empty if it has none.
    name: str = ""
    # What people should know about how the file as a whole was read.
    remarks: tuple[str, ...] = ()
    # Whether the file has an end. If it is cut off, nobody knows which events it lacks.
    is_complete: bool = True


def parse_calendar(content: bytes, *, default_zone: ZoneInfo) -> CalendarFile:
    """Return what a calendar file contains.

    This function does not limit time and memory; `read_calendar` limits both.

    Days, and times without a time zone, are in the calendar's own time zone, or in `default_zone` if it has none. How
    components with the same UID are read together, `events.calendars.series` says.

    Raises:
        InvalidCalendar: the file is not UTF-8, is not iCalendar, is truncated, or has more than `MAX_COMPONENTS`.
    """
    calendars = [_Calendar.of(block, default_zone) for block in read_blocks(content)]
    if sum(1 + len(calendar.blocks) for calendar in calendars) > MAX_COMPONENTS:
        raise InvalidCalendar(
            _("A calendar can have up to %(limit)s entries.")
            % {"limit": number_format(MAX_COMPONENTS, force_grouping=True)}
        )
    found = [each for calendar in calendars for each in calendar.components()]
    by_uid: dict[str, list[_Event]] = {}
    for each in found:
        if isinstance(each, _Event):
            by_uid.setdefault(each.uid, []).append(each)
    outcomes = {event: outcome for events in by_uid.values() for event, outcome in read_series(events).items()}
    items = [each.read(outcomes[each]) if isinstance(each, _Event) else each for each in found]
    return CalendarFile(items, name=next((calendar.name for calendar in calendars if calendar.name), ""))


@dataclass(frozen=True)
class _Calendar:
    """A VCALENDAR: its own properties, and its components as blocks."""

    properties: Component
    blocks: list[Block]
    zones: CalendarZones

    @classmethod
    def of(cls, block: Block, default_zone: ZoneInfo) -> "_Calendar":
        """Read the calendar's own properties and its time zones.

        Raises:
            InvalidCalendar: the properties cannot be read.
        """
        try:
            properties = block.parse()
        except InvalidEntry as error:
            raise InvalidCalendar(str(error)) from error
        name = text_of(properties, "X-WR-TIMEZONE")
        zones = CalendarZones(
            known_zone(name) or guessed_zone(name),
            default_zone=default_zone,
            definitions=[each for each in block.blocks if each.name == "VTIMEZONE"],
        )
        return cls(properties, block.blocks, zones)

    @property
    def name(self) -> str:
        return " ".join(text_of(self.properties, "X-WR-CALNAME").split())

    def components(self) -> "Iterator[CalendarItem | _Event]":
        """Yield events, which are still to be read, and items for what cannot be imported."""
        is_cancelled = text_of(self.properties, "METHOD").upper() == "CANCEL"
        is_own = text_of(self.properties, "PRODID") == PRODUCT
        for block in self.blocks:
            if block.name == "VEVENT":
                try:
                    yield _Event(
                        block.line,
                        block.parse(),
                        self.zones,
                        is_calendar_cancelled=is_cancelled,
                        is_calendar_own=is_own,
                    )
                except InvalidEntry as error:
                    yield CalendarItem(block.line, reason=str(error))
            elif block.name != "VTIMEZONE":
                yield CalendarItem(block.line, reason=f"This is a {block.name}, not an event.", is_event=False)


@dataclass(frozen=True, eq=False)
class _Event(Version):
    """A VEVENT, which becomes an item."""

    # Whether this site, or another one that runs the same program, has written the calendar.
    is_calendar_own: bool

    @property
    def uid(self) -> str:
        return text_of(self.component, "UID").strip()

    def read(self, outcome: Outcome) -> CalendarItem:
        summary = " ".join(text_of(self.component, "SUMMARY").split())
        entry, reason = None, ""
        try:
            if not self.uid:
                # A digest of the content could replace the UID only until the first edit. The next import would then
                # post the event a second time.
                raise InvalidEntry("It has no UID, so a later import couldn’t recognise it.")
            if isinstance(outcome, Refusal):
                raise outcome
            # The texts are those of the component that changes the first date, if one does.
            entry = replace(self, component=outcome.component)._entry(outcome)
        except Refusal as refusal:
            reason = str(refusal)
        return CalendarItem(line=self.line, uid=self.uid, summary=summary, entry=entry, reason=reason)

    def _entry(self, reading: Reading) -> CalendarEntry:
        """Return the entry of this component."""
        times = reading.times
        remarks = [*reading.remarks]
        if any(name is None for name, _error in self.component.errors):
            remarks.append("A line that can’t be read was left out.")
        classes = map(private_class_of, (reading.component, reading.whole))
        private_class = next((each for each in classes if each is not None), None)
        if private_class is not None:
            remarks.append(_("Its CLASS is “%(name)s”, so it isn’t public here.") % {"name": private_class})
        describe = own_description_of if self.is_calendar_own else description_of
        return CalendarEntry(
            uid=" ".join(filter(None, [self.uid, reading.key])),
            headline=text_of(self.component, "SUMMARY"),
            description=describe(self.component),
            location=text_of(self.component, "LOCATION"),
            starts_at=times.starts_at,
            ends_at=times.ends_at,
            all_day=times.all_day,
            time_zone=times.zone.key,
            is_cancelled=self.is_cancelled,
            is_private=private_class is not None,
            sequence=reading.sequence,
            recurrence=reading.recurrence,
            remarks=tuple(remarks),
        )
