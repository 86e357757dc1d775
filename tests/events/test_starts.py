"""Test when reminders fall due, and until when they may be sent, also on days on which the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from events.local_time import day_start
from events.starts import Start

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
DAY = 24 * 60
TIMED = Start(datetime(2026, 12, 4, 17, tzinfo=UTC), all_day=False, time_zone="")


def day_in(zone: str, day: date) -> Start:
    """Return the start of an all-day event that begins on this day."""
    return Start(day_start(day, ZoneInfo(zone)), all_day=True, time_zone=zone)


DAY_IN_ROME = day_in("Europe/Rome", date(2026, 12, 4))


@pytest.mark.parametrize(("lead", "due_at"), [(0, "12-04 17:00"), (60, "12-04 16:00"), (43_200, "11-04 17:00")])
def test_reminder_of_a_timed_start_falls_due_so_many_minutes_before(lead: int, due_at: str) -> None:
    assert f"{TIMED.due_at(lead):%m-%d %H:%M}" == due_at


@pytest.mark.parametrize(
    ("lead", "due_at"),
    [
        *((lead, "12-04 08:00") for lead in (0, 10, DAY - 1)),
        *((lead, "12-03 08:00") for lead in (DAY, 2 * DAY - 1)),
        (7 * DAY, "11-27 08:00"),
    ],
)
def test_reminder_of_a_whole_day_falls_due_at_nine_of_the_events_zone_so_many_days_before(
    lead: int, due_at: str
) -> None:
    assert f"{DAY_IN_ROME.due_at(lead):%m-%d %H:%M}" == due_at


def test_reminder_of_a_whole_day_falls_due_at_the_hour_of_the_settings(settings: Settings) -> None:
    settings.ALL_DAY_REMINDER_HOUR = 0

    assert DAY_IN_ROME.due_at(0) == DAY_IN_ROME.moment


def test_reminder_of_a_whole_day_comes_at_nine_on_both_sides_of_a_clock_change() -> None:
    """In Rome the clocks went back on 25 October 2026."""
    start = day_in("Europe/Rome", date(2026, 10, 25))

    assert start.due_at(DAY) == datetime(2026, 10, 24, 7, tzinfo=UTC)
    assert start.due_at(0) == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_reminder_hour_that_the_clocks_skip_is_the_one_with_the_offset_before(settings: Settings) -> None:
    settings.ALL_DAY_REMINDER_HOUR = 2

    assert day_in("Europe/Rome", date(2027, 3, 28)).due_at(0) == datetime(2027, 3, 28, 1, tzinfo=UTC)


def test_reminder_hour_that_comes_twice_is_the_first(settings: Settings) -> None:
    settings.ALL_DAY_REMINDER_HOUR = 2

    assert day_in("Europe/Rome", date(2026, 10, 25)).due_at(0) == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_whole_day_whose_midnight_is_skipped_is_that_day() -> None:
    start = day_in("America/Sao_Paulo", date(2018, 11, 4))

    assert start.day == date(2018, 11, 4)
    assert start.due_at(0) == datetime(2018, 11, 4, 11, tzinfo=UTC)


def test_reminder_of_a_timed_start_may_be_sent_until_the_start_and_that_at_the_start_ten_minutes_longer() -> None:
    assert TIMED.sent_until(1) == TIMED.moment
    assert TIMED.sent_until(0) == TIMED.moment + 10 * MINUTE


@pytest.mark.parametrize("lead", [0, DAY])
def test_reminder_of_a_whole_day_may_be_sent_until_its_first_day_ends(lead: int) -> None:
    """In Rome this day had 25 hours."""
    assert day_in("Europe/Rome", date(2026, 10, 25)).sent_until(lead) == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_missed_reminder_of_a_timed_start_is_made_up_for_until_the_start() -> None:
    before = TIMED.moment - SECOND

    assert TIMED.catches_up_at(before) == before
    assert TIMED.catches_up_at(TIMED.moment) is None


def test_missed_reminder_of_a_whole_day_is_made_up_for_at_nine_on_its_first_day() -> None:
    nine = DAY_IN_ROME.due_at(0)

    assert DAY_IN_ROME.catches_up_at(DAY_IN_ROME.moment - SECOND) == DAY_IN_ROME.moment - SECOND
    assert DAY_IN_ROME.catches_up_at(DAY_IN_ROME.moment) == nine
    assert DAY_IN_ROME.catches_up_at(nine - SECOND) == nine
    assert DAY_IN_ROME.catches_up_at(nine) is None


def test_reminders_of_whole_days_are_the_same_for_the_same_days_before_the_same_date() -> None:
    in_utc = day_in("UTC", date(2026, 12, 4))

    assert {DAY_IN_ROME.identify(0), DAY_IN_ROME.identify(DAY - 1), in_utc.identify(60)} == {"0:2026-12-04"}
    assert DAY_IN_ROME.identify(2 * DAY - 1) == "1:2026-12-04"


def test_reminders_of_a_timed_start_are_the_same_for_the_same_lead_and_instant() -> None:
    assert TIMED.identify(60) == f"60:{int(TIMED.moment.timestamp())}"


def test_leads_of_a_whole_day_that_fall_due_at_one_moment_are_one() -> None:
    assert DAY_IN_ROME.distinct([2 * DAY - 1, 60, DAY, 10]) == [10, DAY]
    assert TIMED.distinct([2 * DAY - 1, 60, DAY, 10]) == [10, 60, DAY, 2 * DAY - 1]
