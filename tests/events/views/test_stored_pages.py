"""Test that pages which are stored for visitors show every change at once, and what they cost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import models
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from config.web.stored_pages import STORE
from events.models import Event
from events.services import cancel_event, create_event, delete_event, subscribe, update_event
from tests.makers import MakeEvent
from tests.pages import html_of

pytestmark = pytest.mark.django_db

# Values that differ from those of a new event, for each column that does.
CHANGES: dict[str, Callable[[Event], Any]] = {
    "headline": lambda _: "Another headline",
    "description": lambda _: "Another description",
    "location": lambda _: "Another place",
    "starts_at": lambda event: event.starts_at + timedelta(hours=1),
    "ends_at": lambda event: event.starts_at + timedelta(hours=4),
    "all_day": lambda _: True,
    "over_at": lambda event: event.over_at + timedelta(hours=5),
    "time_zone": lambda _: "Asia/Tokyo",
    "state": lambda _: "private",
    "cancelled_at": lambda event: event.created_at,
    "deleted_at": lambda event: event.created_at,
    "notified_at": lambda event: event.created_at,
    "revision": lambda event: event.revision + 1,
    "subscriber_count": lambda _: 7,
    "created_at": lambda event: event.created_at - timedelta(days=400),
    "updated_at": lambda event: event.updated_at + timedelta(days=400),
    "invite_token": lambda _: "0" * 32,
}
# What no page of a visitor shows.
UNSEEN = {"id", "author", "starts_local", "ends_local", "zone_rules", "local_times_of", "rearm_cursor"} | {
    "last_old_invite_id",
    "uid_digest",
    "search_text",
    "has_ended",
    "length_class",
}


@pytest.fixture
def event(make_event: MakeEvent, at: datetime) -> Event:
    begins = (at + timedelta(days=2)).replace(hour=10)
    return make_event(starts_at=begins, ends_at=begins + timedelta(hours=3), location="Pier 3", description="*Songs*")


@pytest.fixture
def pages(event: Event) -> list[str]:
    return [
        f"/events/{event.pk}/",
        "/",
        f"/events/month/{event.starts_at:%Y/%m}/".replace("/0", "/"),
        f"/people/{event.author.username}/",
    ]


def store(pages: list[str]) -> None:
    """Ask for pages until they are stored."""
    for path in pages:
        seen(path)
        seen(path)
    assert len(STORE) == len(pages)


def seen(path: str) -> tuple[int, bytes]:
    """Return what a visitor gets whom nobody knows."""
    response = Client().get(path)
    return response.status_code, response.content


def headers_of(path: str) -> dict[str, str]:
    headers = dict(Client().get(path).headers)
    del headers["X-Request-ID"]
    return headers


def is_current(path: str) -> bool:
    """Whether a visitor gets what a process would answer that has stored nothing."""
    given = seen(path)
    STORE.clear()
    return given == seen(path)


def test_stored_pages_are_those_that_are_rendered(pages: list[str]) -> None:
    rendered = [(seen(path), headers_of(path)) for path in pages]
    store(pages)

    assert [(seen(path), headers_of(path)) for path in pages] == rendered


@pytest.mark.parametrize("column", CHANGES)
def test_change_of_any_column_shows_at_once(event: Event, pages: list[str], column: str) -> None:
    store(pages)

    Event.objects.filter(pk=event.pk).update(**{column: CHANGES[column](event)})

    assert [path for path in pages if not is_current(path)] == []


def test_each_column_is_compared() -> None:
    columns = {field.name for field in Event._meta.get_fields() if isinstance(field, models.Field) and field.concrete}

    assert columns == CHANGES.keys() | UNSEEN


@pytest.mark.parametrize("change", [{"username": "renamed"}, {"is_active": False}], ids=str)
def test_change_of_the_organiser_shows_at_once(event: Event, pages: list[str], change: dict[str, Any]) -> None:
    store(pages)

    User.objects.filter(pk=event.author_id).update(**change)

    assert [path for path in pages if not is_current(path)] == []
    assert seen(pages[3])[0] == 404


def withdraw(event: Event, at: datetime) -> None:
    update_event(event, actor=event.author, at=at, expected_revision=event.revision, state=Event.State.PRIVATE)


def cancel(event: Event, at: datetime) -> None:
    cancel_event(event, actor=event.author, at=at, reason="Nobody is well.")


def delete(event: Event, at: datetime) -> None:
    delete_event(event, actor=event.author, at=at)


@pytest.mark.parametrize(("act", "status"), [(withdraw, 404), (delete, 404), (cancel, 200)])
def test_event_that_is_withdrawn_is_gone_at_once(
    event: Event, pages: list[str], at: datetime, act: Callable[[Event, datetime], None], status: int
) -> None:
    store(pages)
    assert all(b"Concert" in seen(path)[1] for path in pages)

    act(event, at)

    answers = [seen(path) for path in pages]
    assert [code for code, _ in answers] == [status, 200, 200, 200]
    assert [b"Concert" in body for _, body in answers] == [status == 200, False, False, False]


def test_reason_of_a_cancellation_is_never_stored(event: Event, at: datetime) -> None:
    cancel(event, at)
    for _ in range(3):
        seen(f"/events/{event.pk}/")

    event.announcements.cancellations().update(text="The hall is closed.")

    assert b"The hall is closed." in seen(f"/events/{event.pk}/")[1]


def test_number_of_subscribers_shows_at_once(event: Event, subscriber: User, at: datetime) -> None:
    path = f"/events/{event.pk}/"
    store([path])
    before = seen(path)[1]

    subscribe(event, actor=subscriber, at=at, leads=[60])

    assert b"No subscribers yet" in before
    assert b"1 subscriber\n" in seen(path)[1]


def test_new_event_is_in_the_lists_at_once(event: Event, pages: list[str], at: datetime) -> None:
    store(pages)

    begins = event.starts_at + timedelta(hours=1)
    create_event(actor=event.author, at=at, headline="Festival", state=Event.State.PUBLIC, starts_at=begins)

    assert [b"Festival" in seen(path)[1] for path in pages] == [False, True, True, True]


def test_private_event_is_never_stored(make_event: MakeEvent, organiser: User) -> None:
    private = make_event(state=Event.State.PRIVATE)
    path, invited = f"/events/{private.pk}/", f"/events/{private.pk}/?invite={private.invite_token}"
    own = Client()
    own.force_login(organiser)

    for _ in range(3):
        assert [Client().get(each).status_code for each in (invited, path)] == [200, 404]
        assert own.get(path).status_code == 200
    assert len(STORE) == 0


def test_pages_of_users_are_neither_stored_nor_given_to_others(
    event: Event, organiser: User, subscriber: User, pages: list[str]
) -> None:
    store(pages)
    strangers = [seen(path) for path in pages]
    for user in (organiser, subscriber):
        client = Client()
        client.force_login(user)
        bodies = [client.get(path).content for path in pages]

        assert all(user.username.encode() in body and b"csrfmiddlewaretoken" in body for body in bodies)

    assert [seen(path) for path in pages] == strangers
    assert all(b"csrfmiddlewaretoken" not in body for _, body in strangers)


def test_search_is_not_stored(event: Event) -> None:
    assert all(b"Concert" in seen("/?q=concert")[1] for _ in range(3))
    assert len(STORE) == 0


def test_message_after_a_logout_is_for_that_reader_only(event: Event, stranger_client: Client) -> None:
    stranger_client.post("/accounts/logout/")
    html_of(stranger_client, "/")

    assert len(STORE) == 0


@pytest.mark.parametrize(("index", "count"), [(0, 1), (1, 1), (2, 2), (3, 2)])
def test_stored_page_takes_one_query_and_a_second_for_a_month_or_an_organiser(
    pages: list[str], index: int, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    store([pages[index]])

    with django_assert_num_queries(count):
        seen(pages[index])


def test_event_that_starts_within_the_minute_has_started(event: Event) -> None:
    path = f"/events/{event.pk}/"
    store([path])
    Event.objects.filter(pk=event.pk).update(starts_at=event.created_at)

    assert b"happening now" in seen(path)[1]
