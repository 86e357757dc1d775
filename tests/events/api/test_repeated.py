"""Test calls of the API that are sent twice with an Idempotency-Key: they have one effect."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import IdempotencyKey, User
from events.models import Announcement, Event
from events.services import delete_event, subscribe, update_event
from tests.makers import Api, MakeEvent
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"
NEW = {"headline": "Concert", "starts_at": "2030-07-01T20:00", "time_zone": "Europe/Rome", "state": "public"}
MESSAGE = {"message": "Doors open at five."}
KEY = '"8e03978e-40d5-43dd-bc93-6894a57f9324"'

Post = Callable[..., Any]


@pytest.fixture
def post(api: Api, organiser: User) -> Post:
    """Call as the organiser, or as the user `as_`, with a key unless it is None."""
    clients: dict[int, APIClient] = {}

    def call(path: str, body: Any, key: str | None = KEY, *, as_: User = organiser) -> Any:
        client = clients.setdefault(as_.pk, api(as_))
        return client.post(path, body, headers={} if key is None else {"idempotency-key": key})

    return call


@pytest.fixture
def announce_endpoint(make_event: MakeEvent, subscriber: User, at: datetime) -> str:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    return f"{EVENTS}{event.pk}/announce/"


# Posting


def test_event_posted_twice_is_one_and_both_are_answered_with_it(post: Post) -> None:
    first, second = post(EVENTS, NEW), post(EVENTS, NEW)

    assert Event.objects.count() == 1
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert (second["Location"], second["ETag"]) == (first["Location"], first["ETag"])


def test_repeated_post_is_answered_with_the_event_as_it_is_now(post: Post, organiser: User, at: datetime) -> None:
    first = post(EVENTS, NEW)
    update_event(Event.objects.get(), actor=organiser, at=at, headline="Encore")

    second = post(EVENTS, NEW)

    assert (second.status_code, second["Location"]) == (201, first["Location"])
    assert (second.json()["headline"], second.json()["revision"]) == ("Encore", 1)


def test_other_content_with_the_same_key_is_422(post: Post) -> None:
    post(EVENTS, NEW)

    assert_problem(post(EVENTS, NEW | {"headline": "Encore"}), 422, "idempotency_key_reused")
    assert Event.objects.get().headline == "Concert"


def test_same_content_in_other_words_is_the_same(post: Post) -> None:
    post(EVENTS, NEW)

    again = post(EVENTS, dict(reversed(NEW.items())) | {"starts_at": "2030-07-01T18:00:00Z", "unknown": "ignored"})

    assert again.status_code == 201
    assert Event.objects.count() == 1


def test_calls_with_keys_of_their_own_or_without_make_an_event_each(post: Post) -> None:
    for key in (None, None, "a", "b"):
        assert post(EVENTS, NEW, key).status_code == 201

    assert Event.objects.count() == 4


def test_key_in_quotes_and_bare_is_the_same(post: Post) -> None:
    for key in ('"a\\"b\\\\c"', 'a"b\\c'):
        assert post(EVENTS, NEW, key).status_code == 201

    assert Event.objects.count() == 1


@pytest.mark.parametrize("key", ["x", "x" * 255, f'"{"x" * 255}"', '" "', "a, b; c=d"])
def test_key_of_printable_ascii_is_taken(post: Post, key: str) -> None:
    assert post(EVENTS, NEW, key).status_code == 201
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize(
    "key", ["", '""', "x" * 256, f'"{"x" * 256}"', '"open', '"a"b"', '"a";q=1', '"\\a"', "a\tb", "é", "a\x7f", "a\n"]
)
@pytest.mark.parametrize("door", ["events", "announce"])
def test_other_keys_are_refused(post: Post, announce_endpoint: str, key: str, door: str) -> None:
    path, body = (EVENTS, NEW) if door == "events" else (announce_endpoint, MESSAGE)

    assert_problem(post(path, body, key), 400, "invalid_idempotency_key")
    assert Event.objects.count() == 1
    assert not Announcement.objects.exists()


def test_refused_call_leaves_its_key_free(post: Post) -> None:
    assert_problem(post(EVENTS, NEW | {"starts_at": "2001-07-01T20:00"}), 400, "start_in_past")

    assert post(EVENTS, NEW).status_code == 201
    assert Event.objects.count() == 1


def test_key_of_somebody_else_is_free(post: Post, stranger: User) -> None:
    mine, theirs = post(EVENTS, NEW), post(EVENTS, NEW, as_=stranger)

    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine.json()["id"]
    assert theirs.json()["author"]["username"] == "stranger"


def test_repeated_post_of_a_deleted_event_is_404(post: Post, organiser: User, at: datetime) -> None:
    post(EVENTS, NEW)
    delete_event(Event.objects.get(), actor=organiser, at=at)

    for _ in range(2):
        assert_problem(post(EVENTS, NEW), 404, "not_found")
    assert Event.objects.count() == 1


def test_anonymous_call_with_a_key_is_401(api: Api) -> None:
    assert_problem(api().post(EVENTS, NEW, headers={"idempotency-key": KEY}), 401, "not_authenticated")


def test_no_row_holds_what_was_sent_or_answered(post: Post, organiser: User) -> None:
    post(EVENTS, NEW)

    [row] = IdempotencyKey.objects.values()
    assert set(row) == {"id", "user_id", "key_digest", "content_digest", "result_id", "created_at"}
    assert (row["user_id"], row["result_id"]) == (organiser.pk, Event.objects.get().pk)
    assert len(row["key_digest"]) == len(row["content_digest"]) == 64


# Writing to the subscribers


def test_message_sent_twice_is_one(post: Post, announce_endpoint: str) -> None:
    first, second = post(announce_endpoint, MESSAGE), post(announce_endpoint, MESSAGE)

    assert Announcement.objects.count() == 1
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()


def test_other_message_with_the_same_key_is_422(post: Post, announce_endpoint: str) -> None:
    post(announce_endpoint, MESSAGE)

    assert_problem(post(announce_endpoint, {"message": "Doors open at six."}), 422, "idempotency_key_reused")
    assert Announcement.objects.count() == 1


def test_same_key_at_another_endpoint_is_free(post: Post, announce_endpoint: str, make_event: MakeEvent) -> None:
    for path, body in ((EVENTS, NEW), (announce_endpoint, MESSAGE), (f"{EVENTS}{make_event().pk}/announce/", MESSAGE)):
        assert post(path, body).status_code == 201


def test_repeated_message_counts_towards_no_limit(post: Post, announce_endpoint: str, settings: Settings) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 1

    assert [post(announce_endpoint, MESSAGE).status_code for _ in range(3)] == [201] * 3
    assert_problem(post(announce_endpoint, MESSAGE, "another"), 429, "too_many_announcements")
    assert post(announce_endpoint, MESSAGE).status_code == 201


def test_message_refused_first_leaves_its_key_free(post: Post, announce_endpoint: str, settings: Settings) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 0
    assert_problem(post(announce_endpoint, MESSAGE), 429, "too_many_announcements")
    settings.ANNOUNCEMENTS_PER_HOUR = 1

    assert post(announce_endpoint, MESSAGE).status_code == 201


def test_repeated_message_of_a_deleted_event_is_404(
    post: Post, announce_endpoint: str, organiser: User, at: datetime
) -> None:
    post(announce_endpoint, MESSAGE)
    delete_event(Event.objects.get(), actor=organiser, at=at)

    assert_problem(post(announce_endpoint, MESSAGE), 404, "not_found")


# What the schema says about it


def test_schema_names_the_header_and_its_refusals(client: Client) -> None:
    schema = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).json()

    for path in (EVENTS, f"{EVENTS}{{id}}/announce/"):
        operation = schema["paths"][path]["post"]
        assert "Idempotency-Key" in [each["name"] for each in operation["parameters"]]
        assert {"400", "404", "409", "422"} <= set(operation["responses"])
        examples = operation["responses"]["422"]["content"]["application/problem+json"]["examples"]
        assert [each["value"]["code"] for each in examples.values()] == ["idempotency_key_reused"]
