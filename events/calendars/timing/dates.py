"""Read dates, times and durations as calendars write them, which is not always as RFC 5545 says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from events.exceptions import InvalidEntry, TimeOutOfRange

# How many characters of the file a remark quotes.
QUOTED = 80
AS_SPECIFIED = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
# Also with separators as in ISO 8601, without seconds, with fractions of seconds, and with an offset from UTC.
DATE_OR_TIME = re.compile(
    r"""
    (?P<year>[0-9]{4}) -? (?P<month>[0-9]{2}) -? (?P<day>[0-9]{2})
    (?: [T ]? (?P<hour>[0-9]{2}) :? (?P<minute>[0-9]{2}) (?: :? (?P<second>[0-9]{2}) (?: [.,][0-9]{1,9} )? )?
        [ ]? (?P<offset> Z | [+-][0-9]{2} (?: :?[0-9]{2} )? )?
    )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
DURATION = re.compile(
    r"(?P<sign>[+-]?)P(?=[0-9T])(?:(?P<weeks>[0-9]{1,6})W)?(?:(?P<days>[0-9]{1,7})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,8})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9})S)?)?",
    re.IGNORECASE,
)
LAST_SECOND = 59
# The years of which pages can show a day and the months beside it.
FIRST_YEAR, LAST_YEAR = 1001, 9998


@dataclass(frozen=True)
class Written:
    """A day, or a local time, with what the calendar says about its time zone."""

    day: date
    time_of_day: time | None = None
    # The offset from UTC that is part of the time itself: zero for "Z".
    offset: timedelta | None = None
    tzid: str | None = None
    # Whether it is written in a form that RFC 5545 does not know.
    is_unusual: bool = False

    @property
    def local(self) -> datetime:
        """The local time, without a time zone. A day begins at midnight."""
        return datetime.combine(self.day, self.time_of_day or time())


@dataclass(frozen=True)
class Length:
    """A duration: calendar days, and the rest as elapsed time (RFC 5545, 3.3.6)."""

    days: int
    rest: timedelta = timedelta(0)


def quoted(text: str) -> str:
    """Return a text of the file, shortened for a remark."""
    return str(Truncator(text).chars(QUOTED))


def read_date(text: str, parameters: Mapping[str, str | list[str]]) -> Written:
    """Return what a DATE or DATE-TIME says.

    A time counts even if VALUE=DATE says that there is none, unless it is midnight.

    Raises:
        InvalidEntry: it is neither.
        TimeOutOfRange: it is outside the years that events can have, also with any UTC offset.
    """
    found = DATE_OR_TIME.fullmatch(text)
    if not found:
        raise InvalidEntry(_("“%(text)s” is neither a date nor a date with a time.") % {"text": quoted(text)})
    value, tzid = str(parameters.get("VALUE", "")).upper(), _tzid_in(parameters)
    is_unusual = not AS_SPECIFIED.fullmatch(text)
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise TimeOutOfRange
        if found["hour"] is None:
            return Written(day, tzid=tzid, is_unusual=is_unusual or value == "DATE-TIME")
        local = _time(day, *(int(found[part] or 0) for part in ("hour", "minute", "second")))
        offset = _offset(found["offset"])
    except (ValueError, OverflowError) as error:
        raise InvalidEntry(_("“%(text)s” isn’t a date that exists.") % {"text": quoted(text)}) from error
    if value == "DATE" and local.time() == time.min:
        return Written(local.date(), tzid=tzid, is_unusual=True)
    return Written(local.date(), local.time(), offset, tzid, is_unusual=is_unusual or value == "DATE")


def _tzid_in(parameters: Mapping[str, str | list[str]]) -> str | None:
    """Return the TZID. The library takes one with commas that is not quoted for a list."""
    found = parameters.get("TZID", "")
    return (",".join(found) if isinstance(found, list) else str(found)).strip('" ') or None


def _time(day: date, hour: int, minute: int, second: int) -> datetime:
    """Return a local time. The end of a day may be written as 24:00:00, and a leap second as 60.

    Raises:
        ValueError, OverflowError
    """
    if (hour, minute, second) == (24, 0, 0):
        return datetime.combine(day + timedelta(days=1), time())
    return datetime.combine(day, time(hour, minute, LAST_SECOND if second == LAST_SECOND + 1 else second))


def _offset(text: str | None) -> timedelta | None:
    """Return an offset such as "Z", "+01", "+0100" or "-01:00".

    Raises:
        ValueError: it is a day or more.
    """
    if text is None:
        return None
    if text in {"Z", "z"}:
        return timedelta(0)
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    if hours >= 24 or minutes >= 60:
        raise ValueError(text)
    return timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)


def read_duration(text: str) -> Length:
    """Return a DURATION.

    Raises:
        InvalidEntry: it is none, or it is negative.
    """
    found = DURATION.fullmatch(text)
    if not found:
        raise InvalidEntry(_("“%(text)s” isn’t a duration.") % {"text": quoted(text)})
    parts = {name: int(digits or 0) for name, digits in found.groupdict().items() if name != "sign"}
    if found["sign"] == "-" and any(parts.values()):
        raise InvalidEntry(_("“%(text)s” is a negative duration.") % {"text": quoted(text)})
    weeks, days = parts.pop("weeks"), parts.pop("days")
    return Length(7 * weeks + days, timedelta(**parts))
