"""Test that events which are read without serializers look as serializers show them."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies
from rest_framework.test import APIClient

from accounts.models import User
from events.api import reads
from events.models import Event, Removal, Subscription
from events.services import subscribe
from tests.makers import Api, MakeEvent
from tests.reads import WITH_SERIALIZERS, assert_same_pages_with_serializers, assert_same_with_serializers, shown

EVENTS = "/api/v1/events/"
NOW = datetime.now(UTC)
UNHURRIED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def texts(max_size: int) -> strategies.SearchStrategy[str]:
    """Return any text that a column holds, often with letters that JSON or JavaScript treat specially."""
    special = strategies.sampled_from('"\\/\b\f\n\r\t\x1f\x7f\u2028\u2029é漢🎻')
    letters = strategies.characters(exclude_categories=["Cs"], exclude_characters="\0")
    return strategies.text(special | letters, max_size=max_size)


def moments() -> strategies.SearchStrategy[datetime]:
    """Return instants within some days, with and without microseconds."""
    every = strategies.timedeltas(-timedelta(days=2), timedelta(days=2)).map(lambda offset: NOW + offset)
    return every | every.map(lambda moment: moment.replace(microsecond=0))


@strategies.composite
def facts(draw: strategies.DrawFn) -> dict[str, Any]:
    """Return the columns of an event, as a service could have written them."""
    starts_at = draw(moments())
    length = draw(strategies.none() | strategies.timedeltas(timedelta(0), timedelta(days=2)))
    ends_at = None if length is None else starts_at + length
    times = strategies.sampled_from([None, None, NOW, NOW.replace(microsecond=0)])
    return {
        "headline": draw(texts(200)),
        "description": draw(texts(400)),
        "location": draw(texts(255)),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "over_at": ends_at or starts_at,
        "all_day": draw(strategies.booleans()),
        "time_zone": draw(strategies.sampled_from(["UTC", "Europe/Rome", "America/Argentina/Buenos_Aires"])),
        "state": draw(strategies.sampled_from([*Event.State.values, Event.State.PUBLIC])),
        "cancelled_at": draw(times),
        "deleted_at": draw(times),
        "notified_at": draw(times),
        "revision": draw(strategies.integers(0, 2**31 - 1)),
        "created_at": draw(moments()),
        "updated_at": draw(moments()),
    }


@strategies.composite
def filters(draw: strategies.DrawFn) -> str:
    """Return a query string with some of the filters, which may be empty or invalid."""
    values = {
        "q": strategies.sampled_from(["", "a", "a b", "é", "ø", "x" * 201]),
        "author": strategies.sampled_from(["", "organiser", "Organiser", "nobody"]),
        "starts_after": strategies.sampled_from(["", "x"]) | moments().map(datetime.isoformat),
        "starts_before": strategies.sampled_from(["", "x"]) | moments().map(datetime.isoformat),
        "subscribed": strategies.sampled_from(["", "true", "false", "x"]),
        "state": strategies.sampled_from(["", *Event.State.values, "x"]),
        "past": strategies.sampled_from(["", "true", "false"]),
        "page_size": strategies.sampled_from(["1", "2", "100", "101"]),
        "unknown": strategies.just("1"),
    }
    return urlencode({name: draw(some) for name, some in values.items() if draw(strategies.booleans())})


@pytest.fixture
def readers(api: Api, organiser: User, subscriber: User, stranger: User) -> dict[str, APIClient]:
    return {"anonymous": api(), **{person.username: api(person) for person in (organiser, subscriber, stranger)}}


@contextmanager
def posted(every: list[dict[str, Any]], organiser: User, subscriber: User, stranger: User) -> Iterator[list[Event]]:
    """Let there be events of the organiser to which the subscriber is subscribed, unless they are drafts.

    The stranger is barred from using their invites if their number is odd.
    """
    with transaction.atomic():
        events = [Event.objects.create(author=organiser, **each) for each in every]
        for number, event in enumerate(events):
            if not event.is_draft:
                Subscription.objects.create(user=subscriber, event=event, created_at=NOW)
                Event.objects.filter(pk=event.pk).update(subscriber_count=1)
            if number % 2:
                Removal.objects.create(event=event, user=stranger, removed_at=NOW, barred_invite=event.invite_token)
        yield events
        transaction.set_rollback(True)


@settings(max_examples=20, **UNHURRIED)
@given(every=strategies.lists(facts(), min_size=2, max_size=2))
def test_event_looks_to_each_reader_as_the_serializer_shows_it(
    readers: dict[str, APIClient], organiser: User, subscriber: User, stranger: User, every: list[dict[str, Any]]
) -> None:
    with posted(every, organiser, subscriber, stranger) as events:
        for event, client in product(events, readers.values()):
            for query in ("", f"?invite={event.invite_token}", f"?invite={event.invite_token.upper()}"):
                assert_same_with_serializers(client, f"{EVENTS}{event.pk}/{query}")


@settings(max_examples=50, **UNHURRIED)
@given(every=strategies.lists(facts(), max_size=6), query=filters())
def test_list_looks_to_each_reader_as_the_serializer_shows_it(
    readers: dict[str, APIClient],
    organiser: User,
    subscriber: User,
    stranger: User,
    every: list[dict[str, Any]],
    query: str,
) -> None:
    with posted(every, organiser, subscriber, stranger):
        for client in readers.values():
            assert_same_pages_with_serializers(client, f"{EVENTS}?{query}")


@pytest.mark.parametrize("pk", ["0", "007", str(2**63 - 1), str(2**63), "9" * 40])
def test_id_of_no_event_is_not_found_both_ways(api: Api, pk: str) -> None:
    assert assert_same_with_serializers(api(), f"{EVENTS}{pk}/").status_code == 404


@pytest.mark.parametrize("path", ["", "{pk}/", "?page_size=0", "0/"])
def test_both_ways_have_the_same_headers_and_compare_the_same_tags(
    api: Api, make_event: MakeEvent, organiser: User, path: str
) -> None:
    url = EVENTS + path.format(pk=make_event().pk)
    for client in (api(), api(organiser)):
        tag = assert_same_with_serializers(client, url).get("ETag", '"none"')
        known = assert_same_with_serializers(client, url, **{"if-none-match": tag})
        heads = [client.head(url, headers={"accept": accept}) for accept in ("*/*", WITH_SERIALIZERS)]

        assert shown(heads[0]) == shown(heads[1])
        assert heads[0].get("ETag", '"none"') == tag
        assert known.status_code == (304 if "0" not in path else heads[0].status_code)


@pytest.mark.parametrize("path", ["", "{pk}/"])
def test_reads_have_the_headers_that_programs_rely_on(api: Api, make_event: MakeEvent, path: str) -> None:
    response = api().get(EVENTS + path.format(pk=make_event().pk))

    headers = {name: response[name] for name in ("Content-Type", "Cache-Control", "Vary")}
    assert headers == {
        "Content-Type": "application/json",
        "Cache-Control": "no-cache",
        "Vary": "Accept, Authorization, Cookie, origin",
    }
    assert set(response["Allow"].split(", ")) >= {"GET", "HEAD", "OPTIONS"}
    assert response["X-Request-ID"]


@pytest.mark.parametrize("reader", ["anonymous", "organiser", "subscriber"])
def test_each_combination_of_filters_is_answered_alike(
    readers: dict[str, APIClient], make_event: MakeEvent, subscriber: User, at: datetime, reader: str
) -> None:
    for state in Event.State.values:
        event = make_event(state=state)
        if not event.is_draft:
            subscribe(event, actor=subscriber, at=at)
    compared = {"author": "Organiser", "starts_after": at.isoformat(), "starts_before": "2999-01-01T00:00:00Z"}
    position = [(at + timedelta(days=1)).isoformat(), 1]

    for subscribed, state, past, bounds, side in product(
        ["", "true", "false"], ["", *Event.State.values], ["", "true"], [{}, compared], ["", "after", "before"]
    ):
        query = {"subscribed": subscribed, "state": state, "past": past, **bounds}
        if side:
            query["cursor"] = base64.urlsafe_b64encode(json.dumps([side, *position]).encode()).decode().rstrip("=")
        response = assert_same_with_serializers(readers[reader], f"{EVENTS}?{urlencode(query)}")

        assert response.status_code == 200


def test_searches_are_not_remembered(api: Api, make_event: MakeEvent) -> None:
    make_event(headline="Concert")
    remembered = reads._EVENTS._statement.cache_info()

    found = [len(api().get(EVENTS, {"q": text}).json()["results"]) for text in ("concert", "conc", "opera")]

    assert found == [1, 1, 0]
    assert reads._EVENTS._statement.cache_info() == remembered
