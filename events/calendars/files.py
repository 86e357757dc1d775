"""The structure of a calendar file: so that one broken component costs only itself, and each is known by its line."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.text import Truncator
from icalendar import Component
from icalendar.error import GloballyUniqueTZIDGuessed

from events.calendars.zone_rules import is_affordable
from events.exceptions import InvalidCalendar, InvalidEntry

# What the library lets out on broken values, found by mutating calendars at random.
LIBRARY_ERRORS = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError, OSError)


@dataclass(frozen=True)
class Block:
    """A component as content lines, and the line of the file where it begins.

    The lines of a calendar are its own properties; its components are its `blocks`.
    """

    line: int
    name: str
    lines: list[str] = field(default_factory=list)
    blocks: "list[Block]" = field(default_factory=list)

    def parse(self) -> Component:
        """Return the component; single values in it may still be broken.

        Raises:
            InvalidEntry
        """
        # The library keeps every definition that it reads, and evaluates it for each time that names it.
        if self.name == "VTIMEZONE" and not is_affordable(self.lines):
            raise InvalidEntry("VTIMEZONE has rules that no real time zone follows.")
        if self.name != "VTIMEZONE" and any("".join(line.upper().split()) == "BEGIN:VTIMEZONE" for line in self.lines):
            raise InvalidEntry(f"{self.name} contains a VTIMEZONE, which must be outside it.")
        try:
            with warnings.catch_warnings():
                # Such names are resolved in events.calendars.zones.
                warnings.simplefilter("ignore", GloballyUniqueTZIDGuessed)
                return Component.from_ical("\n".join(self.lines))
        except LIBRARY_ERRORS as error:
            # The error quotes the whole line, which may be long.
            raise InvalidEntry(f"{self.name} can’t be read: {Truncator(str(error)).chars(300)}") from error


def read_blocks(content: bytes) -> list[Block]:
    """Return the calendars of a file.

    Raises:
        InvalidCalendar: not UTF-8, not iCalendar, or broken off.
    """
    return _split(_unfold(content))


def _unfold(content: bytes) -> list[tuple[int, str]]:
    """Return the content lines, each with the number of the line where it begins.

    Folded lines are joined before decoding, since a fold may lie inside a character (RFC 5545, 3.1).

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
    """Raises: InvalidCalendar."""
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
        # A component keeps all lines of those inside it.
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
