"""Test the button on an event's page that joins it online."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event
from events.services import cancel_event, update_event
from tests.makers import MakeEvent
from tests.pages import html_of

ROOM = "https://meet.example/room?pwd=a&b"
LINK = '<a class="button button-join" href="https://meet.example/room?pwd=a&amp;b"'


def test_page_has_a_button_for_the_https_link_of_the_location(client: Client, make_event: MakeEvent) -> None:
    event = make_event(location=f"Hall 3, or {ROOM}")

    page = html_of(client, event.get_absolute_url())

    assert f'{LINK} rel="noopener noreferrer nofollow" target="_blank">' in page


@pytest.mark.parametrize("location", ["Hall 3", "http://meet.example/room", "meet.example/room"])
def test_page_has_no_button_for_other_locations(client: Client, make_event: MakeEvent, location: str) -> None:
    assert "button-join" not in html_of(client, make_event(location=location).get_absolute_url())


def test_page_has_no_button_once_the_event_is_cancelled(
    client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(location=ROOM)
    cancel_event(event, actor=organiser, at=at)

    page = html_of(client, event.get_absolute_url())

    assert "meet.example" in page
    assert "button-join" not in page


@pytest.mark.parametrize(("remaining", "is_joinable"), [(timedelta(minutes=5), True), (timedelta(0), False)])
def test_page_has_the_button_until_the_event_ends(
    client: Client, organiser: User, make_event: MakeEvent, at: datetime, remaining: timedelta, is_joinable: bool
) -> None:
    event = make_event(location=ROOM)
    Event.objects.filter(pk=event.pk).update(starts_at=at - timedelta(hours=1), over_at=at + remaining)

    assert ("button-join" in html_of(client, event.get_absolute_url())) == is_joinable


def test_button_follows_the_location(client: Client, organiser: User, make_event: MakeEvent, at: datetime) -> None:
    event = make_event(location=ROOM)
    update_event(event, actor=organiser, at=at, location="https://other.example/room")

    page = html_of(client, event.get_absolute_url())

    assert 'href="https://other.example/room" rel="noopener noreferrer nofollow"' in page
    assert "meet.example" not in page
