"""Resolve the times of a calendar: floating times, UTC, and times in zones that the calendar names or defines."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from icalendar import Timezone

from events.calendars.structure.blocks import LIBRARY_ERRORS, Block
from events.calendars.structure.zone_rules import FIRST_YEAR, with_late_starts
from events.calendars.timing.dates import Written, quoted
from events.calendars.timing.zone_names import guessed_zone, iana_zone, known_zone, named_offset
from events.exceptions import InvalidEntry, TimeOutOfRange

UTC_ZONE = ZoneInfo("UTC")
GREGORIAN_CYCLE = 400


@dataclass(frozen=True)
class Moment:
    """An instant in UTC, and the time zone in which to show it."""

    instant: datetime
    zone: ZoneInfo
    # The time zone in which the calendar gives the time, and in which the event recurs.
    rules: tzinfo
    # The local time in `rules`, without a time zone.
    local: datetime
    # What people should know if the time zone had to be guessed.
    remark: str = ""
    # Whether the calendar does not say which time zone is meant, so that the instant depends on the default one.
    is_floating: bool = False


@dataclass(frozen=True)
class _Definition:
    """A VTIMEZONE: its rules, and the place that it is made for."""

    rules: tzinfo
    location: str


class CalendarZones:
    """The time zones of one calendar.

    Days, and times without a time zone, are in the calendar's own time zone (`X-WR-TIMEZONE`), or in `default_zone` if
    it has none. Times in UTC are shown in the calendar's own time zone if it has one.
    """

    def __init__(self, own: ZoneInfo | None, *, default_zone: ZoneInfo, definitions: Iterable[Block]) -> None:
        self.floating = own or default_zone
        self.is_default_zone_used = own is None
        self._shown_for_utc = own or UTC_ZONE
        self._blocks: dict[str, list[Block]] = {}
        for block in definitions:
            self._blocks.setdefault(_tzid_of(block), []).append(block)
        # Definitions are evaluated when a time needs them.
        self._defined: dict[str, _Definition | None] = {}

    def read(self, written: Written, *, event_zone: ZoneInfo | None = None, like: tzinfo | None = None) -> Moment:
        """Return the moment of a DATE-TIME.

        A time that its time zone skips is read with the UTC offset before the gap. If a time occurs twice, the first
        occurrence is meant (RFC 5545, 3.3.5). The offset that is part of a time takes precedence over its TZID
        (3.2.19). `event_zone` is the time zone that the event names itself, in which it is shown. Times without a time
        zone are in `like`, or in the event's time zone.

        Raises:
            TimeOutOfRange
        """
        local = written.local
        try:
            if written.offset is not None:
                return self._at_offset(local.replace(tzinfo=timezone(written.offset)), written.tzid, event_zone)
            if written.tzid is None:
                zone = event_zone or self.floating
                is_floating = self.is_default_zone_used and not event_zone
                return Moment(instant_of_local(local, like or zone), zone, like or zone, local, is_floating=is_floating)
            return self._in_named_zone(local, written.tzid, event_zone)
        except OverflowError as error:
            raise TimeOutOfRange from error

    def _in_named_zone(self, local: datetime, tzid: str, event_zone: ZoneInfo | None) -> Moment:
        found = self._rules(local, tzid)
        if found:
            rules, zone, remark = found
            return Moment(instant_of_local(local, rules), event_zone or zone, rules, local, remark)
        rules = self.floating
        remark = _("Unknown time zone “%(name)s”; times were read as %(zone)s.") % {
            "name": quoted(tzid),
            "zone": rules.key,
        }
        instant = instant_of_local(local, rules)
        return Moment(instant, event_zone or rules, rules, local, remark, is_floating=self.is_default_zone_used)

    def _at_offset(self, time: datetime, tzid: str | None, event_zone: ZoneInfo | None) -> Moment:
        instant = time.astimezone(UTC)
        if tzid is None:
            zone = event_zone or (self.floating if time.utcoffset() else self._shown_for_utc)
            return Moment(instant, zone, time.tzinfo or UTC, time.replace(tzinfo=None))
        named = known_zone(tzid) or guessed_zone(tzid)
        local = instant.astimezone(named or UTC)
        if named and local.utcoffset() == time.utcoffset():
            return Moment(instant, event_zone or named, named, local.replace(tzinfo=None))
        remark = _(
            "Its times are in UTC or have a UTC offset, so the time zone “%(name)s” beside them doesn’t shift them."
        )
        zone = event_zone or named or self._shown_for_utc
        return Moment(instant, zone, named or UTC, local.replace(tzinfo=None), remark % {"name": quoted(tzid)})

    def _rules(self, local: datetime, tzid: str) -> tuple[tzinfo, ZoneInfo, str] | None:
        """Return the time zone that converts the local time, the one in which to show it, and a remark.

        None if nothing says what the name stands for.
        """
        defined, known = self._definition(tzid), known_zone(tzid)
        # The file's own definition applies, unless its TZID is a name in the tz database, which is better maintained.
        if known and (defined is None or iana_zone(tzid) or _agree(defined.rules, known, local)):
            return known, known, ""
        location = known_zone(defined.location) if defined else None
        if defined and location and _agree(defined.rules, location, local):
            return location, location, ""
        names = {"name": quoted(tzid), "zone": self.floating.key}
        guessed = guessed_zone(tzid)
        if guessed and (defined is None or _agree(defined.rules, guessed, local)):
            remark = _("The time zone “%(name)s” was read as %(zone)s.")
            return guessed, guessed, remark % (names | {"zone": guessed.key})
        if defined:
            remark = _(
                "The time zone “%(name)s” has no known name; the event is at the right time, but shown in %(zone)s."
            )
            return defined.rules, self.floating, remark % names
        offset = named_offset(tzid)
        if offset is not None:
            remark = _(
                "Only the UTC offset of the time zone “%(name)s” is known; the event was read with it and is shown in "
                "%(zone)s."
            )
            return timezone(offset), self.floating, remark % names
        return None

    def _definition(self, tzid: str) -> _Definition | None:
        """Return the first sound definition of a time zone in the file, or None if there is none."""
        key = tzid.casefold()
        if key not in self._defined:
            self._defined[key] = next(filter(None, map(_definition_of, self._blocks.get(key, []))), None)
        return self._defined[key]


def _tzid_of(block: Block) -> str:
    """Return the TZID of a VTIMEZONE, as times refer to it, without evaluating its rules."""
    lines = (line.partition(":") for line in block.lines)
    found = next((text for name, _colon, text in lines if name.split(";")[0].strip().upper() == "TZID"), "")
    return found.replace("\\", "").strip('" ').casefold()


def _definition_of(block: Block) -> _Definition | None:
    try:
        definition = replace(block, lines=with_late_starts(block.lines)).parse()
        rules = definition.to_tz(lookup_tzid=False) if isinstance(definition, Timezone) else None
        if rules:
            # The library needs a standard offset for times before all rules.
            _offset(datetime(FIRST_YEAR - 1, 1, 1), rules)  # noqa: DTZ001 - a local time
    except (InvalidEntry, *LIBRARY_ERRORS):
        return None  # the time zone may still be known by its name
    return _Definition(rules, str(definition.get("X-LIC-LOCATION", ""))) if rules else None


def instant_of_local(local: datetime, rules: tzinfo) -> datetime:
    """Return the instant of a local time. If it occurs twice, its first occurrence is meant.

    Raises:
        OverflowError
    """
    return (local - _offset(local, rules)).replace(tzinfo=UTC)


def _offset(local: datetime, rules: tzinfo) -> timedelta:
    """Return the UTC offset at a local time. The dates of the Gregorian calendar repeat every 400 years.

    The library would pass all years of a VTIMEZONE before the time.
    """
    if not isinstance(rules, ZoneInfo) and local.year >= FIRST_YEAR + GREGORIAN_CYCLE:
        local = local.replace(year=FIRST_YEAR + (local.year - FIRST_YEAR) % GREGORIAN_CYCLE)
    return local.replace(tzinfo=rules, fold=0).utcoffset() or timedelta(0)


def _agree(rules: tzinfo, zone: ZoneInfo, local: datetime) -> bool:
    return _offset(local, rules) == _offset(local, zone)
