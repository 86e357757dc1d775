"""Split a calendar file into components before the library parses them.

That way a broken component does not prevent the others from being read, and the line of each component is known.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.text import Truncator
from icalendar import Component
from icalendar.error import GloballyUniqueTZIDGuessed

from events.calendars.properties import parse_component
from events.calendars.zone_rules import is_affordable
from events.exceptions import InvalidCalendar, InvalidEntry

# The exceptions that the library raises for invalid values. They were found by mutating calendars at random.
LIBRARY_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, OSError)


@dataclass(frozen=True)
class Block:
    """A component as content lines, and the line of the file on which it begins.

    The `lines` of a calendar contain only its own properties, because its components are in `blocks`.
    """

    line: int
    name: str
    lines: list[str] = field(default_factory=list)
    blocks: "list[Block]" = field(default_factory=list)

    def parse(self) -> Component:
        """Return the parsed component. Some of its values may still be invalid.

        Raises:
            InvalidEntry
        """
        # The library keeps every time zone definition that it reads, and evaluates it for each time that refers to it.
        if self.name == "VTIMEZONE" and not is_affordable(self.lines):
            raise InvalidEntry("VTIMEZONE has rules that no real time zone follows.")
        if self.name != "VTIMEZONE" and any("".join(line.upper().split()) == "BEGIN:VTIMEZONE" for line in self.lines):
            raise InvalidEntry(f"{self.name} contains a VTIMEZONE, which must be outside it.")
        try:
            with warnings.catch_warnings():
                # `events.calendars.zones` resolves such names itself.
                warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
                if self.name == "VEVENT":
                    return parse_component(self.lines)
                return Component.from_ical("\n".join(self.lines))
        except LIBRARY_ERRORS as error:
            # The error is truncated because it quotes the whole line.
            raise InvalidEntry(f"{self.name} can’t be read: {Truncator(str(error)).chars(300)}") from error


def read_blocks(content: bytes) -> list[Block]:
    """Return the calendars of a file.

    Raises:
        InvalidCalendar: the file is not UTF-8, is not iCalendar, or is truncated.
    """
    return _split(_unfold(content))


def _unfold(content: bytes) -> list[tuple[int, str]]:
    """Return the content lines, each with the number of the line on which it begins.

    Folded lines are joined before they are decoded, because a fold may be inside a character (RFC 5545, 3.1).

    Raises:
        InvalidCalendar
    """
    folded: list[tuple[int, bytearray]] = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        line = line.removesuffix(b"\r")
        if line[:1] in {b" ", b"\t"} and folded:
            folded[-1][1].extend(line[1:])
        elif line:
            folded.append((number, bytearray(line)))
    lines = []
    for number, encoded in folded:
        try:
            lines.append((number, encoded.decode()))
        except UnicodeDecodeError as error:
            raise InvalidCalendar(f"Line {number} isn’t UTF-8 text.") from error
    return lines


def _split(lines: Iterable[tuple[int, str]]) -> list[Block]:
    """Return the calendars that these content lines make up, with their components.

    Raises:
        InvalidCalendar
    """
    calendars: list[Block] = []
    path: list[Block] = []
    for number, line in lines:
        keyword, _, name = (part.strip().upper() for part in line.partition(":"))
        if not path and (keyword, name) != ("BEGIN", "VCALENDAR"):
            raise InvalidCalendar(f"This isn’t an iCalendar file: line {number} isn’t BEGIN:VCALENDAR.")
        if keyword == "BEGIN":
            block = Block(number, name)
            if not path:
                calendars.append(block)
            elif len(path) == 1:
                path[0].blocks.append(block)
            path.append(block)
        # The lines of components that are nested in a component, such as alarms, belong to that component.
        path[min(1, len(path) - 1)].lines.append(line)
        if keyword == "END":
            if name != path[-1].name:
                raise InvalidCalendar(
                    f"Line {number} ends {name} inside the {path[-1].name} that starts on line {path[-1].line}."
                )
            path.pop()
    if path:
        raise InvalidCalendar(f"The file ends inside the {path[-1].name} that starts on line {path[-1].line}.")
    if not calendars:
        raise InvalidCalendar("The file is empty.")
    return calendars
