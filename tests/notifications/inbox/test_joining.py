"""Test the button of a reminder that joins its event online."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from events.models import Event
from events.services import cancel_event, delete_event, unsubscribe, update_event
from tests.makers import MakeEvent, MakeNotification
from tests.pages import html_of

INBOX = "/notifications/"
ROOM = "https://meet.example/room"
BUTTON = f'class="button button-join" href="{ROOM}" rel="noopener noreferrer nofollow" target="_blank">'


@pytest.fixture
def event(make_event: MakeEvent, make_notification: MakeNotification) -> Event:
    """An event that takes place online, and of which the subscriber has been reminded."""
    event = make_event(location=f"Online: {ROOM}")
    make_notification(event=event, location=event.location)
    return event


def test_reminder_has_a_button_for_the_https_link(subscriber_client: Client, event: Event) -> None:
    assert html_of(subscriber_client, INBOX).count(BUTTON) == 1


def test_reminder_has_the_button_while_the_link_is_the_same(
    subscriber_client: Client, event: Event, organiser: User, at: datetime
) -> None:
    update_event(event, actor=organiser, at=at, location=f"Hall 3, and {ROOM}")
    assert BUTTON in html_of(subscriber_client, INBOX)

    update_event(event, actor=organiser, at=at, location="https://other.example/room")
    assert "button-join" not in html_of(subscriber_client, INBOX)


def test_notification_that_is_no_reminder_has_no_button(
    subscriber_client: Client, make_event: MakeEvent, make_notification: MakeNotification
) -> None:
    make_notification(event=make_event(location=ROOM), location=ROOM, kind="message", detail={"text": "Hello"})

    assert "button-join" not in html_of(subscriber_client, INBOX)


def test_reminder_has_no_button_for_those_who_have_unsubscribed(
    subscriber_client: Client, event: Event, subscriber: User
) -> None:
    unsubscribe(event, actor=subscriber)

    assert "button-join" not in html_of(subscriber_client, INBOX)


def test_reminder_of_a_cancelled_event_has_no_button(
    subscriber_client: Client, event: Event, organiser: User, at: datetime
) -> None:
    cancel_event(event, actor=organiser, at=at)

    assert "button-join" not in html_of(subscriber_client, INBOX)


def test_reminder_of_a_deleted_event_has_no_button(
    subscriber_client: Client, event: Event, organiser: User, at: datetime
) -> None:
    delete_event(event, actor=organiser, at=at)

    assert "button-join" not in html_of(subscriber_client, INBOX)


@pytest.mark.parametrize(("remaining", "is_joinable"), [(timedelta(minutes=5), True), (timedelta(0), False)])
def test_reminder_has_the_button_until_the_event_ends(
    subscriber_client: Client, event: Event, at: datetime, remaining: timedelta, is_joinable: bool
) -> None:
    Event.objects.filter(pk=event.pk).update(starts_at=at - timedelta(hours=1), over_at=at + remaining)

    assert ("button-join" in html_of(subscriber_client, INBOX)) == is_joinable
