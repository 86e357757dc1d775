"""Split a calendar file into components before the library parses them.

That way a broken component does not prevent the others from being read, and the line of each component is known.
"""

import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from icalendar import Component
from icalendar.error import GloballyUniqueTZIDGuessed
from icalendar.parser import Contentline
from icalendar.prop import vBroken

from events.calendars.structure.lines import ContentLine, Fault, Found, content_lines, name_of, says_class
from events.calendars.structure.properties import parse_component
from events.calendars.structure.zone_rules import is_affordable
from events.exceptions import InvalidCalendar, InvalidEntry

# The exceptions that the library raises for invalid values. They were found by mutating calendars at random.
LIBRARY_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, OSError)

# The library takes some 30 µs for each line of an event.
MAX_LINES = 10_000
# What says nothing about an event here. The library would take a fifth of the time to read it.
UNUSED = """
    ATTACH ATTENDEE CATEGORIES COMMENT CONTACT CREATED DTSTAMP FREEBUSY GEO IMAGE LAST-MODIFIED ORGANIZER PRIORITY
    PERCENT-COMPLETE RELATED-TO REQUEST-STATUS RESOURCES TRANSP
"""
UNUSED_NAMES = frozenset(UNUSED.split())


@dataclass
class Block:
    """A component as content lines, without its BEGIN and its END, and the line of the file on which it begins.

    The components of a calendar are in `blocks`. The lines of what is nested in a time zone definition belong to it,
    but those of what is nested in any other component, such as the alarms of an event, are left out.
    """

    line: int
    name: str
    lines: list[str] = field(default_factory=list)
    # The lines' own numbers in the file.
    numbers: list[int] = field(default_factory=list)
    blocks: "list[Block]" = field(default_factory=list)
    # What was wrong with the lines.
    faults: list[Found] = field(default_factory=list)
    # Whether the file breaks off inside the component.
    is_cut: bool = False

    def parse(self) -> Component:
        """Return the parsed component. Some of its values may still be invalid. Unreadable lines become faults.

        Raises:
            InvalidEntry: an event has more than `MAX_LINES`, or a VTIMEZONE cannot be read or has rules that no real
                time zone has.
        """
        if self.name == "VEVENT" and len(self.lines) > MAX_LINES:
            limit = number_format(MAX_LINES, force_grouping=True)
            raise InvalidEntry(_("It has more than %(limit)s lines.") % {"limit": limit})
        # The library keeps every time zone definition that it reads, and evaluates it for each time that refers to it.
        if self.name == "VTIMEZONE" and not is_affordable(self.lines):
            raise InvalidEntry
        try:
            component = _parse(self.name, self.lines)
        except LIBRARY_ERRORS as error:
            if self.name == "VTIMEZONE":
                raise InvalidEntry from error
            component = self._parse_each()
        if any(name is None for name, _error in component.errors):
            numbered = zip(self.numbers, self.lines, strict=True)
            self.faults += [Found(Fault.UNREADABLE, number) for number, line in numbered if not _has_parts(line)]
        return component

    def _parse_each(self) -> Component:
        """Return the component with broken values in place of those for which the library refuses all of it."""
        component = _parse(self.name, [])
        for line in self.lines:
            try:
                found = _parse(self.name, [line])
            except LIBRARY_ERRORS as error:
                _add_broken(component, line, error)
            else:
                component.errors += found.errors
                for name, value in found.items():
                    component.add(name, value, encode=False)
        return component


def _parse(name: str, lines: list[str]) -> Component:
    with warnings.catch_warnings():
        # `events.calendars.timing` resolves such names itself.
        warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
        enclosed = [f"BEGIN:{name}", *lines, f"END:{name}"]
        return parse_component(enclosed) if name == "VEVENT" else Component.from_ical("\n".join(enclosed))


def _has_parts(line: str) -> bool:
    """Return whether the library can split a line into a name, parameters and a value."""
    try:
        Contentline(line).parts()
    except LIBRARY_ERRORS:
        return False
    return True


def _add_broken(component: Component, line: str, error: Exception) -> None:
    if not _has_parts(line):
        component.errors.append((None, f"'{line}'"))
        return
    name, params, value = Contentline(line).parts()
    broken = vBroken.from_parse_error(
        raw_value=value, params=params, property_name=name, expected_type="text", error=error
    )
    component.add(name, broken, encode=False)


@dataclass(frozen=True)
class Structure:
    """The calendars of a file, and what was wrong with lines that belong to no component."""

    calendars: list[Block]
    faults: list[Found]

    @property
    def is_complete(self) -> bool:
        """Whether each calendar has an end. Otherwise the file may have been cut off."""
        return all(found.fault is not Fault.CUT for found in self.faults)


