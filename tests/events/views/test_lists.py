"""Test the home page and the lists of own events and subscriptions: contents, readers and queries."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from events.presentation.rail import PAGE_SIZE, public_day_counts
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of, listed_headlines

HOME, MINE, SUBSCRIPTIONS = "/", "/events/mine/", "/subscriptions/"
# Home: session, user, events, their organisers, strip, bell. The other lists have no strip.
HOME_QUERIES = 6
HOME_QUERIES_ANONYMOUS = 3
LIST_QUERIES = 5


def test_home_lists_what_is_public_and_ahead(
    client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(headline="Later", starts_at=at + timedelta(days=3))
    make_event(headline="Sooner")
    make_event(headline="Private", state="private")
    make_event(headline="Draft", state="draft")
    cancel_event(make_event(headline="Cancelled"), actor=organiser, at=at)

    assert listed_headlines(client, HOME) == ["Sooner", "Later"]
    client.force_login(organiser)
    assert listed_headlines(client, HOME) == ["Sooner", "Later"]


def test_home_searches_headline_location_and_description(client: Client, make_event: MakeEvent) -> None:
    make_event(headline="Jazz in the park")
    make_event(headline="Talk", location="JAZZ club")
    make_event(headline="Dinner", description="no jazz")
    make_event(headline="Choir")

    assert listed_headlines(client, "/?q=jazz") == ["Jazz in the park", "Talk", "Dinner"]
    assert "No events match “100%_”." in html_of(client, "/?q=100%25_")


def test_home_shows_the_past_on_request(client: Client, make_event: MakeEvent, at: datetime) -> None:
    event = make_event(headline="Over")
    Event.objects.filter(pk=event.pk).update(starts_at=at - timedelta(days=2), over_at=at - timedelta(days=2))
    make_event(headline="Ahead")

    assert listed_headlines(client, "/?past=1") == ["Over"]
    assert listed_headlines(client, HOME) == ["Ahead"]


def test_home_has_24_a_page_and_links_that_keep_the_search(client: Client, make_event: MakeEvent) -> None:
    for number in range(PAGE_SIZE + 1):
        make_event(headline=f"Event {number:02}")

    first = html_of(client, "/?q=event")
    [later] = re.findall(r'rel="next" href="(.*?)"', first)
    second = html_of(client, "/" + later.replace("&amp;", "&"))

    assert first.count('<li class="row') == PAGE_SIZE
    assert "q=event" in later
    assert second.count('<li class="row') == 1
    assert 'rel="prev"' in second


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "before=20261301T000000-1",
        "from=soon",
        "from=9999-12-31",
        "to=soon",
        "when=later",
        "after=00000101T000000-1",
        "after=20261204T170000-99999999999999999999999",
    ],
)
def test_home_is_not_found_at_an_invalid_position(client: Client, db: None, query: str) -> None:
    assert client.get(f"/?{query}").status_code == 404


@pytest.mark.parametrize("query", ["q=%00", "q=" + "x" * 5000])
def test_home_survives_odd_query_strings(client: Client, make_event: MakeEvent, query: str) -> None:
    make_event()

    assert client.get(f"/?{query}").status_code == 200


def test_home_jumps_to_a_day(client: Client, make_event: MakeEvent, at: datetime) -> None:
    make_event(headline="Soon")
    make_event(headline="Far", starts_at=at + timedelta(days=20))

    day = (at + timedelta(days=20)).date()

    assert listed_headlines(client, f"/?from={day}") == ["Far"]
    assert f'href="#day-{day}"' in html_of(client, HOME)


def test_home_folds_what_is_under_way_to_one_line(client: Client, make_event: MakeEvent, at: datetime) -> None:
    for event in (make_event(headline="Fair"), make_event(headline="Expo")):
        Event.objects.filter(pk=event.pk).update(starts_at=at - timedelta(hours=1), over_at=at + timedelta(days=1))

    assert re.findall('<details class="disclosure now"(.*?)>', html_of(client, HOME)) == [" open"]
    make_event(headline="Ahead")
    page = html_of(client, HOME)

    assert re.findall('<details class="disclosure now"(.*?)>', page) == [""]
    assert re.findall(r'id="now">(.*?)</h2>\s*<span [^>]*>(.*?)<', page) == [("Happening now", "2 events")]


def test_home_between_two_days_includes_both(client: Client, make_event: MakeEvent, at: datetime) -> None:
    day = (at + timedelta(days=10)).replace(hour=12, minute=0)
    for offset in range(-1, 3):
        make_event(headline=f"Day {offset}", starts_at=day + timedelta(days=offset))
    first, last = day.date(), (day + timedelta(days=1)).date()

    page = html_of(client, f"/?from={first}&to={last}")

    assert listed_headlines(client, f"/?from={first}&to={last}") == ["Day 0", "Day 1"]
    assert listed_headlines(client, f"/?to={first}") == ["Day -1", "Day 0"]
    chips = re.findall('aria-label="Clear the date filter">(.*?)</a>', page, re.DOTALL)
    assert [" ".join(chip.split()) for chip in chips] == [f"from {first:%-d %b %Y} to {last:%-d %b %Y} ×"]
    assert listed_headlines(client, f"/?from={last}&to={first}") == []


def test_home_narrows_to_events_that_the_reader_subscribed_to(
    client: Client, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    subscribe(make_event(headline="Followed"), actor=subscriber, leads=[60], at=at)
    make_event(headline="Other")

    assert listed_headlines(client, "/?subscribed=1") == []
    client.force_login(stranger)
    assert listed_headlines(client, "/?subscribed=1") == []
    client.force_login(subscriber)
    assert listed_headlines(client, "/?subscribed=1") == ["Followed"]
    assert html_of(client, "/?subscribed=1").count("Clear the “subscribed” filter") == 1


@pytest.mark.parametrize("count", [1, PAGE_SIZE + 1])
def test_filtered_home_costs_the_same_however_many_it_shows(
    client: Client,
    subscriber: User,
    make_event: MakeEvent,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _number in range(count):
        subscribe(make_event(), actor=subscriber, leads=[60], at=at)
    client.force_login(subscriber)

    with django_assert_num_queries(LIST_QUERIES):
        page = html_of(client, "/?subscribed=1&to=2999-12-31")
    assert page.count('<li class="row') == min(count, PAGE_SIZE)


@pytest.mark.parametrize(
    ("query", "said"),
    [("past=1", "No past events yet."), ("past=1&when=week", "No events match."), ("when=week", "No events match.")],
)
def test_empty_list_says_what_there_is_none_of(client: Client, db: None, query: str, said: str) -> None:
    assert said in html_of(client, f"/?{query}")


def test_empty_home_offers_to_post(client: Client, db: None) -> None:
    assert "Nothing is planned yet" in html_of(client, HOME)


def test_a_subscriber_reads_the_promise_in_every_list(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=2))
    subscribe(event, actor=subscriber, at=at, leads=[60])
    client.force_login(subscriber)
    moment = f"{at + timedelta(days=2, hours=-1):%H:%M}"

    for url in (HOME, SUBSCRIPTIONS):
        assert re.search(rf"We’ll remind you <strong><time [^>]*>[^<]* {moment}</time></strong>", html_of(client, url))


def test_the_promise_of_a_list_names_the_zone_of_a_reader_elsewhere(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=9), time_zone="Europe/Rome")
    subscribe(event, actor=subscriber, at=at, leads=[60])
    client.force_login(subscriber)

    for time_zone, zone in (("Asia/Tokyo", ' <span class="zone">Tokyo time</span>'), ("Europe/Berlin", "")):
        User.objects.filter(pk=subscriber.pk).update(time_zone=time_zone)
        for url in (HOME, SUBSCRIPTIONS):
            assert re.search(rf"We’ll remind you <strong>[^/]*</time></strong>{zone}</span>", html_of(client, url))


def test_a_stranger_reads_no_promise(client: Client, stranger: User, make_event: MakeEvent) -> None:
    make_event()
    client.force_login(stranger)

    assert "We’ll remind you" not in html_of(client, HOME)


def test_row_leads_to_the_organiser_while_they_have_a_page(
    client: Client, organiser: User, make_event: MakeEvent
) -> None:
    make_event()
    link = re.compile(r'<(a|span) class="organiser"(?: href="(.*?)")?>(.*?)</')

    assert link.findall(html_of(client, HOME)) == [("a", "/people/organiser/", "organiser")]
    User.objects.filter(pk=organiser.pk).update(is_active=False)
    assert link.findall(html_of(client, HOME)) == [("span", "", "organiser")]


def test_own_events_are_listed_in_every_state(
    client: Client, organiser: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(headline="Public")
    make_event(headline="Private", state="private")
    make_event(headline="Draft", state="draft")
    cancel_event(make_event(headline="Cancelled"), actor=organiser, at=at)
    make_event(headline="Somebody's", actor=stranger)
    client.force_login(organiser)

    assert listed_headlines(client, MINE) == ["Public", "Private", "Draft", "Cancelled"]


def test_my_subscriptions_have_private_and_cancelled_events(
    client: Client, organiser: User, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(headline="Not followed")
    for headline, state in (("Cancelled", "public"), ("Private", "private")):
        subscribe(make_event(headline=headline, state=state), actor=subscriber, at=at)
    cancel_event(Event.objects.get(headline="Cancelled"), actor=organiser, at=at)
    client.force_login(subscriber)

    assert listed_headlines(client, SUBSCRIPTIONS) == ["Cancelled", "Private"]


@pytest.mark.parametrize("url", [MINE, SUBSCRIPTIONS])
def test_own_lists_ask_to_log_in(client: Client, db: None, url: str) -> None:
    response = client.get(url)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={url}")


@pytest.mark.parametrize(("url", "hint"), [(MINE, "Post one and subscribers"), (SUBSCRIPTIONS, "Find one and we’ll")])
def test_empty_own_lists_say_what_to_do(client: Client, stranger: User, url: str, hint: str) -> None:
    client.force_login(stranger)

    assert hint in html_of(client, url)


def test_pages_of_logged_in_readers_are_not_stored(client: Client, stranger: User) -> None:
    assert "Cache-Control" not in client.get(HOME)
    client.force_login(stranger)

    for url in (HOME, MINE, SUBSCRIPTIONS):
        assert "no-store" in client.get(url)["Cache-Control"]


@pytest.mark.parametrize("rows", [1, 3, 50])
def test_lists_cost_the_same_however_many_rows(
    client: Client,
    subscriber: User,
    stranger: User,
    make_event: MakeEvent,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
) -> None:
    for _ in range(rows):
        make_event(actor=subscriber)
        subscribe(make_event(), actor=subscriber, at=at, leads=[60, 1440])
    with django_assert_num_queries(HOME_QUERIES_ANONYMOUS):
        client.get(HOME)
    client.force_login(subscriber)

    public_day_counts.cache_clear()
    with django_assert_num_queries(HOME_QUERIES):
        client.get(HOME)
    with django_assert_num_queries(LIST_QUERIES):
        client.get(MINE)
    with django_assert_num_queries(LIST_QUERIES + 1):  # the calendar link
        client.get(SUBSCRIPTIONS)
    with django_assert_num_queries(LIST_QUERIES - 1):  # nothing is past, so no organisers are read
        client.get("/?past=1")


def test_strip_is_counted_once_for_all_who_ask_within_a_second(
    make_event: MakeEvent, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    day, second = (at + timedelta(days=2)).date(), int(at.timestamp())

    def count(second: int) -> int:
        return public_day_counts(day - timedelta(days=1), day + timedelta(days=1), second=second).of_days.get(day, 0)

    assert count(second) == 0
    make_event()

    with django_assert_num_queries(0):
        assert count(second) == 0
    with django_assert_num_queries(1):
        assert count(second + 1) == 1


def test_search_for_a_text_of_any_length_is_answered(client: Client, make_event: MakeEvent) -> None:
    make_event()

    assert client.get("/", {"q": 60_000 * "x"}).status_code == 200
