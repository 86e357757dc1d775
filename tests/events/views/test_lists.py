"""Test the home page and the lists of own events and subscriptions: contents, readers and queries."""

import re
from datetime import datetime, timedelta

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event, Subscription
from events.presentation.rail import PAGE_SIZE, public_day_counts
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of, listed_headlines, words

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


def test_sign_up_is_the_primary_action_of_visitors_and_posting_that_of_members(stranger_client: Client) -> None:
    action = re.compile(r'<a class="button ([^"]*header-action[^"]*)" href="([^"?]*)')

    assert {url: "button-primary" in classes for classes, url in action.findall(html_of(Client(), "/?past=1"))} == {
        "/accounts/signup/": True,
        "/events/new/": False,
    }
    assert [(url, "button-primary" in classes) for classes, url in action.findall(html_of(stranger_client, HOME))] == [
        ("/events/new/", True)
    ]


CHIPS = re.compile(r'<a class="chip" href="([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)


@pytest.mark.parametrize("q", ["", "q=jazz"])
@pytest.mark.parametrize(
    "days", ["", "from=2030-01-01", "to=2030-01-09", "from=2030-01-01&to=2030-01-09", "when=week", "when=next-week"]
)
@pytest.mark.parametrize("past", ["", "past=1"])
@pytest.mark.parametrize("subscribed", ["", "subscribed=1"])
def test_no_two_chips_say_or_do_the_same(
    stranger_client: Client, q: str, days: str, past: str, subscribed: str
) -> None:
    url = "/?" + "&".join(filter(None, [q, days, past, subscribed]))

    chips = CHIPS.findall(html_of(stranger_client, url))

    texts = [words(text).removesuffix("×").strip().lower() for _href, _attributes, text in chips]
    targets = [frozenset(QueryDict(href.replace("&amp;", "&").lstrip("?")).items()) for href, _, _ in chips]
    assert len(chips) == 7 + bool(q) + days.startswith(("from", "to"))
    assert (len(set(texts)), len(set(targets))) == (len(chips), len(chips))


def test_each_filter_has_a_chip_that_clears_it(stranger_client: Client) -> None:
    chips = dict[str, str]()
    for href, attributes, text in CHIPS.findall(html_of(stranger_client, "/?q=jazz&when=next-week&subscribed=1")):
        chips[words(text)] = href
        assert ("aria-current" in attributes) == (words(text) in {"Next week", "Subscribed ×"})

    assert chips["“jazz” ×"] == "?when=next-week&amp;subscribed=1"
    assert chips["Subscribed ×"] == "?q=jazz&amp;when=next-week"
    assert chips["Upcoming"] == "?q=jazz&amp;subscribed=1"
    assert ">Subscribed<" not in html_of(Client(), HOME)
    assert ">Subscribed<" in html_of(Client(), "/?subscribed=1")


def test_strip_has_the_days_of_each_month_below_its_link(client: Client, make_event: MakeEvent, at: datetime) -> None:
    make_event(starts_at=at + timedelta(days=20))

    [strip] = re.findall(r'<nav class="strip".*?</nav>', html_of(client, HOME), re.DOTALL)

    months = [re.findall(r'<a class="strip-month" href="(.*?)"', part) for part in strip.split("<ol>")]
    days = [part.count("strip-number") for part in strip.split("<ol>")]
    first = [at.date() + timedelta(days=offset) for offset in range(35)]
    names = sorted({(day.year, day.month) for day in first})
    assert [each for found in months for each in found] == [f"/events/month/{year}/{month}/" for year, month in names]
    assert days == [0, 0, *(sum((day.year, day.month) == name for day in first) for name in names)]


def test_home_leads_past_the_calendar_to_the_first_event(client: Client, make_event: MakeEvent) -> None:
    skip = '<a class="skip-link visually-hidden" href="#rail">Skip to the first event</a>'

    assert skip not in html_of(client, HOME)
    make_event()
    page = html_of(client, HOME)

    assert page.count(skip) == page.count('id="rail" tabindex="-1"') == 1


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


def parts_of(page: str) -> list[tuple[str, list[str]]]:
    """Return the parts of a list with the titles of their events."""
    headings = re.compile(r'<h2 class="rail-part">(.*?)</h2>', re.DOTALL)
    _before, *parts = headings.split(page)
    titles = [re.findall(r'<h3><a href="/events/\d+/" dir="auto">(.*?)</a>', part) for part in parts[1::2]]
    return list(zip(map(words, parts[::2]), titles, strict=True))


def test_subscriptions_of_the_next_seven_days_come_first_with_their_number(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    noon = at.replace(hour=12, minute=0, second=0, microsecond=0)
    for offset in (1, 6, 7, 20):
        event = make_event(headline=f"Day {offset}", starts_at=noon + timedelta(days=offset))
        subscribe(event, actor=subscriber, at=at)
    running = make_event(headline="Running")
    subscribe(running, actor=subscriber, at=at)
    Event.objects.filter(pk=running.pk).update(starts_at=at - timedelta(seconds=1), over_at=at + timedelta(hours=1))
    make_event(headline="Not subscribed", starts_at=noon + timedelta(days=2))
    client.force_login(subscriber)

    page = html_of(client, SUBSCRIPTIONS)

    assert parts_of(page) == [("Next 7 days 2 events", ["Day 1", "Day 6"]), ("Later", ["Day 7", "Day 20"])]
    assert parts_of(html_of(client, f"{SUBSCRIPTIONS}?from={noon + timedelta(days=6):%Y-%m-%d}")) == [
        ("Later", ["Day 7", "Day 20"])
    ]
    assert parts_of(html_of(client, f"{SUBSCRIPTIONS}?from={noon + timedelta(days=9):%Y-%m-%d}")) == []
    assert parts_of(html_of(client, HOME)) == []


def test_pages_of_500_subscriptions_have_each_once_and_each_part_once(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    start = (at + timedelta(days=1)).replace(hour=9, minute=0)
    first = make_event(headline="000", starts_at=start)
    Event.objects.bulk_create(
        Event(
            author=first.author,
            headline=f"{number:03}",
            starts_at=start + timedelta(hours=6 * number),
            over_at=start + timedelta(hours=6 * number),
            created_at=at,
            updated_at=at,
            state="public",
        )
        for number in range(1, 500)
    )
    Subscription.objects.bulk_create(
        Subscription(user=subscriber, event=event, created_at=at) for event in Event.objects.all()
    )
    client.force_login(subscriber)
    url, titles, parts = SUBSCRIPTIONS, list[str](), list[str]()

    while url:
        page = html_of(client, url)
        titles += re.findall(r'<h3><a href="/events/\d+/" dir="auto">(.*?)</a>', page)
        parts += [name for name, _ in parts_of(page)]
        found = re.findall(r'rel="next" href="(.*?)"', page)
        url = SUBSCRIPTIONS + found[0] if found else ""

    assert titles == [f"{number:03}" for number in range(500)]
    assert parts == ["Next 7 days 23 events", "Later"]


def test_subscriptions_are_searched_and_jumped_to(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    for headline, offset in (("Jazz", 2), ("Choir", 3), ("More jazz", 40)):
        event = make_event(headline=headline, location="Rome", starts_at=at + timedelta(days=offset))
        subscribe(event, actor=subscriber, at=at)
    make_event(headline="Other jazz")
    client.force_login(subscriber)
    day = f"{at + timedelta(days=40):%Y-%m-%d}"

    page = html_of(client, SUBSCRIPTIONS)

    assert listed_headlines(client, f"{SUBSCRIPTIONS}?q=jazz") == ["Jazz", "More jazz"]
    assert listed_headlines(client, f"{SUBSCRIPTIONS}?q=ROME&from={day}") == ["More jazz"]
    assert len(re.findall('<a class="strip-day', page)) == 2
    assert re.findall('class="strip-month" href="([^"]*)"', page)[0].endswith("/?subscribed=1")
    assert "None of your subscriptions match “opera”." in html_of(client, f"{SUBSCRIPTIONS}?q=opera")
    assert "You have no subscriptions from that day on." in html_of(client, f"{SUBSCRIPTIONS}?from=2999-01-01")
    assert [words(text) for _, _, text in CHIPS.findall(html_of(client, f"{SUBSCRIPTIONS}?q=jazz&from={day}"))] == [
        "“jazz” ×",
        f"from {at + timedelta(days=40):%-d %b %Y} ×",
    ]


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
    with django_assert_num_queries(LIST_QUERIES + 2):  # the calendar link and the strip
        client.get(SUBSCRIPTIONS)
    with django_assert_num_queries(LIST_QUERIES + 1):
        client.get(f"{SUBSCRIPTIONS}?q=e")
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
