"""Split a calendar file into content lines: decoded, unfolded, and with the lines that a line break has torn apart.

Programs break the rules for lines in some ways again and again. A line that was corrected says so in its `faults`.
"""

import base64
import codecs
import quopri
import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from itertools import groupby
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.text_limits import UNPRINTABLE

# How many lines a remark names. It counts the others.
NAMED_LINES = 3


class Fault(Enum):
    """What was wrong with a line. The members are in the order in which remarks mention them."""

    OUTSIDE = auto()
    STRAY = auto()
    NOT_UTF8 = auto()
    UNPRINTABLE = auto()
    BROKEN_TEXT = auto()
    UNREADABLE = auto()
    UNOPENED = auto()
    UNCLOSED = auto()
    CUT = auto()


class Found(NamedTuple):
    """A fault, and the number of the line that has it."""

    fault: Fault
    number: int


class ContentLine(NamedTuple):
    """A content line, with the number of the line of the file on which it begins."""

    number: int
    text: str
    faults: tuple[Found, ...] = ()


def remarks_on(found: Iterable[Found]) -> list[str]:
    """Return one sentence for each kind of fault, which names the lines."""
    in_order = sorted(set(found), key=lambda each: (each.fault.value, each.number))
    return [
        _sentence(fault, [each.number for each in same]) for fault, same in groupby(in_order, lambda each: each.fault)
    ]


def _sentence(fault: Fault, numbers: list[int]) -> str:
    count = len(numbers)
    sentence = {
        Fault.OUTSIDE: ngettext(
            "Line %(lines)s is outside the calendar and was left out.",
            "Lines %(lines)s are outside the calendar and were left out.",
            count,
        ),
        Fault.STRAY: ngettext(
            "The event that begins on line %(lines)s is outside the calendar, but was read.",
            "The events that begin on lines %(lines)s are outside the calendar, but were read.",
            count,
        ),
        Fault.NOT_UTF8: ngettext(
            "Line %(lines)s isn’t encoded in UTF-8 and was read as Western European text (CP1252).",
            "Lines %(lines)s aren’t encoded in UTF-8 and were read as Western European text (CP1252).",
            count,
        ),
        Fault.UNPRINTABLE: ngettext(
            "Invalid characters in line %(lines)s were left out.",
            "Invalid characters in lines %(lines)s were left out.",
            count,
        ),
        Fault.BROKEN_TEXT: ngettext(
            "Line %(lines)s seems to belong to the text before it and was added to it.",
            "Lines %(lines)s seem to belong to the texts before them and were added to them.",
            count,
        ),
        Fault.UNREADABLE: ngettext(
            "Line %(lines)s can’t be read and was left out.",
            "Lines %(lines)s can’t be read and were left out.",
            count,
        ),
        Fault.UNOPENED: ngettext(
            "Line %(lines)s ends something that didn’t begin, and was left out.",
            "Lines %(lines)s end something that didn’t begin, and were left out.",
            count,
        ),
        Fault.UNCLOSED: ngettext(
            "What begins on line %(lines)s has no END line.",
            "What begins on lines %(lines)s has no END line.",
            count,
        ),
        Fault.CUT: ngettext(
            "The calendar that begins on line %(lines)s has no END:VCALENDAR. The file may have been cut off, so "
            "entries may be missing.",
            "The calendars that begin on lines %(lines)s have no END:VCALENDAR. The file may have been cut off, so "
            "entries may be missing.",
            count,
        ),
    }[fault]
    return sentence % {"lines": _listed(numbers)}


def _listed(numbers: list[int]) -> str:
    named = ", ".join(map(str, numbers[:NAMED_LINES]))
    more = len(numbers) - NAMED_LINES
    return _("%(lines)s and %(count)s more") % {"lines": named, "count": more} if more > 0 else named


# --- Encoding and folding ---

UTF_16 = [
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    ("BEG".encode("utf-16-le"), "utf-16-le"),
    ("BEG".encode("utf-16-be"), "utf-16-be"),
]
# The charsets that a property may name. Python knows others, which are no charsets, and some of them are slow.
CHARSET = re.compile(
    r"CHARSET[ \t]*=[ \t]*\"?((?:utf-?8|iso-?8859-|windows-|cp|koi8-|shift_?jis|euc-|gb|big5)[\w-]{0,12})",
    re.IGNORECASE,
)
# A charset is named in the parameters, at the beginning of a line.
HEAD_LENGTH = 200
BEGIN_OR_END = re.compile(rb"(?i)(BEGIN|END)[ \t]*:[ \t]*[\w-]+[ \t]*")
# What is not UTF-8 is decoded with this handler of errors, which is registered below.
CP1252 = "events.calendars.cp1252"


