"""Test local times and days: gaps, overlaps and the bounds of whole days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from events.exceptions import NonexistentTime, TimeOutOfRange, UnknownTimeZone
from events.local_time import all_day_bounds, check_showable, day_start, instant_of, zone_named

ROME = ZoneInfo("Europe/Rome")
# In these zones midnight was once skipped.
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def test_instant_of_an_ordinary_time_is_that_time_in_utc() -> None:
    assert instant_of(datetime(2026, 12, 1, 18, 0), ROME) == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_instant_of_a_skipped_time_is_refused(minute: int) -> None:
    with pytest.raises(NonexistentTime) as refusal:
        instant_of(datetime(2027, 3, 28, 2, minute), ROME, field="ends_at")

    assert refusal.value.field == "ends_at"
    assert f"02:{minute:02}" in refusal.value.message


def test_instant_at_the_end_of_the_gap_exists() -> None:
    assert instant_of(datetime(2027, 3, 28, 3, 0), ROME) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_instant_of_a_repeated_time_is_the_first() -> None:
    assert instant_of(datetime(2026, 10, 25, 2, 30), ROME) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_instant_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(TimeOutOfRange):
        instant_of(datetime(1, 1, 1), ROME)


@pytest.mark.parametrize("moment", [datetime(1000, 12, 31, 23, 59, 59), datetime(9999, 1, 1)])
def test_moment_that_no_page_could_show_everywhere_is_refused(moment: datetime) -> None:
    with pytest.raises(TimeOutOfRange) as refusal:
        check_showable(moment.replace(tzinfo=UTC), field="ends_at")

    assert refusal.value.field == "ends_at"


@pytest.mark.parametrize("moment", [datetime(1001, 1, 1), datetime(9998, 12, 31, 23, 59, 59)])
def test_moment_at_the_edge_of_what_pages_show_is_taken(moment: datetime) -> None:
    check_showable(moment.replace(tzinfo=UTC), field="starts_at")


def test_day_that_begins_with_a_skipped_midnight_begins_at_the_change() -> None:
    assert day_start(date(2018, 11, 4), SAO_PAULO) == datetime(2018, 11, 4, 3, 0, tzinfo=UTC)


def test_all_day_without_an_end_is_the_day_of_the_start() -> None:
    bounds = all_day_bounds(datetime(2026, 12, 1, 15, 30, tzinfo=UTC), None, ROME)

    assert bounds == (datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 1, 23, tzinfo=UTC))


def test_all_day_end_within_a_day_is_widened_to_its_midnight() -> None:
    bounds = all_day_bounds(
        datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 2, 0, 0, 1, tzinfo=UTC), ZoneInfo("UTC")
    )

    assert bounds == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC))


@pytest.mark.parametrize("zone", [ROME, SAO_PAULO, ZoneInfo("Pacific/Apia"), ZoneInfo("Asia/Kathmandu")])
def test_all_day_bounds_stay_when_widened_again(zone: ZoneInfo) -> None:
    first = all_day_bounds(datetime(2018, 11, 3, 12, tzinfo=UTC), datetime(2018, 11, 4, 12, tzinfo=UTC), zone)

    assert all_day_bounds(*first, zone) == first


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "localtime", "../etc/passwd", "Europe/rome"])
def test_zone_that_is_no_iana_name_is_refused(name: str) -> None:
    with pytest.raises(UnknownTimeZone):
        zone_named(name)
