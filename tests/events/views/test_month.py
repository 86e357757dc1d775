"""Test the page of a month: who sees which events, filters and links."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.presentation.rail import STRIP_DAYS
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of

MARCH = "/events/month/2027/3/"
STARTS_AT = datetime(2027, 3, 9, 18, tzinfo=UTC)
# Session, user, events, bell. Anonymous readers have neither session nor bell.
QUERIES, QUERIES_ANONYMOUS = 5, 2


@pytest.fixture
def at() -> datetime:
    return datetime(2027, 1, 10, 12, tzinfo=UTC)


def month_headlines(client: Client, url: str = MARCH) -> list[str]:
    return re.findall(r'class="month-headline" dir="auto">(.*?)<', html_of(client, url))


def test_month_shows_public_events_that_are_not_cancelled(
    client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    for state in ("public", "private", "draft"):
        make_event(headline=state, state=state, starts_at=STARTS_AT)
    cancel_event(make_event(headline="cancelled", starts_at=STARTS_AT), actor=organiser, at=at)

    assert month_headlines(client) == ["public"]
    client.force_login(organiser)
    assert month_headlines(client) == ["public"]


def test_month_is_found_with_and_without_a_leading_zero(client: Client, make_event: MakeEvent) -> None:
    make_event(headline="Spring", starts_at=STARTS_AT)

    assert month_headlines(client, "/events/month/2027/03/") == month_headlines(client) == ["Spring"]


@pytest.mark.parametrize(
    "month", ["2027/0", "2027/13", "2027/123456789", "1899/12", "3000/1", "0/1", "99999999999/1", "2027/-1", "x/1"]
)
def test_month_that_no_calendar_has_is_not_found(client: Client, db: None, month: str) -> None:
    assert client.get(f"/events/month/{month}/").status_code == 404


@pytest.mark.parametrize("month", ["1900/1", "2999/12"])
def test_month_at_either_end_of_the_calendar_is_shown(client: Client, db: None, month: str) -> None:
    assert "No events this month." in html_of(client, f"/events/month/{month}/")


def test_month_keeps_the_search_on_its_way(client: Client, make_event: MakeEvent) -> None:
    make_event(headline="Jazz", starts_at=STARTS_AT)
    make_event(headline="Choir", starts_at=STARTS_AT)

    page = html_of(client, f"{MARCH}?q=jazz")

    assert month_headlines(client, f"{MARCH}?q=jazz") == ["Jazz"]
    assert re.findall(r'rel="(?:prev|next)" href="(.*?)"', page) == [
        "/events/month/2027/2/?q=jazz",
        "/events/month/2027/4/?q=jazz",
    ]
    assert "No events this month match “folk”." in html_of(client, f"{MARCH}?q=folk")


def test_month_narrows_to_events_that_the_reader_subscribed_to(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    subscribe(make_event(headline="Jazz", starts_at=STARTS_AT), actor=subscriber, leads=[60], at=at)
    make_event(headline="Other", starts_at=STARTS_AT)

    assert month_headlines(client, f"{MARCH}?subscribed=1") == []
    client.force_login(subscriber)
    assert month_headlines(client, f"{MARCH}?subscribed=1") == ["Jazz"]
    assert html_of(client, MARCH).count(">Subscribed</span>") == 1


def test_month_gives_the_zone_where_the_reader_has_another_one(
    client: Client, stranger: User, make_event: MakeEvent
) -> None:
    make_event(starts_at=STARTS_AT, time_zone="Asia/Tokyo")
    make_event(starts_at=STARTS_AT, time_zone="UTC")
    client.force_login(stranger)

    assert re.findall(r'<span class="zone">(.*?)</span>', html_of(client, MARCH)) == ["Tokyo time"]


def test_month_lets_no_browser_prefetch_its_neighbours(client: Client, db: None) -> None:
    """Firefox asks for what a <link rel=next> names, which our policy refuses. A link in the page is not prefetched."""
    page = html_of(client, MARCH)

    assert re.findall(r'<(\w+)[^>]* rel="(?:prev|next|prefetch)"', page) == ["a", "a"]


def test_month_links_an_event_of_several_days_once_a_week(client: Client, make_event: MakeEvent) -> None:
    make_event(
        headline="Fair", starts_at=datetime(2027, 3, 12, 9, tzinfo=UTC), ends_at=datetime(2027, 3, 16, 18, tzinfo=UTC)
    )

    page = html_of(client, MARCH)

    entries = re.findall(r'<li class="(month-entry[^"]*)">', page)
    assert [entry.split() for entry in entries] == [
        ["month-entry", "month-long", "month-bar", "lane-1", "span-3", "month-goes"],
        ["month-entry", "month-long", "month-bar", "lane-1", "span-2", "month-came", "month-again"],
    ]
    assert re.findall(r'<h2 class="month-date" id="(.*?)"', page) == ["day-2027-03-12", "day-2027-03-15"]
    assert page.count("until Tue 16 Mar") == 2
    # The dots of each day lead to where a phone lists the event.
    assert re.findall(r'class="strip-day" href="(.*?)"', page) == ["#day-2027-03-12"] * 5


def test_month_counts_for_phones_only_what_no_earlier_day_has(client: Client, make_event: MakeEvent) -> None:
    for number in range(5):
        make_event(
            headline=str(number),
            starts_at=datetime(2027, 3, 9, 9, tzinfo=UTC),
            ends_at=datetime(2027, 3, 11, tzinfo=UTC),
        )

    page = html_of(client, MARCH)

    assert re.findall(r"<summary>(.*?)</summary>", page, re.DOTALL)[0].strip() == "+1 more"
    assert re.findall(r'<details class="(disclosure month-more.*?)"', page) == [
        "disclosure month-more",
        "disclosure month-more month-again",
    ]


@pytest.mark.parametrize(("count", "is_hidden"), [(0, True), (1, False)])
def test_search_engines_do_not_walk_through_empty_months(
    client: Client, make_event: MakeEvent, count: int, is_hidden: bool
) -> None:
    for _number in range(count):
        make_event(starts_at=STARTS_AT)

    assert ('content="noindex, nofollow"' in html_of(client, MARCH)) == is_hidden


@pytest.mark.parametrize("count", [1, 50])
def test_month_costs_the_same_however_many_it_shows(
    client: Client,
    stranger: User,
    make_event: MakeEvent,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _number in range(count):
        make_event(starts_at=STARTS_AT)
    with django_assert_num_queries(QUERIES_ANONYMOUS):
        client.get(MARCH)
    client.force_login(stranger)

    with django_assert_num_queries(QUERIES):
        page = html_of(client, MARCH)
    assert page.count(f"{count} event") == 1
    assert f"Show all {count} as a list" in page or count == 1


def test_month_of_a_logged_in_reader_is_not_stored(client: Client, stranger: User) -> None:
    assert "Cache-Control" not in client.get(MARCH)
    client.force_login(stranger)

    assert "no-store" in client.get(MARCH)["Cache-Control"]


def test_home_leads_to_the_months_of_its_strip(client: Client, make_event: MakeEvent) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    make_event(at=now, starts_at=now + timedelta(days=2))

    links = re.findall(r'class="strip-month" href="(.*?)"', html_of(client, "/"))

    days = [now + timedelta(days=offset) for offset in range(STRIP_DAYS)]
    assert links == list(dict.fromkeys(f"/events/month/{day.year}/{day.month}/" for day in days))
