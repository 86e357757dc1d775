"""Turn the components of a calendar file into entries from which events can be created.

A component that cannot be turned into an entry has a reason instead.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from icalendar import Component
from icalendar.prop import vText

from config.errors import Refusal
from events.calendars.contents import CalendarEntry, CalendarFile, CalendarItem
from events.calendars.marks import PRODUCT
from events.calendars.recurring.series import NoDateLeft, Outcome, Reading, Version, read_series
from events.calendars.structure.blocks import Block, read_blocks
from events.calendars.structure.lines import Found, remarks_on
from events.calendars.structure.values import text_of
from events.calendars.texts.reading import Markup, TextReader, private_class_of, says_cancelled, shorten
from events.calendars.timing.zone_names import guessed_zone, known_zone
from events.calendars.timing.zones import CalendarZones
from events.exceptions import InvalidCalendar, InvalidEntry

MAX_COMPONENTS = 20_000
# Of titles and of names of components in a report.
MAX_NAME_LENGTH = 200


def parse_calendar(content: bytes, *, default_zone: ZoneInfo) -> CalendarFile:
    """Return what a calendar file contains.

    This function does not limit time and memory; `read_calendar` limits both.

    Days, and times without a time zone, are in the calendar's own time zone, or in `default_zone` if it has none. How
    components with the same UID are read together, `events.calendars.recurring.series` says.

    Raises:
        InvalidCalendar: the file is not iCalendar, or has more than `MAX_COMPONENTS`.
    """
    structure = read_blocks(content)
    if sum(1 + len(calendar.blocks) for calendar in structure.calendars) > MAX_COMPONENTS:
        raise InvalidCalendar(
            _("A calendar can have up to %(limit)s entries.")
            % {"limit": number_format(MAX_COMPONENTS, force_grouping=True)}
        )
    markup = Markup()
    calendars = [_Calendar.of(block, default_zone, markup) for block in structure.calendars]
    found = [each for calendar in calendars for each in calendar.components()]
    by_uid: dict[str, list[_Event]] = {}
    for each in found:
        if isinstance(each, _Event):
            by_uid.setdefault(each.uid, []).append(each)
    outcomes = {event: outcome for events in by_uid.values() for event, outcome in read_series(events).items()}
    items = [each.read(outcomes[each]) if isinstance(each, _Event) else each for each in found]
    if not structure.is_complete:
        items = [_without_certainty(item) for item in items]
    faults = [*structure.faults, *(fault for calendar in calendars for fault in calendar.faults)]
    return CalendarFile(
        items,
        name=next((calendar.name for calendar in calendars if calendar.name), ""),
        remarks=tuple(remarks_on(faults)),
        is_complete=structure.is_complete,
        is_message=any(calendar.method not in {"", "PUBLISH"} for calendar in calendars),
    )


def _without_certainty(item: CalendarItem) -> CalendarItem:
    """Return an item of a file that was cut off: if it recurs, components that change its dates may be missing."""
    if item.entry is None or not item.entry.recurrence:
        return item
    return replace(item, entry=replace(item.entry, is_uncertain=True))


@dataclass(frozen=True)
class _Calendar:
    """A VCALENDAR: its own properties, and its components as blocks."""

    properties: Component
    blocks: list[Block]
    zones: CalendarZones
    texts: TextReader
    # What was wrong with the lines of the properties.
    faults: list[Found]

    @classmethod
    def of(cls, block: Block, default_zone: ZoneInfo, markup: Markup) -> "_Calendar":
        """Read the calendar's own properties and its time zones."""
        properties = block.parse()
        name = text_of(properties, "X-WR-TIMEZONE")
        zones = CalendarZones(
            known_zone(name) or guessed_zone(name),
            default_zone=default_zone,
            definitions=[each for each in block.blocks if each.name == "VTIMEZONE"],
        )
        texts = TextReader(None if text_of(properties, "PRODID") == PRODUCT else markup)
        return cls(properties, block.blocks, zones, texts, block.faults)

    @property
    def name(self) -> str:
        return self.texts.line(self.properties, "X-WR-CALNAME") or self.texts.line(self.properties, "NAME")

    @property
    def method(self) -> str:
        return text_of(self.properties, "METHOD").strip().upper()

    def components(self) -> "Iterator[CalendarItem | _Event]":
        """Yield events, which are still to be read, and items for what cannot be imported."""
        is_cancelled = self.method == "CANCEL"
        for block in self.blocks:
            if block.name == "VEVENT":
                try:
                    component = block.parse()
                except InvalidEntry as error:
                    yield CalendarItem(block.line, reason=str(error))
                    continue
                event = _Event(block.line, component, self.zones, is_cancelled, self.texts, block.faults)
                yield event.unread(_("The file breaks off in the middle of this event.")) if block.is_cut else event
            elif block.name != "VTIMEZONE":
                name = shorten(block.name, MAX_NAME_LENGTH)
                reason = _("This isn’t an event (%(name)s).") % {"name": name}
                yield CalendarItem(block.line, reason=reason, is_event=False)


