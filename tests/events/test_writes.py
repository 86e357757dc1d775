"""Test how many statements the writes of programs take, and that they show and count what is true by then."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from events.exceptions import QuotaExceeded
from events.models import Event
from events.services import create_event, subscribe, update_event
from tests.makers import Api, MakeEvent

# Of one request: those of its authentication, of its idempotency key and of its transaction, but not BEGIN and COMMIT,
# which Django does not record here.
CREATE_STATEMENTS, SUBSCRIBE_STATEMENTS = 6, 8
IN_TWO_DAYS = timezone.now() + timedelta(days=2)
NEW = {"headline": "Concert", "starts_at": IN_TWO_DAYS.isoformat(), "state": "public"}


def statements_of(client: APIClient, path: str, body: dict[str, Any], **headers: str) -> list[str]:
    """Return the statements of a request that creates something."""
    with CaptureQueriesContext(connection) as queries:
        response = client.post(path, body, headers=headers)
    assert response.status_code == 201, response.content
    return [each["sql"] for each in queries]


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "key"}])
def test_create_takes_six_statements_with_its_key(api: Api, organiser: User, headers: dict[str, str]) -> None:
    statements = statements_of(api(organiser), "/api/v1/events/", NEW, **headers)

    assert len(statements) <= CREATE_STATEMENTS
    assert not [each for each in statements if "SAVEPOINT" in each]


@pytest.mark.parametrize("state", ["public", "private"])
def test_subscribe_takes_eight_statements(api: Api, make_event: MakeEvent, subscriber: User, state: str) -> None:
    event = make_event(state=state)
    body = {"leads": [60, 1440], "invite": event.invite_token}

    statements = statements_of(api(subscriber), f"/api/v1/events/{event.pk}/subscribe/", body)

    assert len(statements) <= SUBSCRIBE_STATEMENTS
    assert not [each for each in statements if "SAVEPOINT" in each]


@pytest.mark.parametrize(
    "facts",
    [
        {"starts_at": "2030-07-01T20:00:00.5+05:30", "description": "Doors\r\nopen \n", "location": " Main hall "},
        {"starts_at": "2030-07-01T20:00Z", "ends_at": "2030-07-03T01:00Z", "all_day": True, "time_zone": "Asia/Tokyo"},
    ],
)
def test_answers_show_what_a_read_shows(api: Api, organiser: User, subscriber: User, facts: dict[str, Any]) -> None:
    host, guest = api(organiser), api(subscriber)
    created = host.post("/api/v1/events/", NEW | facts)
    event_url = created["Location"]
    assert created.json() == host.get(event_url).json()

    subscribed = guest.post(f"{event_url}subscribe/", {"leads": [10, 1440, 60]})
    assert [subscribed.json()] == guest.get("/api/v1/subscriptions/").json()["results"]


def while_locked(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """Do the first, and the second meanwhile, so that it waits for the locks of the first. Return what it returns."""

    def do_and_close() -> Any:
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            waiting = pool.submit(do_and_close)
            time.sleep(0.5)  # so that it waits; if it came later, the result would be the same
        return waiting.result()


@pytest.mark.django_db(transaction=True)
def test_events_are_counted_after_waiting_for_the_lock(organiser: User, at: datetime, settings: Settings) -> None:
    settings.MAX_EVENTS_PER_USER = 1

    def post() -> None:
        create_event(actor=organiser, at=at, headline="Concert", starts_at=at + timedelta(days=2))

    with pytest.raises(QuotaExceeded):
        while_locked(post, post)


@pytest.mark.django_db(transaction=True)
def test_subscriptions_are_counted_after_waiting_for_the_lock(
    make_event: MakeEvent, subscriber: User, at: datetime, settings: Settings
) -> None:
    settings.MAX_SUBSCRIPTIONS_PER_USER = 1
    one, other = (partial(subscribe, make_event(), actor=subscriber, at=at) for _ in range(2))

    with pytest.raises(QuotaExceeded):
        while_locked(one, other)


@pytest.mark.django_db(transaction=True)
def test_change_that_subscribing_has_waited_for_is_known_to_it(
    subscribed_event: Event, organiser: User, stranger: User, at: datetime
) -> None:
    start = subscribed_event.starts_at

    subscription = while_locked(
        partial(update_event, subscribed_event, actor=organiser, at=at, starts_at=start + timedelta(days=1)),
        partial(subscribe, subscribed_event, actor=stranger, at=at, leads=[60]),
    )

    # For the start before the change, which has not been announced.
    assert [each.armed_for for each in subscription.new_reminders] == [start]
