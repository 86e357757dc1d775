"""Test how times are shown: in the event's zone, in the reader's zone, in rows and as distances."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from events.models import Event
from events.presentation.times import (
    distance_text,
    event_distance,
    event_time,
    reader_row_text,
    reader_time,
    row_text,
    zone_name,
)

# The day of every zone below at noon in UTC.
TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROME, NEW_YORK, TOKYO = ZoneInfo("Europe/Rome"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")


def concert(start: str, end: str | None = None, *, zone: str = "Europe/Rome", all_day: bool = False) -> Event:
    """Return an event that is not saved, with times in its own zone."""
    starts_at = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    ends_at = datetime.fromisoformat(end).replace(tzinfo=ZoneInfo(zone)) if end else None
    return Event(starts_at=starts_at, ends_at=ends_at, time_zone=zone, all_day=all_day)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (concert("2026-12-04T18:00"), "Fri 4 Dec, 18:00 Rome time"),
        (concert("2026-12-04T18:00", "2026-12-04T20:30"), "Fri 4 Dec, 18:00–20:30 Rome time"),
        (concert("2026-12-04T22:00", "2026-12-05T06:00"), "Fri 4 Dec, 22:00–06:00 Rome time"),
        (concert("2026-12-04T22:00", "2026-12-05T06:01"), "Fri 4 Dec 22:00 – Sat 5 Dec 06:01 Rome time"),
        (concert("2026-12-04T02:00", "2026-12-05T01:59"), "Fri 4 Dec, 02:00–01:59 Rome time"),
        (concert("2026-12-04T02:00", "2026-12-05T02:00"), "Fri 4 Dec 02:00 – Sat 5 Dec 02:00 Rome time"),
        (concert("2026-12-04T22:00", "2026-12-06T00:30"), "Fri 4 Dec 22:00 – Sun 6 Dec 00:30 Rome time"),
        (concert("2026-12-04T20:00", "2026-12-05T00:00"), "Fri 4 Dec, 20:00–00:00 Rome time"),
        (concert("2026-12-04T20:00", "2026-12-06T00:00"), "Fri 4 Dec 20:00 – Sun 6 Dec 00:00 Rome time"),
        (concert("2027-01-02T18:00", zone="UTC"), "Sat 2 Jan 2027, 18:00 UTC"),
        (concert("2026-12-04T00:00", "2026-12-05T00:00", all_day=True), "Fri 4 Dec"),
        (concert("2026-12-04T00:00", "2026-12-07T00:00", all_day=True), "Fri 4 – Sun 6 Dec"),
        (concert("2026-11-30T00:00", "2026-12-03T00:00", all_day=True), "Mon 30 Nov – Wed 2 Dec"),
    ],
)
def test_event_time_is_in_the_events_zone(event: Event, text: str) -> None:
    assert str(event_time(event, today=TODAY)) == text


def test_reader_time_has_the_day_of_the_reader() -> None:
    event = concert("2026-12-04T02:00", "2026-12-04T03:00")

    time = reader_time(event, NEW_YORK, today=TODAY)

    assert str(time) == "Thu 3 Dec, 20:00–21:00 New York time"


def test_reader_time_has_both_days_only_where_it_ends_on_another() -> None:
    event = concert("2026-12-04T18:00", "2026-12-05T08:00")

    assert str(reader_time(event, NEW_YORK, today=TODAY)) == "Fri 4 Dec, 12:00–02:00 New York time"
    assert str(reader_time(event, TOKYO, today=TODAY)) == "Sat 5 Dec, 02:00–16:00 Tokyo time"
    assert str(reader_time(event, ZoneInfo("Africa/Nairobi"), today=TODAY)) == (
        "Fri 4 Dec 20:00 – Sat 5 Dec 10:00 Nairobi time"
    )


@pytest.mark.parametrize("zone", [ROME, ZoneInfo("Europe/Paris"), None])
def test_reader_time_is_empty_where_it_would_be_the_same(zone: ZoneInfo | None) -> None:
    assert reader_time(concert("2026-12-04T18:00"), zone, today=TODAY) is None


def test_reader_time_is_empty_for_dates() -> None:
    event = concert("2026-12-04T00:00", "2026-12-05T00:00", all_day=True)

    assert reader_time(event, TOKYO, today=TODAY) is None


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (concert("2026-12-04T18:00"), "18:00"),
        (concert("2026-12-04T18:00", "2026-12-04T20:30"), "18:00–20:30"),
        (concert("2026-12-04T21:00", "2026-12-05T00:30"), "21:00–00:30"),
        (concert("2026-12-04T22:00", "2026-12-05T07:00"), "22:00 until Sat 5 Dec 07:00"),
        (concert("2026-12-04T20:00", "2026-12-05T00:00"), "20:00–00:00"),
        (concert("2026-12-04T00:00", "2026-12-05T00:00", all_day=True), "All day"),
        (concert("2026-12-04T00:00", "2026-12-07T00:00", all_day=True), "All day until Sun 6 Dec"),
    ],
)
def test_row_leaves_out_the_day_of_its_heading(event: Event, text: str) -> None:
    assert row_text(event, today=TODAY, day=date(2026, 12, 4)) == text


def test_row_without_a_heading_has_the_day() -> None:
    event = concert("2026-12-04T18:00", "2026-12-04T20:30")

    assert row_text(event, today=TODAY, day=None) == "Fri 4 Dec, 18:00–20:30"


def test_reader_time_of_a_row_has_the_day_only_where_it_is_another() -> None:
    event = concert("2026-12-04T18:00", "2026-12-04T19:00")

    assert reader_row_text(event, NEW_YORK, today=TODAY) == "12:00–13:00"
    assert reader_row_text(event, TOKYO, today=TODAY) == "Sat 5 Dec, 02:00–03:00"
    assert reader_row_text(event, ROME, today=TODAY) == ""


def test_reader_time_of_a_row_has_the_day_of_its_end_where_that_is_another() -> None:
    event = concert("2026-12-04T18:00", "2026-12-05T03:00")

    assert reader_row_text(event, ZoneInfo("Asia/Karachi"), today=TODAY) == "22:00 until Sat 5 Dec 07:00"
    assert reader_row_text(event, ZoneInfo("Asia/Tokyo"), today=TODAY) == "Sat 5 Dec, 02:00–11:00"
    assert reader_row_text(event, ZoneInfo("Asia/Dubai"), today=TODAY) == "21:00–06:00"


def test_reader_time_of_a_row_has_both_days_where_both_are_others() -> None:
    event = concert("2026-12-04T02:00", "2026-12-04T14:00")

    assert reader_row_text(event, NEW_YORK, today=TODAY) == "Thu 3 Dec 20:00 – Fri 4 Dec 08:00"


@pytest.mark.parametrize(
    ("event", "zone", "text"),
    [
        (concert("2026-11-25T02:00"), NEW_YORK, "today"),
        (concert("2026-11-25T02:00"), None, "tomorrow"),
        (concert("2026-11-24T23:00"), TOKYO, "tomorrow"),
        (concert("2026-11-24T19:01"), ROME, "today"),
        (concert("2026-11-25T00:00", "2026-11-26T00:00", all_day=True), NEW_YORK, "tomorrow"),
        (concert("2026-11-25T00:00", "2026-11-28T00:00", all_day=True, zone="Asia/Tokyo"), NEW_YORK, "tomorrow"),
    ],
)
def test_distance_counts_the_readers_days_and_dates_by_the_calendar(
    event: Event, zone: ZoneInfo | None, text: str
) -> None:
    assert event_distance(event, zone, at=NOON) == text


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (timedelta(hours=6), "in 6 h"),
        (timedelta(hours=3, minutes=39, seconds=1), "in 3 h 40 min"),
        (timedelta(minutes=60), "in 1 h"),
        (timedelta(minutes=58), "in 58 min"),
        (timedelta(seconds=1), "in 1 min"),
        (timedelta(0), "today"),
    ],
)
def test_distance_of_a_near_start_counts_hours_and_minutes(before: timedelta, text: str) -> None:
    midnight = concert("2026-11-25T00:30")

    assert event_distance(midnight, ROME, at=midnight.starts_at - before) == text


def test_distance_of_an_all_day_event_is_never_counted_in_hours() -> None:
    day = concert("2026-11-25T00:00", "2026-11-26T00:00", all_day=True)

    assert event_distance(day, ROME, at=day.starts_at - timedelta(hours=1)) == "tomorrow"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (2, "in 2 days"),
        (-9, "9 days ago"),
        (60, "in 60 days"),
        (61, "in 2 months"),
        (-719, "23 months ago"),
        (730, "in 2 years"),
    ],
)
def test_distance_reads_in_days_then_months_then_years(days: int, text: str) -> None:
    today = date(2026, 11, 24)

    assert distance_text(today + timedelta(days=days), today=today) == text


@pytest.mark.parametrize(
    ("zone", "name"),
    [("Europe/Rome", "Rome time"), ("America/Argentina/Buenos_Aires", "Buenos Aires time"), ("UTC", "UTC")],
)
def test_zone_is_called_by_its_city(zone: str, name: str) -> None:
    assert zone_name(ZoneInfo(zone)) == name
