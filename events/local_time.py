"""Convert between instants and the local times and days of a time zone.

This includes the rules for hours that a time zone skips or repeats when its UTC offset changes.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.zones import TIME_ZONES, zone_of
from events.exceptions import NonexistentTime, TimeOutOfRange, UnknownTimeZone

# No time zone is further ahead of UTC, so a local day begins at most this long before the UTC day of the same date.
MAX_AHEAD_OF_UTC = timedelta(hours=14)
# No time zone is further behind UTC, so a local day ends at most this long after the UTC day of the same date.
MAX_BEHIND_UTC = timedelta(hours=12)
# What ends by this time of the next morning, less than a day after its start, belongs to the day on which it started.
NIGHT_END = time(6)


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone of this name.

    Raises:
        UnknownTimeZone
    """
    if name not in TIME_ZONES:
        raise UnknownTimeZone
    return zone_of(name)


def check_showable(instant: datetime, *, field: str) -> None:
    """Refuse an instant that a page could not show in every time zone together with the adjacent months.

    Raises:
        TimeOutOfRange: it is outside the years 1001 to 9998. MariaDB's years begin with 1000, Python's end with 9999.
    """
    if not 1000 < instant.year < 9999:
        raise TimeOutOfRange(field=field)


def instant_of(local: datetime, zone: ZoneInfo, *, field: str = "starts_at") -> datetime:
    """Return the UTC instant of a naive local time. If the time occurs twice, its first occurrence is meant.

    Raises:
        NonexistentTime: the time zone skips this time.
        TimeOutOfRange: the instant is outside the years 1 to 9999.
    """
    try:
        instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
        is_skipped = instant.astimezone(zone).replace(tzinfo=None) != local.replace(fold=0)
    except OverflowError as error:
        raise TimeOutOfRange(field=field) from error
    if is_skipped:
        raise NonexistentTime(
            _("%(time)s doesn’t exist in %(zone)s: clocks go forward then.")
            % {"time": f"{local:%Y-%m-%d %H:%M}", "zone": zone.key},
            field=field,
        )
    return instant


def day_start(day: date, zone: ZoneInfo, *, field: str = "starts_at") -> datetime:
    """Return the UTC instant at which a local day begins: midnight, or the first instant after a skipped one.

    Raises:
        TimeOutOfRange
    """
    midnight = datetime.combine(day, time())
    try:
        return instant_of(midnight, zone, field=field)
    except NonexistentTime:
        # fold=0 applies the offset from before the change, so a skipped midnight becomes the instant of the change.
        return midnight.replace(tzinfo=zone, fold=0).astimezone(UTC)


def day_after(day: date, *, field: str = "ends_at") -> date:
    """Return the next day.

    Raises:
        TimeOutOfRange: the day is the last one that Python can represent.
    """
    try:
        return day + timedelta(days=1)
    except OverflowError as error:
        raise TimeOutOfRange(field=field) from error


def utc_text(instant: datetime) -> str:
    """Return an instant in ISO 8601 and UTC, as the API shows it: "2026-12-04T17:00:00Z"."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def today_in(zone: tzinfo, at: datetime) -> date:
    """Return the day that it is in the time zone at this time."""
    return at.astimezone(zone).date()


def next_hour(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the next full hour in the time zone, `> at`."""
    local = (at + timedelta(hours=1)).astimezone(zone)
    return local.replace(minute=0, second=0, microsecond=0)


def span_of_days(first: date, last: date) -> tuple[datetime, datetime]:
    """Return the UTC instants between which these days lie in every time zone; the second is exclusive."""
    start, end = (datetime.combine(day, time.min, UTC) for day in (first, last + timedelta(days=1)))
    return start - MAX_AHEAD_OF_UTC, end + MAX_BEHIND_UTC


def earliest_date(instant: datetime) -> date:
    """Return the earliest day on which an instant falls in any time zone."""
    return (instant - MAX_BEHIND_UTC).date()


def local_date(instant: datetime, zone: ZoneInfo, *, field: str = "starts_at") -> date:
    """Return the day on which an instant falls in the time zone.

    Raises:
        TimeOutOfRange
    """
    try:
        return instant.astimezone(zone).date()
    except OverflowError as error:
        raise TimeOutOfRange(field=field) from error


def last_day(starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo) -> date:
    """Return the last day on which an event takes place, inclusive."""
    if ends_at is None or ends_at == starts_at:
        return starts_at.astimezone(zone).date()
    return (ends_at - timedelta(microseconds=1)).astimezone(zone).date()


def ends_in_its_night(start: datetime, end: datetime) -> bool:
    """Whether a span ends in the night after the day on which it starts, `<= NIGHT_END`. Both are in the same zone.

    A concert from 21:00 to 00:30 does. A fair that ends at 00:30 on its third day does not.
    """
    is_next_day = end.date() - start.date() == timedelta(days=1)
    return is_next_day and end.time() <= NIGHT_END and end.time() < start.time()


def all_day_bounds(starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Widen two instants to the whole local days that they touch. Without an end, return the day of the start.

    An end at local midnight is already exclusive and does not change.

    Raises:
        TimeOutOfRange
    """
    first = local_date(starts_at, zone)
    try:
        if ends_at is None:
            after = first + timedelta(days=1)
        else:
            after = local_date(ends_at, zone, field="ends_at")
            if ends_at > day_start(after, zone):
                after += timedelta(days=1)
    except OverflowError as error:
        raise TimeOutOfRange(field="ends_at") from error
    return day_start(first, zone), day_start(after, zone, field="ends_at")