def read_blocks(content: bytes) -> Structure:
    """Return the calendars of a file. Ends that are missing are added.

    Raises:
        InvalidCalendar: the file contains no calendar.
    """
    splitter = _Splitter()
    first = 0
    for line in content_lines(content):
        first = first or line.number
        splitter.add(line)
    if not first:
        raise InvalidCalendar(_("The file is empty."))
    if not splitter.calendars:
        raise InvalidCalendar(
            _("This isn’t an iCalendar file (.ics): line %(line)s isn’t BEGIN:VCALENDAR.") % {"line": first}
        )
    splitter.cut()
    return Structure(splitter.calendars, splitter.faults)


class _Splitter:
    """Puts content lines into the components to which they belong."""

    def __init__(self) -> None:
        self.calendars: list[Block] = []
        self.faults: list[Found] = []
        # The calendar to which the next line belongs, its component, and what is nested in that.
        self._path: list[Block] = []
        self._open: Counter[str] = Counter()
        # Whether the current component is outside of a calendar.
        self._is_stray = False

    def add(self, line: ContentLine) -> None:
        text = line.text.strip()
        name = name_of(text)
        if name in {"BEGIN", "END"}:
            self._add_structure(line, name)
        elif not self._path:
            self.faults.append(Found(Fault.OUTSIDE, line.number))
        else:
            self._note(line.faults)
            if name or says_class(text):
                if name not in UNUSED_NAMES:
                    self._add_property(line.number, text)
            elif text:
                self._note([Found(Fault.UNREADABLE, line.number)])

    def cut(self) -> None:
        """Close what is still open where the file, or what was pasted into it, breaks off."""
        if self._path:
            for block in self._path[1:2]:
                block.is_cut = True
            self.faults.append(Found(Fault.CUT, self._path[0].line))
            self._close(0)

    def _add_structure(self, line: ContentLine, keyword: str) -> None:
        before, _colon, name = (part.strip().upper() for part in line.text.partition(":"))
        self._note(line.faults)
        if before != keyword:  # it has parameters, with which the library would take it for an end or a beginning
            self._note([Found(Fault.UNREADABLE, line.number)])
        elif keyword == "BEGIN":
            self._begin(line.number, name)
        else:
            self._end(line.number, name)

    def _begin(self, number: int, name: str) -> None:
        if name == "VCALENDAR":
            self.cut()
            self.calendars.append(Block(number, name))
            self._push(self.calendars[-1])
            return
        if not self._path and name == "VEVENT":
            self._reopen(number)
        if not self._path:
            self.faults.append(Found(Fault.OUTSIDE, number))
            return
        component = self._path[1].name if len(self._path) > 1 else ""
        if component and (name == "VEVENT" or name == component == "VTIMEZONE"):
            self._close(1)
            component = ""
        block = Block(number, name)
        if not component or (name == "VTIMEZONE" and len(self._path) == 2):
            self._path[0].blocks.append(block)
        else:
            self._add_to_zone(number, f"BEGIN:{name}")
        self._push(block)

    def _reopen(self, number: int) -> None:
        """Open the last calendar, or a new one, for an event that is in no calendar."""
        if not self.calendars:
            self.calendars.append(Block(number, "VCALENDAR"))
        self._push(self.calendars[-1])
        self._is_stray = True
        self.faults.append(Found(Fault.STRAY, number))

    def _end(self, number: int, name: str) -> None:
        if not self._path:
            self.faults.append(Found(Fault.OUTSIDE, number))
        elif not self._open[name]:
            self._note([Found(Fault.UNOPENED, number)])
        else:
            depth = len(self._path) - 1
            while self._path[depth].name != name:
                depth -= 1
            self._close(depth + 1)
            self._pop()
            if self._is_stray and len(self._path) == 1:
                self._pop()

    def _close(self, depth: int) -> None:
        """End what is open at this depth and deeper although its END is missing."""
        for block in self._path[max(depth, 1) :][:1]:
            if not block.is_cut:
                self._note([Found(Fault.UNCLOSED, block.line)])
        while len(self._path) > depth:
            self._pop()

    def _push(self, block: Block) -> None:
        self._path.append(block)
        self._open[block.name] += 1

    def _pop(self) -> None:
        block = self._path.pop()
        self._open[block.name] -= 1
        if not self._path:
            self._is_stray = False
        else:
            self._add_to_zone(block.line, f"END:{block.name}")

    @property
    def _owner(self) -> Block | None:
        """The block to which the next property belongs."""
        if len(self._path) <= 2:
            return self._path[-1]
        return next((block for block in self._path[1:3] if block.name == "VTIMEZONE"), None)

    def _add_property(self, number: int, line: str) -> None:
        if self._owner:
            self._owner.lines.append(line)
            self._owner.numbers.append(number)

    def _add_to_zone(self, number: int, line: str) -> None:
        """Add the beginning or the end of what is nested in a time zone definition."""
        if self._owner and self._owner.name == "VTIMEZONE":
            self._add_property(number, line)

    def _note(self, faults: Iterable[Found]) -> None:
        """Record faults with the component that has them, if there is one. Encodings concern the whole file."""
        for found in faults:
            of_component = self._path[1].faults if len(self._path) > 1 else self.faults
            (self.faults if found.fault is Fault.NOT_UTF8 else of_component).append(found)