def content_lines(content: bytes) -> Iterator[ContentLine]:
    """Yield the content lines of a file. Blank lines are left out."""
    return _joined(_decoded(_unfolded(content)))


def _unfolded(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file, unfolded and encoded, each with the number of the line on which it begins.

    Folded lines are joined before they are decoded, because a fold may be inside a character (RFC 5545, 3.1). So are
    the lines of a quoted-printable value, which end with "=" (RFC 2045, 6.7).
    """
    for start, encoding in UTF_16:
        if content.startswith(start):
            content = content.decode(encoding, errors="replace").encode()
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    first, parts = 1, list[bytes]()
    blank = 0
    is_soft = is_structure = False
    for number, line in enumerate(content.split(b"\n"), start=1):
        line = line.rstrip(b"\r").removeprefix(codecs.BOM_UTF8)
        is_begin_or_end = line[:1] in b" \tBbEe" and BEGIN_OR_END.fullmatch(line.strip()) is not None
        if is_soft and not is_begin_or_end:
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif not line:
            blank = number  # a fold may be after it
            continue
        elif line[:1] in {b" ", b"\t"} and parts and not is_begin_or_end and not is_structure:
            parts.append(line[1:])
        else:
            if parts:
                yield first, b"".join(parts)
            if blank:
                yield blank, b""
            first, parts, is_structure = number, [line], is_begin_or_end
        blank = 0
        is_soft = line.endswith(b"=") and b"QUOTED-PRINTABLE" in parts[0][:HEAD_LENGTH].upper()
    yield first, b"".join(parts)


def _decoded(lines: Iterable[tuple[int, bytes]]) -> Iterator[ContentLine]:
    for number, encoded in lines:
        faults: list[Found] = []
        try:
            text = encoded.decode()
        except UnicodeDecodeError:
            text = _decode(encoded, charset := _charset_of(encoded[:HEAD_LENGTH].decode("latin-1")))
            if not charset:
                faults.append(Found(Fault.NOT_UTF8, number))
        text = _without_encoding(text)
        if UNPRINTABLE.search(text):
            text = UNPRINTABLE.sub("", text)
            faults.append(Found(Fault.UNPRINTABLE, number))
        yield ContentLine(number, text, tuple(faults))


def _charset_of(head: str) -> str:
    """Return the charset that the parameters of a property name, or "" if there is none."""
    named = CHARSET.search(head)
    return named[1] if named else ""


def _decode(encoded: bytes, charset: str) -> str:
    """Return a text that is in this charset, or in UTF-8 with CP1252 if that is "" or wrong."""
    if charset:
        try:
            return encoded.decode(charset)
        except (LookupError, ValueError):
            pass  # the property is not in the charset that it names
    return encoded.decode(errors=CP1252)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Decode what is not UTF-8 as CP1252, so that the other characters of a line that mixes both stay right."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(CP1252, _as_cp1252)

# --- Quoted-printable and Base64 ---

TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "X-ALT-DESC", "X-WR-CALNAME", "X-WR-CALDESC"}
# The parameters of an encoded value. Some programs write the encodings of vCalendar 1.0 without "ENCODING=".
ENCODED = re.compile(
    r"(?P<name>[\w-]+)[ \t]*;(.*;)?[ \t]*(ENCODING[ \t]*=)?[ \t]*"
    r"\"?(?P<encoding>QUOTED-PRINTABLE|BASE64|B)\"?[ \t]*(;.*)?",
    re.IGNORECASE,
)


def _without_encoding(line: str) -> str:
    """Return a content line whose value is encoded, as values of vCalendar 1.0 can be, as a line of iCalendar.

    Values in Base64 that are not texts, such as attachments, stay as they are.
    """
    head, colon, value = line.partition(":")
    if ";" not in head or not colon or len(head) > HEAD_LENGTH:
        return line
    match = ENCODED.fullmatch(head)
    if not match:
        return line
    if match["encoding"].upper() == "QUOTED-PRINTABLE":
        decoded = quopri.decodestring(value.encode())
    elif match["name"].upper() in TEXTS:
        try:
            decoded = base64.b64decode(value.encode())
        except ValueError:
            return line
    else:
        return line
    text = _decode(decoded, _charset_of(head)).replace("\r\n", "\n").replace("\r", "\n")
    return match["name"] + ":" + text.replace("\n", "\\n")


# --- Line breaks inside of texts ---

PROPERTY = re.compile(r"([\w-]+(?:\.[\w-]+)?)[ \t]*[;:]")
STRUCTURE = re.compile(r"\s*(BEGIN|END)\s*:\s*V[A-Z]+\s*", re.IGNORECASE)
# Some lines are hardly readable, but say that an event is private, which must not be lost.
CLASS = re.compile(r"\W*CLASS\s*([;:]|\s(PUBLIC|PRIVATE|CONFIDENTIAL)\b)", re.IGNORECASE)
# The names of RFC 5545, 7986, 9073 and 9074 and of vCalendar 1.0.
NAMES = """
    BEGIN END CALSCALE METHOD PRODID VERSION ATTACH CATEGORIES CLASS COMMENT DESCRIPTION GEO LOCATION PERCENT-COMPLETE
    PRIORITY RESOURCES STATUS SUMMARY COMPLETED DTEND DUE DTSTART DURATION FREEBUSY TRANSP TZID TZNAME TZOFFSETFROM
    TZOFFSETTO TZURL ATTENDEE CONTACT ORGANIZER RECURRENCE-ID RELATED-TO URL UID EXDATE EXRULE RDATE RRULE ACTION REPEAT
    TRIGGER CREATED DTSTAMP LAST-MODIFIED SEQUENCE REQUEST-STATUS NAME REFRESH-INTERVAL SOURCE COLOR IMAGE CONFERENCE
    STYLED-DESCRIPTION STRUCTURED-DATA LOCATION-TYPE PARTICIPANT-TYPE RESOURCE-TYPE CALENDAR-ADDRESS ACKNOWLEDGED
    PROXIMITY CONCEPT LINK REFID TZ DAYLIGHT AALARM DALARM MALARM PALARM DCREATED RNUM
"""
KNOWN = frozenset(NAMES.split())


def name_of(line: str) -> str:
    """Return the name of a property in capital letters, or "" if the line is no property."""
    name = PROPERTY.match(line)
    return name[1].upper() if name else ""


def says_class(line: str) -> bool:
    """Return whether a line looks like a CLASS, even if the library cannot read it."""
    return CLASS.match(line) is not None


def _joined(lines: Iterable[ContentLine]) -> Iterator[ContentLine]:
    """Yield content lines. Those that an unescaped line break has torn off a text are joined to it."""
    text: list[ContentLine] = []
    has_blank = False
    for line in lines:
        if not line.text.strip():
            has_blank = True
            if not line.faults:
                continue
        elif text and _is_torn_off(line.text, text[0].text):
            faults = (*line.faults, Found(Fault.BROKEN_TEXT, line.number))
            text.append(ContentLine(line.number, ("\\n" if has_blank else "") + line.text, faults))
            has_blank = False
            continue
        if text:
            yield _as_one(text)
        text = []
        if name_of(line.text) in TEXTS:
            text, has_blank = [line], False
        else:
            yield line
    if text:
        yield _as_one(text)


def _as_one(lines: list[ContentLine]) -> ContentLine:
    if len(lines) == 1:
        return lines[0]
    faults = tuple(fault for line in lines for fault in line.faults)
    return ContentLine(lines[0].number, "\\n".join(line.text for line in lines), faults)


def _is_torn_off(line: str, text: str) -> bool:
    """Return whether a line is part of the text before it.

    In texts, too, a colon often follows a word: "Note: ...", "https://...". Properties are written in capital letters
    like the one before, and no space follows the name of a property that is not known.
    """
    name = PROPERTY.match(line)
    if says_class(line) or STRUCTURE.fullmatch(line):
        return False
    if not name or (text[:1].isupper() and not name[1].isupper()):
        return True
    is_known = name[1].upper() in KNOWN or name[1].upper().startswith("X-")
    return not is_known and (line[name.end() :][:1].strip() == "" or not name[1].isupper())
