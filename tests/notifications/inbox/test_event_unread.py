"""Test what the page of an event shows at its head: what is new about it to the reader."""

import re
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Event
from events.services import announce, cancel_event, subscribe, update_event
from notifications.inbox.pages import PAGE_SIZE
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification
from tests.notifications.delivery.sweeps import sweep_at
from tests.pages import html_of, words

# Session, user, event, what is new about it, bell.
EVENT_QUERIES = 5


def page_of(client: Client, event: Event) -> str:
    return html_of(client, event.get_absolute_url())


def text_in(page: str) -> str:
    """Return the text of the block at the head of the page, "" if there is none, or if it is hidden."""
    block = re.search(r'<section class="event-unread"[^>]*?( hidden)?>(.*?)</section>', page, re.DOTALL)
    return "" if block is None or block[1] else words(block[2])


def ids_in(page: str) -> list[int]:
    form = re.search(r'data-seen>.*?name="ids" value="([\d,]*)"', page, re.DOTALL)
    return [int(pk) for pk in form[1].split(",")] if form else []


def test_page_says_what_has_changed_and_what_the_organiser_wrote(
    subscriber_client: Client, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event(location="Old Hall")
    subscribe(event, actor=subscriber, at=at, leads=[])
    update_event(event, actor=organiser, at=at, location="New Hall")
    announce(event, actor=organiser, at=at, message="Bring a chair.")
    sweep_at(at)

    text = text_in(page_of(subscriber_client, event))

    order = ["What’s new", "Mark as read", "Message from the organiser: Bring a chair.", "New location: New Hall"]
    assert sorted(order, key=text.index) == order


def test_page_says_that_the_event_was_cancelled_and_why(
    subscriber_client: Client, subscribed_event: Event, organiser: User, at: datetime
) -> None:
    cancel_event(subscribed_event, actor=organiser, at=at, reason="The hall is flooded.")
    sweep_at(at)

    text = text_in(page_of(subscriber_client, subscribed_event))

    assert re.search(r"Cancelled \(was scheduled for .*\).* The hall is flooded\.", text)


def test_page_shows_neither_what_is_read_nor_what_is_superseded(
    subscriber_client: Client, make_event: MakeEvent, make_notification: MakeNotification, at: datetime
) -> None:
    event = make_event()
    for options in ({"read_at": at}, {"superseded_at": at}):
        make_notification(event=event, kind="message", detail={"text": "Hello"}, **options)

    page = page_of(subscriber_client, event)

    assert (text_in(page), ids_in(page)) == ("", [])


def test_page_shows_nothing_of_other_events_and_other_people(
    subscriber_client: Client, make_event: MakeEvent, make_notification: MakeNotification, stranger: User
) -> None:
    event = make_event()
    make_notification(event=make_event(), kind="message", detail={"text": "Elsewhere"})
    make_notification(event=event, kind="message", detail={"text": "For you"}, recipient=stranger)

    page = page_of(subscriber_client, event)

    assert (text_in(page), ids_in(page)) == ("", [])


def test_reminder_is_read_with_the_page_without_being_repeated_there(
    subscriber_client: Client, make_event: MakeEvent, make_notification: MakeNotification
) -> None:
    event = make_event()
    reminder = make_notification(event=event)

    page = page_of(subscriber_client, event)

    assert (text_in(page), ids_in(page)) == ("", [reminder.pk])


def test_page_marks_no_more_than_it_shows(
    subscriber_client: Client, make_event: MakeEvent, make_notification: MakeNotification
) -> None:
    event = make_event()
    rows = [make_notification(event=event, kind="message", detail={"text": "Hello"}).pk for _ in range(PAGE_SIZE + 1)]

    page = page_of(subscriber_client, event)
    subscriber_client.post("/notifications/read/", {"ids": ",".join(map(str, ids_in(page)))})

    assert ids_in(page) == rows[:0:-1]
    assert text_in(page).count("Hello") == PAGE_SIZE
    assert list(Notification.objects.unread().values_list("pk", flat=True)) == rows[:1]


def test_looking_changes_nothing_and_the_button_marks_what_is_shown(
    subscriber_client: Client, make_event: MakeEvent, make_notification: MakeNotification
) -> None:
    event = make_event()
    url = f"{event.get_absolute_url()}?invite=x"
    make_notification(event=event, kind="message", detail={"text": "Hello"})
    shown = ids_in(html_of(subscriber_client, url))
    later = make_notification(event=event)
    assert Notification.objects.unread().count() == 2

    form = {"ids": ",".join(map(str, shown)), "next": url}
    response = subscriber_client.post("/notifications/read/", form)

    assert (response.status_code, response["Location"]) == (302, url)
    assert list(Notification.objects.unread()) == [later]


def test_page_has_nothing_new_for_those_who_are_not_logged_in(
    client: Client, make_event: MakeEvent, make_notification: MakeNotification
) -> None:
    event = make_event()
    make_notification(event=event, kind="message", detail={"text": "Hello"})

    assert "data-seen" not in page_of(client, event)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_new_costs_as_many_queries_for_any_number_of_rows(
    subscriber_client: Client,
    make_event: MakeEvent,
    make_notification: MakeNotification,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    event = make_event()
    for _ in range(count):
        make_notification(event=event, kind="message", detail={"text": "Hello"})

    with django_assert_num_queries(EVENT_QUERIES):
        page_of(subscriber_client, event)


def test_text_of_the_organiser_is_escaped(
    subscriber_client: Client, make_event: MakeEvent, make_notification: MakeNotification
) -> None:
    event = make_event()
    make_notification(event=event, kind="message", detail={"text": "<script>alert(1)</script>"})

    page = page_of(subscriber_client, event)

    assert "alert(1)" in text_in(page)
    assert "<script>alert" not in page
