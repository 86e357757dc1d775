"""Resolve the times of a calendar: floating times, UTC, and times in zones that the calendar names or defines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from accounts.zones import TIME_ZONES, zone_of
from events.calendars.files import LIBRARY_ERRORS, Block
from events.exceptions import InvalidEntry, TimeOutOfRange

UTC_ZONE = ZoneInfo("UTC")
ZONE_NAMES = {name.casefold(): name for name in TIME_ZONES}
# How many characters of a name are quoted.
NAME_LIMIT = 80


@dataclass(frozen=True)
class Moment:
    """An instant in UTC, the time zone in which to show it, and a remark if that zone had to be guessed, else ""."""

    instant: datetime
    zone: ZoneInfo
    remark: str = ""


class CalendarZones:
    """The time zones of one calendar.

    Days, and times without a time zone, are in the calendar's own time zone (`X-WR-TIMEZONE`), or in `default_zone` if
    it has none. Times in UTC are shown in the calendar's own time zone if it has one.
    """

    def __init__(self, own: ZoneInfo | None, *, default_zone: ZoneInfo, definitions: Iterable[Block]) -> None:
        self.floating = own or default_zone
        self._shown_for_utc = own or UTC_ZONE
        self._defined: dict[str, tuple[tzinfo, ZoneInfo | None]] = {}
        for block in definitions:
            try:
                definition = block.parse()
                rules = definition.to_tz(lookup_tzid=False) if isinstance(definition, Timezone) else None
            except (InvalidEntry, *LIBRARY_ERRORS):
                rules = None  # the time zone may still be known by its name
            if rules:
                zones = (known_zone(str(definition.get(name, ""))) for name in ("TZID", "X-LIC-LOCATION"))
                self._defined[str(definition["TZID"])] = rules, next(filter(None, zones), None)

    def read(self, value: datetime, *, tzid: str | None) -> Moment:
        """Return the moment of a DATE-TIME, whose TZID is given if it has one.

        A time that its time zone skips is read with the UTC offset before the gap. If a time occurs twice, the first
        occurrence is meant (RFC 5545, 3.3.5).

        Raises:
            TimeOutOfRange
        """
        try:
            if tzid is None and value.tzinfo is not None:
                return Moment(value.astimezone(UTC), self._shown_for_utc)
            rules, zone, remark = self._rules(value.replace(tzinfo=None), tzid)
            return Moment(value.replace(tzinfo=rules, fold=0).astimezone(UTC), zone, remark)
        except OverflowError as error:
            raise TimeOutOfRange from error

    def _rules(self, local: datetime, tzid: str | None) -> tuple[tzinfo, ZoneInfo, str]:
        """Return the time zone that converts the local time, the one in which to show it, and a remark."""
        if tzid is None:
            return self.floating, self.floating, ""
        rules, zone = self._defined.get(tzid, (None, known_zone(tzid)))
        # The file's own definition applies, unless its TZID is a name in the tz database, which is better maintained.
        if zone and (rules is None or zone.key == tzid or _agree(rules, zone, local)):
            return zone, zone, ""
        if rules is None:
            return self.floating, self.floating, f"Unknown time zone “{tzid}”; times were read as {self.floating.key}."
        remark = (
            f"The time zone “{tzid}” has no known name; the event is at the right time, but shown in "
            f"{self.floating.key}."
        )
        return rules, self.floating, remark


def _agree(rules: tzinfo, zone: ZoneInfo, local: datetime) -> bool:
    return local.replace(tzinfo=rules).utcoffset() == local.replace(tzinfo=zone).utcoffset()


def iana_zone(name: str) -> ZoneInfo | None:
    """Return the time zone that the tz database has under this name, whose case is ignored, or None."""
    found = ZONE_NAMES.get(name.casefold())
    return zone_of(found) if found else None


def known_zone(tzid: str) -> ZoneInfo | None:
    """Return the IANA time zone that a TZID names, or None if it names none.

    The case is ignored, a vendor's prefix may precede the name, and the names that Windows uses are known too.
    """
    parts = WINDOWS_TO_OLSON.get(tzid, tzid).casefold().strip("/").split("/")
    suffixes = ("/".join(parts[start:]) for start in range(len(parts)))
    name = next(filter(None, map(ZONE_NAMES.get, suffixes)), None)
    return ZoneInfo(name) if name else None
