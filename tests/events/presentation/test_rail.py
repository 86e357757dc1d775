"""Test the rail and the strip: queries from the URL, keyset pages and days."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser

from events.models import Event
from events.presentation import rail
from events.presentation.rail import (
    PAGE_SIZE,
    STRIP_DAYS,
    BrowsingQuery,
    RailPage,
    StripDay,
    day_counts,
    rail_page,
    strip_of,
)
from tests.makers import MakeEvent


def page_at(query: BrowsingQuery, at: datetime) -> RailPage:
    return rail_page(Event.objects.listed().for_list(AnonymousUser()), query, at=at, zone=None)


def strip_at(page: RailPage, at: datetime) -> list[StripDay]:
    return strip_of(page, partial(day_counts, Event.objects.listed(), at=at), at=at, zone=None)


def headlines_of(page: RailPage) -> list[str]:
    return [event.headline for event in page.events]


@pytest.mark.parametrize(
    "params",
    [
        {"after": "yesterday"},
        {"after": "20261204T170000"},
        {"before": "20261204T170000-x"},
        {"from": "2026-13-01"},
        {"from": "0001-01-01"},
    ],
)
def test_query_refuses_what_is_no_position_and_no_day(params: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        BrowsingQuery.parse(params)


def test_pages_go_on_between_fractions_of_a_second(make_event: MakeEvent, at: datetime) -> None:
    names = [f"Event {number:02}" for number in range(PAGE_SIZE + 1)]
    for number, name in enumerate(names):
        make_event(headline=name, starts_at=at + timedelta(days=2, microseconds=number + 1))

    first = page_at(BrowsingQuery(), at)
    second = page_at(BrowsingQuery.parse({"after": str(first.later)}), at)

    assert headlines_of(first) + headlines_of(second) == names


def test_pages_walk_through_events_of_one_moment_and_back(make_event: MakeEvent, at: datetime) -> None:
    names = [f"Event {number:02}" for number in range(2 * PAGE_SIZE + 1)]
    for name in names:
        make_event(headline=name)

    first = page_at(BrowsingQuery(), at)
    second = page_at(BrowsingQuery(after=first.later), at)
    third = page_at(BrowsingQuery(after=second.later), at)
    back = page_at(BrowsingQuery(before=third.earlier), at)

    assert headlines_of(first) + headlines_of(second) + headlines_of(third) == names
    assert headlines_of(back) == headlines_of(second)
    assert (first.earlier, third.later) == (None, None)
    assert page_at(BrowsingQuery(before=back.earlier), at).earlier is None


def test_past_pages_run_from_the_last_to_the_first(make_event: MakeEvent, at: datetime) -> None:
    for number in range(PAGE_SIZE + 1):
        make_event(headline=f"Day {number}", starts_at=at + timedelta(days=number + 1))
    later = at + timedelta(days=PAGE_SIZE + 3)

    first = page_at(BrowsingQuery(is_past=True), later)
    second = page_at(BrowsingQuery(is_past=True, before=first.earlier), later)

    assert headlines_of(first)[0] == f"Day {PAGE_SIZE}"
    assert headlines_of(second) == ["Day 0"]
    assert (first.later, second.earlier) == (None, None)
    assert headlines_of(page_at(BrowsingQuery(is_past=True, after=second.later), later)) == headlines_of(first)


def test_days_are_the_events_own_with_what_is_under_way_first(make_event: MakeEvent) -> None:
    at = datetime(2026, 12, 4, 12, tzinfo=UTC)
    tokyo, rome = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Rome")
    make_event(headline="Dinner", starts_at=datetime(2026, 12, 5, 20, tzinfo=rome), time_zone="Europe/Rome", at=at)
    make_event(headline="Sunrise", starts_at=datetime(2026, 12, 6, 4, tzinfo=tokyo), time_zone="Asia/Tokyo", at=at)
    make_event(
        headline="Fair", starts_at=datetime(2026, 12, 5, tzinfo=rome), all_day=True, time_zone="Europe/Rome", at=at
    )
    make_event(
        headline="Conference",
        starts_at=datetime(2026, 12, 3, tzinfo=rome),
        ends_at=datetime(2026, 12, 6, tzinfo=rome),
        at=at - timedelta(days=3),
    )

    days = page_at(BrowsingQuery(), at).days

    assert [(day.date, day.distance, [event.headline for event in day.events]) for day in days] == [
        (None, "", ["Conference"]),
        (date(2026, 12, 5), "tomorrow", ["Fair", "Dinner"]),
        (date(2026, 12, 6), "in 2 days", ["Sunrise"]),
    ]


def test_a_first_day_leaves_out_the_day_before_it(make_event: MakeEvent) -> None:
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    for day in (4, 5):
        starts_at = datetime(2026, 12, day, 23, tzinfo=ZoneInfo("America/New_York"))
        make_event(headline=f"Day {day}", starts_at=starts_at, time_zone="America/New_York", at=at)

    assert headlines_of(page_at(BrowsingQuery(first_day=date(2026, 12, 5)), at)) == ["Day 5"]


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Kiritimati"])
def test_a_first_day_begins_with_its_midnight_in_every_zone(make_event: MakeEvent, zone: str) -> None:
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    make_event(starts_at=datetime(2026, 12, 5, tzinfo=ZoneInfo(zone)), time_zone=zone, at=at)

    page = page_at(BrowsingQuery(first_day=date(2026, 12, 5)), at)

    assert headlines_of(page) == ["Concert"]
    assert strip_at(page, at)[0].count == 1


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("today", ["Now", "Today"]),
        ("week", ["Now", "Today", "Sunday"]),
        ("next-week", ["Monday", "Next Sunday"]),
        ("month", ["Now", "Today", "Sunday", "Monday", "Next Sunday", "14th", "31st"]),
    ],
)
def test_spans_are_the_readers_day_week_next_week_and_month(
    make_event: MakeEvent, when: str, expected: list[str]
) -> None:
    rome = ZoneInfo("Europe/Rome")
    at = datetime(2026, 12, 4, 12, tzinfo=rome)
    early = at - timedelta(days=3)
    make_event(headline="Now", starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=1), at=early)
    for headline, starts_at in [
        ("Today", datetime(2026, 12, 4, 23, 59, tzinfo=rome)),
        ("Sunday", datetime(2026, 12, 6, 23, 59, tzinfo=rome)),
        ("Monday", datetime(2026, 12, 7, 0, 0, tzinfo=rome)),
        ("Next Sunday", datetime(2026, 12, 13, 23, 59, tzinfo=rome)),
        ("14th", datetime(2026, 12, 14, 0, 0, tzinfo=rome)),
        ("31st", datetime(2026, 12, 31, 23, 59, tzinfo=rome)),
        ("January", datetime(2027, 1, 1, 0, 0, tzinfo=rome)),
    ]:
        make_event(headline=headline, starts_at=starts_at, time_zone="Europe/Rome", at=early)
    events = Event.objects.listed().for_list(AnonymousUser())

    assert headlines_of(rail_page(events, BrowsingQuery(when=when), at=at, zone=rome)) == expected


def test_strip_counts_events_on_their_own_days(make_event: MakeEvent) -> None:
    at = datetime(2026, 12, 4, 12, tzinfo=UTC)
    new_york = ZoneInfo("America/New_York")
    for hour in (20, 23):
        make_event(starts_at=datetime(2026, 12, 5, hour, tzinfo=new_york), time_zone="America/New_York", at=at)

    strip = strip_at(page_at(BrowsingQuery(), at), at)

    assert len(strip) == STRIP_DAYS
    assert (strip[0].date, strip[0].is_today) == (date(2026, 12, 4), True)
    assert [(day.date.day, day.count, day.is_on_page) for day in strip if day.count] == [(5, 2, True)]


def test_strip_says_from_which_day_on_it_has_not_read_all_events(
    make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rail, "STRIP_LIMIT", 3)
    at = datetime(2026, 12, 4, 12, tzinfo=UTC)
    for day in (5, 8, 8):
        make_event(starts_at=datetime(2026, 12, day, 13, tzinfo=UTC), at=at)

    strip = strip_at(page_at(BrowsingQuery(), at), at)

    assert [day.date.day for day in strip if not day.is_cut] == [4, 5, 6, 7]
    assert (strip[1].label, strip[4].label) == ("Saturday 5 December, 1 event", "Tuesday 8 December, at least 2 events")
    assert strip[5].label == "Wednesday 9 December, more events"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Etc/GMT+12", "Pacific/Kiritimati"])
def test_strip_counts_its_last_day_to_the_end_in_every_zone(make_event: MakeEvent, zone: str) -> None:
    at = datetime(2026, 12, 4, 12, tzinfo=UTC)
    last = date(2026, 12, 4) + timedelta(days=STRIP_DAYS - 1)
    make_event(starts_at=datetime.combine(last, time(23, 59), ZoneInfo(zone)), time_zone=zone, at=at)

    strip = strip_at(page_at(BrowsingQuery(), at), at)

    assert [(day.date, day.count) for day in strip if day.count] == [(last, 1)]
