"""Test lists of events over the API: their contents, order, pages and queries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event
from events.services import cancel_event, subscribe
from tests.makers import Api, MakeEvent
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"


def headlines(client: APIClient, query: str = "") -> list[str]:
    response = client.get(f"{EVENTS}?{query}")
    assert response.status_code == 200, response.json()
    return [event["headline"] for event in response.json()["results"]]


def move(event: Event, *, starts_at: datetime, ends_at: datetime | None = None) -> None:
    """Move an event to a time that a service would refuse."""
    Event.objects.filter(pk=event.pk).update(starts_at=starts_at, ends_at=ends_at, over_at=ends_at or starts_at)


# ------------------------------------------------------------------------------------------------ what is in the list


def test_list_has_public_live_events_that_are_not_over_the_first_to_start_first(
    api: Api, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    make_event(headline="Later", starts_at=at + timedelta(days=2))
    make_event(headline="Sooner", starts_at=at + timedelta(days=1))
    move(make_event(headline="Under way"), starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=1))
    move(make_event(headline="Over"), starts_at=at - timedelta(hours=2), ends_at=at - timedelta(hours=1))
    make_event(headline="Private", state="private")
    make_event(headline="Draft", state="draft")
    cancel_event(make_event(headline="Cancelled"), actor=organiser, at=at)

    for client in (api(), api(organiser)):
        assert headlines(client) == ["Under way", "Sooner", "Later"]


def test_past_list_has_what_is_over_the_last_first(api: Api, make_event: MakeEvent, at: datetime) -> None:
    for days in (1, 3, 2):
        move(make_event(headline=f"{days} days ago"), starts_at=at - timedelta(days=days))
    make_event(headline="To come")

    assert headlines(api(), "past=true") == ["1 days ago", "2 days ago", "3 days ago"]
    assert headlines(api(), "past=false") == ["To come"]


@pytest.mark.parametrize("state", ["private", "draft"])
def test_state_lists_ones_own_and_nobody_elses(
    api: Api, organiser: User, stranger: User, make_event: MakeEvent, state: str
) -> None:
    make_event(headline="Mine", state=state)
    make_event(headline="Public")
    make_event(headline="A stranger's", state=state, actor=stranger)

    assert headlines(api(organiser), f"state={state}") == ["Mine"]
    assert headlines(api(stranger), f"state={state}") == ["A stranger's"]
    assert headlines(api(), f"state={state}") == []


def test_state_public_lists_the_events_of_everybody(api: Api, organiser: User, make_event: MakeEvent) -> None:
    make_event(headline="Public")
    make_event(headline="Private", state="private")

    assert headlines(api(organiser), "state=public") == headlines(api(), "state=public") == ["Public"]


def test_subscribed_lists_subscriptions_to_private_and_cancelled_events_too(
    api: Api, organiser: User, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    for number, state in enumerate(["public", "private", "public"]):
        event = make_event(headline=f"{number} {state}", state=state)
        subscribe(event, actor=subscriber, at=at)
    cancel_event(event, actor=organiser, at=at)
    make_event(headline="Another")

    assert headlines(api(subscriber), "subscribed=true") == ["0 public", "1 private", "2 public"]
    assert headlines(api(subscriber), "subscribed=true&state=private") == ["1 private"]
    assert headlines(api(subscriber), "subscribed=false") == ["Another"]
    assert headlines(api(stranger), "subscribed=true") == []
    assert headlines(api(), "subscribed=true") == []
    assert headlines(api(), "subscribed=false") == ["0 public", "Another"]


def test_search_finds_part_of_headline_location_and_description_in_any_case(api: Api, make_event: MakeEvent) -> None:
    make_event(headline="STRASSENFEST")
    make_event(location="Große Straße")
    make_event(description="on the Straße")
    make_event(headline="Other")

    assert len(headlines(api(), "q=straSSe")) == 3
    assert headlines(api(), "q=%25") == []


def test_search_finds_every_word_in_any_order_and_without_accents(api: Api, make_event: MakeEvent) -> None:
    make_event(headline="Mr O’Brien’s rock concert", location="Zürich")
    make_event(headline="Rock concert", location="Zürich")

    assert headlines(api(), "q=zurich+rock+o%27brien") == ["Mr O’Brien’s rock concert"]


def test_author_filters_by_username_in_any_case(api: Api, stranger: User, make_event: MakeEvent) -> None:
    make_event(headline="The organiser's")
    make_event(headline="A stranger's", actor=stranger)

    assert headlines(api(), "author=Stranger") == ["A stranger's"]
    assert headlines(api(), "author=nobody") == []


def test_starts_after_includes_its_moment_and_starts_before_does_not(api: Api, make_event: MakeEvent) -> None:
    for hour in (17, 18, 19):
        make_event(headline=f"{hour}", starts_at=datetime(2030, 7, 1, hour, tzinfo=UTC))

    assert headlines(api(), "starts_after=2030-07-01T18:00:00Z") == ["18", "19"]
    assert headlines(api(), "starts_before=2030-07-01T18:00:00Z") == ["17"]
    assert headlines(api(), "starts_after=2030-07-01T20:00:00%2B02:00&starts_before=2030-07-01T19:00") == ["18"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=foo", "state"),
        ("past=yes", "past"),
        ("past=1", "past"),
        ("subscribed=maybe", "subscribed"),
        ("starts_after=tomorrow", "starts_after"),
        ("starts_after=2030-07-01T18:00:00+02:00", "starts_after"),  # an unquoted + is a space
        ("starts_before=0001-01-01T00:00:00%2B02:00", "starts_before"),
        ("q=a%00b", "q"),
        ("q=" + "x" * 201, "q"),
        ("author=a%00b", "author"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=ten", "page_size"),
        ("page_size=", "page_size"),
        ("page_size=%C2%B2", "page_size"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=ä", "cursor"),
        ("cursor=bnVsbA", "cursor"),  # null
        ("cursor=WyJhZnRlciIsMV0", "cursor"),  # ["after",1]
        ("cursor=WyJhZnRlciIsMSwyXQ", "cursor"),  # ["after",1,2]
        ("cursor=WyJzaWRld2F5cyIsIjIwMzAtMDEtMDFUMDA6MDA6MDBaIiwyXQ", "cursor"),  # ["sideways",…]
    ],
)
def test_query_that_is_not_understood_is_refused(api: Api, db: None, query: str, field: str) -> None:
    response = api().get(f"{EVENTS}?{query}")

    assert_problem(response, 400, "invalid")
    assert list(response.json()["fields"]) == [field]


# -------------------------------------------------------------------------------------------------------------- pages


def walk(client: APIClient, query: str, direction: str = "next") -> list[list[str]]:
    """Return the headlines of each page, from the first page on."""
    pages, url = [], f"{EVENTS}?{query}"
    while url:
        body = client.get(url).json()
        pages.append([event["headline"] for event in body["results"]])
        url = body[direction]
    return pages


def test_page_has_twenty_events_unless_asked_for_more(api: Api, make_event: MakeEvent) -> None:
    for _ in range(21):
        make_event()

    assert len(headlines(api())) == 20
    assert len(headlines(api(), "page_size=100")) == 21


@pytest.mark.parametrize("is_past", [False, True])
def test_pages_hold_every_event_once_also_those_of_one_moment(
    api: Api, make_event: MakeEvent, at: datetime, is_past: bool
) -> None:
    events = [make_event(headline=f"{number}") for number in range(7)]
    if is_past:
        for event in events:
            move(event, starts_at=at - timedelta(days=1))
        expected = [["6", "5"], ["4", "3"], ["2", "1"], ["0"]]
    else:
        expected = [["0", "1"], ["2", "3"], ["4", "5"], ["6"]]

    assert walk(api(), f"page_size=2&past={str(is_past).lower()}") == expected


def test_previous_leads_back_over_the_same_pages(api: Api, make_event: MakeEvent) -> None:
    for number in range(5):
        make_event(headline=f"{number}")
    client = api()
    first = client.get(f"{EVENTS}?page_size=2").json()
    second = client.get(first["next"]).json()
    third = client.get(second["next"]).json()

    back = client.get(third["previous"]).json()
    start = client.get(back["previous"]).json()

    assert first["previous"] is None
    assert third["next"] is None
    assert back["results"] == second["results"]
    assert start["results"] == first["results"]
    assert start["previous"] is None
    assert client.get(start["next"]).json()["results"] == second["results"]


def test_pages_survive_events_that_come_and_go_meanwhile(api: Api, organiser: User, make_event: MakeEvent) -> None:
    events = [make_event(headline=f"{number}") for number in range(6)]
    client = api()
    first = client.get(f"{EVENTS}?page_size=2").json()
    make_event(headline="new, earlier", starts_at=events[0].starts_at - timedelta(hours=1))
    make_event(headline="new, same moment")
    Event.objects.filter(pk=events[1].pk).update(deleted_at=events[1].created_at)

    second = client.get(first["next"]).json()

    assert [event["headline"] for event in second["results"]] == ["2", "3"]
    assert headlines(client, first["next"].partition("?")[2]) == ["2", "3"]
    back = client.get(second["previous"]).json()
    assert [event["headline"] for event in back["results"]] == ["new, earlier", "0"]


def test_links_keep_the_filters(api: Api, make_event: MakeEvent) -> None:
    for number in range(3):
        make_event(headline=f"Jazz {number}")
        make_event(headline="Rock")

    assert walk(api(), "page_size=2&q=jazz") == [["Jazz 0", "Jazz 1"], ["Jazz 2"]]


def test_page_before_everything_leads_to_the_beginning(api: Api, make_event: MakeEvent) -> None:
    events = [make_event(headline=f"{number}") for number in range(3)]
    client = api()
    second = client.get(client.get(f"{EVENTS}?page_size=2").json()["next"]).json()
    Event.objects.filter(pk__in=[events[0].pk, events[1].pk]).delete()

    back = client.get(second["previous"]).json()

    assert (back["results"], back["previous"]) == ([], None)
    assert [event["headline"] for event in client.get(back["next"]).json()["results"]] == ["2"]


# --------------------------------------------------------------------------------------------------------------- cost


@pytest.mark.parametrize(
    ("query", "queries"), [("", 2), ("subscribed=true", 2), ("state=draft", 2), ("q=concert", 2), ("past=true", 2)]
)
def test_list_takes_the_same_queries_for_one_and_three_events(
    api: Api,
    organiser: User,
    subscriber: User,
    make_event: MakeEvent,
    at: datetime,
    django_assert_num_queries: Any,
    query: str,
    queries: int,
) -> None:
    client = api(organiser if "draft" in query else subscriber)

    for rows, more in ((1, 1), (3, 2)):
        for _ in range(more):
            subscribe(make_event(description="Long."), actor=subscriber, at=at)
            make_event(state="draft")
            move(make_event(), starts_at=at - timedelta(days=1))
        # The user with the API session, events.
        with django_assert_num_queries(queries):
            assert len(headlines(client, query)) == rows
