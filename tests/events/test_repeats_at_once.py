"""Test identical requests at the same time, over pages and the API: one has the effect, and both are answered."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from events.models import Announcement, Event
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.makers import Api

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5
FORM = {"headline": "Concert", "start_date": "2030-12-06", "start_time": "18:00", "time_zone": "UTC", "state": "draft"}
JSON = {"headline": "Concert", "starts_at": "2030-07-01T20:00Z"}
MESSAGE = {"message": "Doors open at five."}


def send_at_once(*requests: Callable[[], Any]) -> list[Any]:
    """Send all requests from separate threads, started together; return the answers."""
    barrier = threading.Barrier(len(requests))

    def send(request: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return request()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(send, requests))


@pytest.fixture
def organiser_clients(organiser: User) -> list[Client]:
    """Return two tabs of the organiser, which send their requests independently."""
    tabs = [Client(), Client()]
    for tab in tabs:
        tab.force_login(organiser)
    return tabs


def test_message_sent_twice_at_once_notifies_everybody_once(
    organiser_clients: list[Client], subscribed_event: Event, settings: Settings
) -> None:
    page = f"{subscribed_event.get_absolute_url()}announce/"
    for number in range(1, ROUNDS + 1):
        settings.ANNOUNCEMENTS_PER_HOUR = number  # so that the second of two would be refused
        sent = MESSAGE | {"once": f"round {number}"}

        answers = send_at_once(*(partial(tab.post, page, sent) for tab in organiser_clients))

        assert [each.status_code for each in answers] == [302, 302]
    sweep()

    assert Announcement.objects.count() == Notification.objects.filter(kind="message").count() == ROUNDS


def test_form_sent_twice_at_once_makes_one_event(organiser_clients: list[Client]) -> None:
    for number in range(1, ROUNDS + 1):
        sent = FORM | {"once": f"round {number}"}

        answers = send_at_once(*(partial(tab.post, "/events/new/", sent) for tab in organiser_clients))

        newest = Event.objects.latest("id")
        assert [each["Location"] for each in answers] == [newest.get_absolute_url()] * 2
        assert Event.objects.count() == number


@pytest.mark.parametrize("door", ["events", "announce"])
def test_call_sent_twice_at_once_makes_one(
    api: Api, organiser: User, subscribed_event: Event, settings: Settings, door: str
) -> None:
    clients = [api(organiser), api(organiser)]
    path, body = (
        ("/api/v1/events/", JSON) if door == "events" else (f"/api/v1/events/{subscribed_event.pk}/announce/", MESSAGE)
    )
    made = Event if door == "events" else Announcement
    before = made.objects.count()
    for number in range(1, ROUNDS + 1):
        settings.ANNOUNCEMENTS_PER_HOUR = number
        settings.MAX_EVENTS_PER_USER = 1 + number
        headers = {"idempotency-key": f"round {number}"}

        first, second = send_at_once(*(partial(each.post, path, body, headers=headers) for each in clients))

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
    assert made.objects.count() - before == ROUNDS


def test_other_content_with_the_same_key_at_once_is_made_once(api: Api, organiser: User) -> None:
    clients = [api(organiser), api(organiser)]
    for number in range(1, ROUNDS + 1):
        headers = {"idempotency-key": f"round {number}"}

        answers = send_at_once(
            *(
                partial(each.post, "/api/v1/events/", JSON | {"headline": name}, headers=headers)
                for each, name in zip(clients, ("Concert", "Encore"), strict=True)
            )
        )

        assert sorted(each.status_code for each in answers) == [201, 422]
        assert Event.objects.count() == number