@dataclass(frozen=True, eq=False)
class _Event(Version):
    """A VEVENT, which becomes an item."""

    texts: TextReader
    # What was wrong with its lines.
    faults: list[Found]

    @property
    def own_uid(self) -> str:
        """The UID on one line, or "" if there is none."""
        return " ".join(text_of(self.component, "UID").splitlines()).strip()

    @property
    def uid(self) -> str:
        """The UID, or a digest of start and title if there is none. No UID has several lines, as that has."""
        if self.own_uid:
            return self.own_uid
        found = self.component.get("DTSTART", vText(""))
        start = found[0] if isinstance(found, list) else found
        content = [start.to_ical().decode(), str(start.params.get("TZID", "")), self.summary]
        return "no UID\n" + hashlib.sha256("\n".join(content).encode()).hexdigest()

    @property
    def summary(self) -> str:
        return self.texts.line(self.component, "SUMMARY")

    def read(self, outcome: Outcome) -> CalendarItem:
        if isinstance(outcome, Refusal):
            return replace(self.unread(str(outcome)), has_no_dates=isinstance(outcome, NoDateLeft))
        # The texts are those of the component that changes the first date, if one does.
        entry = replace(self, component=outcome.component)._entry(outcome)
        return CalendarItem(self.line, self.own_uid, shorten(self.summary, MAX_NAME_LENGTH), entry)

    def unread(self, reason: str) -> CalendarItem:
        return CalendarItem(self.line, self.own_uid, shorten(self.summary, MAX_NAME_LENGTH), reason=reason)

    def _entry(self, reading: Reading) -> CalendarEntry:
        """Return the entry of this component."""
        times, texts = reading.times, self.texts.read(self.component)
        remarks = [*reading.remarks, *remarks_on(self.faults), *texts.remarks]
        if not self.own_uid:
            remarks.append(_("It has no UID. A later import recognises it by its start and title."))
        if not self.is_cancelled and says_cancelled(texts.headline):
            remarks.append(
                _("Its title says that it is cancelled, but the file doesn’t (STATUS). If it is, cancel it here.")
            )
        classes = map(private_class_of, (reading.component, reading.whole))
        private_class = next((each for each in classes if each is not None), None)
        if private_class is not None:
            name = shorten(private_class, MAX_NAME_LENGTH)
            remarks.append(
                _("The file marks it as not public (CLASS:%(name)s), so it isn’t public here.") % {"name": name}
            )
        return CalendarEntry(
            uid=" ".join(filter(None, [self.uid, reading.key])),
            headline=texts.headline,
            description=texts.description,
            location=texts.location,
            starts_at=times.starts_at,
            ends_at=times.ends_at,
            all_day=times.all_day,
            time_zone=times.zone.key,
            is_cancelled=self.is_cancelled,
            is_private=private_class is not None,
            sequence=reading.sequence,
            recurrence=reading.recurrence,
            remarks=tuple(remarks),
            is_floating=times.is_floating,
            is_untitled=texts.is_untitled,
            is_uncertain=reading.is_uncertain,
        )
