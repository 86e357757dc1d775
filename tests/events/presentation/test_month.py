"""Test the month view: on which days an event is shown, in which order, and where the calendar ends."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.utils import translation

from events.models import Event
from events.presentation import month
from events.presentation.month import Month, MonthEntry, month_of
from events.presentation.rail import BrowsingQuery
from events.querysets import LENGTHS
from tests.makers import MakeEvent

MARCH = date(2027, 3, 1)
ROME = ZoneInfo("Europe/Rome")


@pytest.fixture
def at() -> datetime:
    return datetime(2027, 1, 10, 12, tzinfo=UTC)


def month_at(
    at: datetime, query: BrowsingQuery | None = None, *, first: date = MARCH, zone: ZoneInfo | None = None
) -> Month:
    events = Event.objects.listed().with_is_subscribed(AnonymousUser())
    return month_of(events, query or BrowsingQuery(), first=first, at=at, zone=zone)


def days_from(first: int, last: int) -> dict[str, Any]:
    """Return the times of an event on whole days of March."""
    starts_at, last_at = (datetime(2027, 3, day, tzinfo=UTC) for day in (first, last))
    return {"starts_at": starts_at, "ends_at": last_at + timedelta(days=1), "all_day": True}


def names(entries: list[MonthEntry]) -> list[str]:
    return [entry.event.headline for entry in entries]


def bars(page: Month) -> dict[int, list[str]]:
    """Return the bars by the day on which they begin: "Fair 1: 3 >" has three days in the first lane, and more."""
    return {
        day.date.day: [f"{bar.event.headline} {bar.lane}: {bar.length}{' >' * bar.goes_on}" for bar in day.bars]
        for day in page.days
        if day.bars
    }


def table(page: Month) -> dict[int, list[str]]:
    return {day.date.day: [entry.event.headline for entry in day.entries] for day in page.busy_days}


def test_event_stands_on_each_day_that_it_touches(make_event: MakeEvent, at: datetime) -> None:
    fair = {"starts_at": datetime(2027, 3, 10, 9, tzinfo=UTC), "ends_at": datetime(2027, 3, 12, 0, 1, tzinfo=UTC)}
    make_event(headline="Fair", **fair)
    make_event(headline="Ball", starts_at=fair["starts_at"], ends_at=datetime(2027, 3, 12, tzinfo=UTC))

    assert table(month_at(at)) == {10: ["Fair", "Ball"], 11: ["Fair", "Ball"], 12: ["Fair"]}


@pytest.mark.parametrize(
    ("begins", "ends", "days"),
    [
        ("10T21:00", "11T00:30", [10]),
        ("10T21:00", "11T06:00", [10]),
        ("10T21:00", "11T06:01", [10, 11]),
        ("10T05:00", "11T04:59", [10]),
        ("10T05:00", "11T05:00", [10, 11]),  # no shorter than a day
        ("10T21:00", "12T00:30", [10, 11, 12]),
    ],
)
def test_what_ends_in_the_night_belongs_to_the_day_before(
    make_event: MakeEvent, at: datetime, begins: str, ends: str, days: list[int]
) -> None:
    times = [datetime.fromisoformat(f"2027-03-{each}").replace(tzinfo=ROME) for each in (begins, ends)]
    make_event(starts_at=times[0], ends_at=times[1], time_zone=ROME.key)

    assert list(table(month_at(at))) == days


def test_night_after_the_last_day_of_a_month_is_not_in_the_next(make_event: MakeEvent, at: datetime) -> None:
    evening = datetime(2027, 2, 28, 21, tzinfo=UTC)
    make_event(starts_at=evening, ends_at=evening + timedelta(hours=5))
    make_event(headline="Days", starts_at=evening, ends_at=evening + timedelta(hours=24), all_day=True)

    assert table(month_at(at)) == {1: ["Days"]}


def test_event_of_several_days_is_one_bar_in_each_week(make_event: MakeEvent, at: datetime) -> None:
    make_event(**days_from(12, 16))
    make_event(headline="Walk", **days_from(13, 13))

    assert bars(month_at(at)) == {12: ["Concert 1: 3 >"], 15: ["Concert 1: 2"]}
    assert [day.anchor for day in month_at(at).busy_days] == [f"day-2027-03-{day}" for day in (12, 13, 12, 12, 12)]


def test_bars_lie_above_each_other_and_take_the_first_free_lane(make_event: MakeEvent, at: datetime) -> None:
    for headline, first, last in [("A", 8, 9), ("B", 8, 10), ("C", 9, 10), ("D", 10, 11), ("E", 11, 12)]:
        make_event(headline=headline, **days_from(first, last))

    assert bars(month_at(at)) == {8: ["B 1: 3", "A 2: 2"], 9: ["C 3: 2"], 10: ["D 2: 2"], 11: ["E 1: 2"]}
    assert [day.lanes for day in month_at(at).busy_days] == [2, 3, 3, 2, 1]


def test_what_finds_no_lane_is_among_the_other_events_of_its_days(make_event: MakeEvent, at: datetime) -> None:
    for number in range(5):
        make_event(headline=str(number), **days_from(8, 9))
    make_event(headline="Walk", **days_from(9, 9))

    eighth, ninth = month_at(at).busy_days

    assert (names(eighth.bars), names(eighth.shown), names(eighth.folded)) == (["0", "1", "2"], ["3"], ["4"])
    assert (names(ninth.bars), names(ninth.shown), names(ninth.folded)) == ([], ["Walk"], ["3", "4"])
    # A phone lists each event once.
    assert [entry.is_first for entry in ninth.shown + ninth.folded] == [True, False, False]
    assert [(day.more, day.more_first) for day in (eighth, ninth)] == [(1, 1), (2, 0)]


def test_bar_begins_late_where_no_lane_is_free_before(make_event: MakeEvent, at: datetime) -> None:
    for headline, first, last in [("A", 8, 9), ("B", 8, 12), ("C", 8, 11), ("D", 9, 12)]:
        make_event(headline=headline, **days_from(first, last))

    page = month_at(at)

    assert bars(page) == {8: ["B 1: 5", "C 2: 4", "A 3: 2"], 10: ["D 3: 3"]}
    assert names(page.busy_days[1].shown) == ["D"]
    assert [day.bars[0].starts_here for day in page.busy_days if day.bars] == [True, False]


def test_bar_leaves_room_for_fewer_of_a_days_own_events(make_event: MakeEvent, at: datetime) -> None:
    make_event(**days_from(8, 9))
    for number in range(3):
        make_event(headline=str(number), starts_at=datetime(2027, 3, 9, 12 + number, tzinfo=UTC))

    _, day = month_at(at).busy_days

    assert (names(day.shown), names(day.folded), day.more) == (["0", "1"], ["2"], 1)


def test_bar_that_began_in_another_month_or_year_says_so(make_event: MakeEvent, at: datetime) -> None:
    make_event(starts_at=datetime(2027, 2, 20, tzinfo=UTC), ends_at=datetime(2028, 1, 2, tzinfo=UTC), all_day=True)

    [first, *_] = month_at(at).days

    [bar] = first.bars
    assert (bar.starts_here, bar.is_first, bar.goes_on, bar.until) == (False, True, True, "Sat 1 Jan 2028")
    assert month_at(at).days[7].bars[0].is_first is False


def test_event_that_runs_over_the_edges_of_the_month_fills_it(make_event: MakeEvent, at: datetime) -> None:
    make_event(starts_at=datetime(2027, 2, 20, tzinfo=UTC), ends_at=datetime(2027, 4, 20, tzinfo=UTC))

    assert table(month_at(at)) == {day: ["Concert"] for day in range(1, 32)}
    assert list(table(month_at(at, first=date(2027, 4, 1)))) == list(range(1, 20))


@pytest.mark.parametrize(
    ("zone", "hour", "days"),
    [
        ("Pacific/Kiritimati", datetime(2027, 2, 28, 10, tzinfo=UTC), [1]),  # the first instant of March there
        ("Pacific/Kiritimati", datetime(2027, 2, 28, 9, 59, tzinfo=UTC), []),
        ("Etc/GMT+12", datetime(2027, 4, 1, 11, 59, tzinfo=UTC), [31]),  # the last minute of March there
        ("Etc/GMT+12", datetime(2027, 4, 1, 12, tzinfo=UTC), []),
    ],
)
def test_days_are_those_of_the_events_own_zone(
    make_event: MakeEvent, at: datetime, zone: str, hour: datetime, days: list[int]
) -> None:
    make_event(starts_at=hour, time_zone=zone)

    assert list(table(month_at(at))) == days


def test_day_shows_all_day_events_first_and_others_by_local_time(make_event: MakeEvent, at: datetime) -> None:
    noon = datetime(2027, 3, 10, 12, tzinfo=UTC)
    make_event(headline="At noon", starts_at=noon)
    make_event(headline="At nine in Tokyo", starts_at=noon - timedelta(hours=12), time_zone="Asia/Tokyo")
    make_event(headline="At eight", starts_at=noon - timedelta(hours=4))
    make_event(headline="All day", starts_at=noon, all_day=True)
    make_event(headline="Since yesterday", starts_at=noon - timedelta(days=1), ends_at=noon)

    assert table(month_at(at))[10] == ["Since yesterday", "All day", "At eight", "At nine in Tokyo", "At noon"]


@pytest.mark.parametrize(
    ("language", "first", "length"), [("en", date(2027, 3, 1), 35), ("pt-br", date(2027, 2, 28), 35)]
)
def test_weeks_begin_where_the_language_begins_them(
    db: None, at: datetime, language: str, first: date, length: int
) -> None:
    with translation.override(language):
        page = month_at(at)

    assert (page.days[0].date, len(page.days)) == (first, length)
    assert [day.is_in_month for day in page.days].count(True) == 31


def test_days_around_the_month_stay_empty(make_event: MakeEvent, at: datetime) -> None:
    make_event(starts_at=datetime(2027, 4, 1, 12, tzinfo=UTC))

    page = month_at(at)

    assert page.busy_days == []
    assert page.days[-1].date == date(2027, 4, 4)


@pytest.mark.parametrize(
    ("first", "previous", "following"),
    [
        (MARCH, date(2027, 2, 1), date(2027, 4, 1)),
        (date(2027, 1, 1), date(2026, 12, 1), date(2027, 2, 1)),
        (date(1900, 1, 1), None, date(1900, 2, 1)),
        (date(2999, 12, 1), date(2999, 11, 1), None),
    ],
)
def test_months_lead_on_until_the_calendar_ends(
    db: None, at: datetime, first: date, previous: date | None, following: date | None
) -> None:
    page = month_at(at, first=first)

    assert (page.previous, page.next) == (previous, following)


def test_today_is_the_readers(db: None) -> None:
    at = datetime(2027, 3, 1, 3, tzinfo=UTC)  # still February in New York

    assert [day.date for day in month_at(at).days if day.is_today] == [MARCH]
    assert [day.date for day in month_at(at, zone=ZoneInfo("America/New_York")).days if day.is_today] == []


@pytest.mark.parametrize(("day", "is_framed"), [(31, True), (32, False)])
def test_small_month_frames_today_only_if_it_shows_its_number(db: None, day: int, is_framed: bool) -> None:
    at = datetime(2027, 2, 28, 12, tzinfo=UTC) + timedelta(days=day)

    strip = render_to_string("events/_month_strip.html", {"page": month_at(at)})

    assert ("strip-today" in strip) == is_framed


def test_month_with_more_events_than_a_page_holds_says_from_which_day(
    make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month, "MONTH_LIMIT", 2)
    for day in (3, 4):
        make_event(starts_at=datetime(2027, 3, day, 12, tzinfo=UTC))

    whole = month_at(at)
    make_event(starts_at=datetime(2027, 3, 9, 12, tzinfo=UTC))
    cut = month_at(at)

    assert (list(table(whole)), whole.cut_from) == ([3, 4], None)
    assert ([day for day, names in table(cut).items() if names], cut.cut_from) == ([3, 4], date(2027, 3, 9))


def test_days_of_which_not_all_events_were_read_say_that_there_are_more(
    make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month, "MONTH_LIMIT", 2)
    for day in (3, 9, 9, 30):
        make_event(starts_at=datetime(2027, 3, day, 12, tzinfo=UTC))

    days = {day.date.day: day for day in month_at(at).days if day.is_in_month}

    assert [day for day, each in days.items() if each.is_incomplete] == list(range(9, 32))
    assert (days[3].label, days[9].label) == ("Wednesday 3 March, 1 event", "Tuesday 9 March, at least 1 event")
    assert days[20].label == "Saturday 20 March, more events"


def test_day_on_which_an_event_farther_west_was_not_read_says_that_there_are_more(
    make_event: MakeEvent, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month, "MONTH_LIMIT", 1)
    for zone in ("UTC", "Pacific/Kiritimati", "Etc/GMT+12"):  # on the 9th, on the 10th and on the 8th
        make_event(starts_at=datetime(2027, 3, 9, 11, tzinfo=UTC), time_zone=zone)

    incomplete = [day.date.day for day in month_at(at).days if day.is_incomplete]

    assert incomplete == [*range(8, 32)]


@pytest.mark.parametrize("length", [*LENGTHS, 2 * LENGTHS[-1]])
def test_event_of_any_length_that_spans_the_beginning_of_a_month_is_in_it(
    make_event: MakeEvent, at: datetime, length: timedelta
) -> None:
    end = datetime(2027, 2, 28, 17, tzinfo=UTC)  # at seven in the morning of the first of March there
    times = {"starts_at": end - length, "ends_at": end, "time_zone": "Pacific/Kiritimati"}
    event = make_event(at=end - length - timedelta(days=1), **times)

    for stored in (event.length_class, None):  # a previous version stores none
        Event.objects.update(length_class=stored)
        assert table(month_at(at)) == {1: ["Concert"]}


@pytest.mark.parametrize(("count", "parts"), [(3, (3, 0, 0, False)), (24, (3, 21, 21, False)), (25, (3, 21, 22, True))])
def test_day_unfolds_up_to_24_events_and_links_to_the_others(
    make_event: MakeEvent, at: datetime, count: int, parts: tuple[int, int, int, bool]
) -> None:
    for _number in range(count):
        make_event(starts_at=datetime(2027, 3, 9, 12, tzinfo=UTC))

    [day] = month_at(at).busy_days

    assert (len(day.shown), len(day.folded), day.more, day.is_cut) == parts
