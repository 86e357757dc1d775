"""Test who sees which event over the API: a hidden event is not found on any route."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from events.models import Event
from events.services import delete_event, subscribe
from tests.makers import Api, MakeEvent
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"
BODY = {"headline": "Mine", "starts_at": "2030-07-01T18:00:00Z", "message": "Hello"}
ROUTES = [
    ("get", ""),
    ("put", ""),
    ("patch", ""),
    ("delete", ""),
    ("post", "subscribe/"),
    ("post", "unsubscribe/"),
    ("post", "cancel/"),
    ("post", "announce/"),
    ("get", "subscribers/"),
]


def call(client: APIClient, event: Event, method: str, path: str, query: str = "") -> Any:
    body = None if method == "get" else BODY
    return getattr(client, method)(f"{EVENTS}{event.pk}/{path}{query}", body)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("state", ["draft", "private"])
def test_hidden_event_is_not_there_for_a_stranger_on_any_route(
    api: Api, stranger: User, make_event: MakeEvent, state: str, method: str, path: str
) -> None:
    event = make_event(state=state)

    assert_problem(call(api(stranger), event, method, path), 404, "not_found")


@pytest.mark.parametrize("query", ["", "?invite=", "?invite=x", "?invite=%00"])
@pytest.mark.parametrize("state", ["draft", "private"])
def test_hidden_event_is_not_there_for_anonymous(api: Api, make_event: MakeEvent, state: str, query: str) -> None:
    event = make_event(state=state)

    assert_problem(call(api(), event, "get", "", query), 404, "not_found")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_deleted_event_is_404_for_its_organiser_on_every_route_of_the_api(
    api: Api, organiser: User, make_event: MakeEvent, at: datetime, method: str, path: str
) -> None:
    event = make_event()
    delete_event(event, actor=organiser, at=at)

    assert_problem(call(api(organiser), event, method, path), 404, "not_found")


def test_invite_does_not_open_a_draft(api: Api, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="draft")

    for client in (api(), api(stranger)):
        assert_problem(call(client, event, "get", "", f"?invite={event.invite_token}"), 404, "not_found")
    response = api(stranger).post(f"{EVENTS}{event.pk}/subscribe/", {"invite": event.invite_token})
    assert_problem(response, 404, "not_found")


def test_invite_opens_a_private_event_to_read_and_to_subscribe(api: Api, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="private")

    anonymous = call(api(), event, "get", "", f"?invite={event.invite_token}")
    subscribed = api(stranger).post(f"{EVENTS}{event.pk}/subscribe/", {"invite": event.invite_token})

    assert (anonymous.status_code, subscribed.status_code) == (200, 201)
    assert call(api(stranger), event, "get", "").status_code == 200
    assert_problem(call(api(), event, "get", ""), 404, "not_found")


def test_invite_of_another_event_opens_nothing(api: Api, make_event: MakeEvent) -> None:
    event, other = make_event(state="private"), make_event(state="private")

    assert_problem(call(api(), event, "get", "", f"?invite={other.invite_token}"), 404, "not_found")


def test_invite_lets_nobody_change_a_private_event(api: Api, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="private")

    response = call(api(stranger), event, "patch", "", f"?invite={event.invite_token}")

    assert_problem(response, 404, "not_found")


def test_subscriber_sees_a_private_event_but_may_not_change_it(
    api: Api, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(state="private")
    subscribe(event, actor=subscriber, at=at)

    assert call(api(subscriber), event, "get", "").status_code == 200
    assert_problem(call(api(subscriber), event, "patch", ""), 403, "not_author")


def test_hidden_events_are_in_no_list_of_others(
    api: Api, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    subscribe(make_event(state="private"), actor=subscriber, at=at)
    make_event(state="draft")
    queries = [
        "",
        "?past=true",
        "?state=private",
        "?state=draft",
        "?subscribed=true",
        "?author=organiser",
        "?q=concert",
    ]

    for query in queries:
        for client in (api(), api(stranger)):
            assert client.get(EVENTS + query).json()["results"] == []


def test_options_and_head_reveal_nothing_of_a_hidden_event(api: Api, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="draft", headline="Surprise")
    client = api(stranger)

    assert client.head(f"{EVENTS}{event.pk}/").status_code == 404
    assert b"Surprise" not in client.options(f"{EVENTS}{event.pk}/").content


def test_browsable_api_hides_a_draft_too(client: Client, stranger: User, make_event: MakeEvent) -> None:
    event = make_event(state="draft", headline="Surprise")
    client.force_login(stranger)

    response = client.get(f"{EVENTS}{event.pk}/", headers={"accept": "text/html"})

    assert response.status_code == 404
    assert b"Surprise" not in response.content
