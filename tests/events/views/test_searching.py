"""Test that the search of each page finds words in any order and without their accents."""

from datetime import datetime

import pytest
from django.test import Client

from accounts.models import User
from events.services import subscribe
from tests.events.views.test_month import month_headlines
from tests.makers import MakeEvent
from tests.pages import listed_headlines

pytestmark = pytest.mark.django_db
SEARCH = "?q=zurich+rock+o%27brien"
FOUND = "Mr O’Brien’s rock concert"


@pytest.mark.parametrize("path", ["/", "/people/organiser/", "/events/mine/"])
def test_lists_find_every_word_in_any_order(organiser_client: Client, make_event: MakeEvent, path: str) -> None:
    make_event(headline=FOUND, location="Zürich")
    make_event(headline="Rock concert", location="Zürich")

    assert listed_headlines(organiser_client, f"{path}{SEARCH}") == [FOUND]


def test_own_subscriptions_find_every_word_in_any_order(
    client: Client, subscriber: User, make_event: MakeEvent, at: datetime
) -> None:
    for headline in (FOUND, "Rock concert"):
        subscribe(make_event(headline=headline, location="Zürich"), actor=subscriber, at=at)
    client.force_login(subscriber)

    assert listed_headlines(client, f"/subscriptions/{SEARCH}") == [FOUND]


def test_month_finds_every_word_in_any_order(client: Client, make_event: MakeEvent) -> None:
    event = make_event(headline=FOUND, location="Zürich")
    make_event(headline="Rock concert", location="Zürich")

    month = f"/events/month/{event.starts_at.year}/{event.starts_at.month}/"

    assert month_headlines(client, f"{month}{SEARCH}") == [FOUND]
