"""Test making, renewing and removing one's calendar feed over the API."""

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import User
from events.services import feed_of, renew_feed
from tests.makers import Api

pytestmark = pytest.mark.django_db
PATH = "/api/v1/users/me/calendar-feed/"


def status_of(url: str) -> int:
    return Client().get(url.removeprefix("http://testserver")).status_code


def test_url_of_a_feed_is_shown_made_renewed_and_removed(api: Api, subscriber: User) -> None:
    client = api(subscriber)
    before = client.get(PATH)
    made = client.post(PATH)
    shown = client.get(PATH)
    renewed = client.post(PATH)
    statuses = [status_of(response.json()["url"]) for response in (made, renewed)]
    removed, again, after = client.delete(PATH), client.delete(PATH), client.get(PATH)

    assert (before.status_code, before.json()) == (200, {"url": None})
    assert (made.status_code, renewed.status_code) == (201, 201)
    assert (shown.status_code, shown.json()) == (200, made.json())
    assert made.json()["url"] != renewed.json()["url"]
    assert statuses == [404, 200]
    assert (removed.status_code, again.status_code, after.json()) == (204, 204, {"url": None})
    assert status_of(renewed.json()["url"]) == 404


def test_feed_is_the_callers_own(api: Api, subscriber: User, stranger: User, at: datetime) -> None:
    feed = renew_feed(subscriber, at=at)
    client = api(stranger)

    assert client.get(PATH).json() == {"url": None}
    assert client.delete(PATH).status_code == 204
    assert feed_of(subscriber) == feed


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_feed_needs_a_login(api: Api, method: str) -> None:
    assert getattr(api(), method)(PATH).status_code == 401


def test_url_is_kept_by_no_cache(api: Api, subscriber: User, at: datetime) -> None:
    renew_feed(subscriber, at=at)

    assert api(subscriber).get(PATH)["Cache-Control"] == "no-store"
