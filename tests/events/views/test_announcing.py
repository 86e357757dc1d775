"""Test writing to one's subscribers in the browser."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from events.models import Announcement, Event
from events.services import announce, cancel_event, subscribe
from tests.makers import MakeEvent, MakeUser
from tests.pages import html_of

MESSAGE = "Doors open at five.\nBring shoes."
# Session, user, event, bell.
PAGE_QUERIES = 4


def form_url(event: Event) -> str:
    return f"{event.get_absolute_url()}announce/"


def test_page_says_how_many_will_be_notified_and_how_long_a_message_may_be(
    organiser_client: Client, subscribed_event: Event
) -> None:
    page = html_of(organiser_client, form_url(subscribed_event))

    assert "1 subscriber will be notified immediately." in page
    assert "up to 2,000 characters" in page
    assert 'data-limit="2000"' in page
    assert "maxlength" not in page
    assert not Announcement.objects.exists()


def test_page_without_subscribers_offers_no_form(organiser_client: Client, make_event: MakeEvent) -> None:
    page = html_of(organiser_client, form_url(make_event()))

    assert "No subscribers yet." in page
    assert "<textarea" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_page_for_messages_costs_the_same_however_many_subscribed(
    organiser_client: Client,
    make_event: MakeEvent,
    make_user: MakeUser,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    event = make_event()
    for number in range(count):
        subscribe(event, actor=make_user(f"subscriber{number}"), at=at)

    with django_assert_num_queries(PAGE_QUERIES):
        organiser_client.get(form_url(event))


def test_message_is_on_its_way_to_the_subscribers(organiser_client: Client, subscribed_event: Event) -> None:
    response = organiser_client.post(form_url(subscribed_event), {"message": MESSAGE.replace("\n", "\r\n")})

    announcement = Announcement.objects.get()
    assert (response.status_code, response["Location"]) == (302, subscribed_event.get_absolute_url())
    assert (announcement.kind, announcement.text) == ("message", MESSAGE)
    page = html_of(organiser_client, subscribed_event.get_absolute_url())
    assert "Message sent to 1 subscriber." in page


def test_message_of_the_greatest_length_counts_an_end_of_line_as_one(
    organiser_client: Client, subscribed_event: Event
) -> None:
    response = organiser_client.post(form_url(subscribed_event), {"message": "x\r\n" * 999 + "xx"})

    assert response.status_code == 302
    assert len(Announcement.objects.get().text) == 2000


@pytest.mark.parametrize(
    ("message", "refusal"),
    [
        ("x" * 2001, "at most 2000 characters (it has 2001)"),
        ("", "This field is required."),
        ("  ", "This field is required."),
        ("bell: \x07", "contains invalid characters"),
    ],
)
def test_message_that_is_none_comes_back_beside_its_refusal(
    organiser_client: Client, subscribed_event: Event, message: str, refusal: str
) -> None:
    page = organiser_client.post(form_url(subscribed_event), {"message": message}).content.decode()

    assert refusal in page.split('id="id_message_error"')[1]
    assert f"{message}</textarea>" in page
    assert not Announcement.objects.exists()


def test_message_too_many_comes_back_and_says_when_to_try_again(
    organiser_client: Client, organiser: User, subscribed_event: Event, at: datetime, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 1
    announce(subscribed_event, actor=organiser, at=at, message="The first")

    page = organiser_client.post(form_url(subscribed_event), {"message": MESSAGE}).content.decode()

    assert "You can send 1 message an hour for each event. Try again in 1 hour." in page
    assert f"{MESSAGE}</textarea>" in page
    assert Announcement.objects.count() == 1


def test_message_of_a_draft_comes_back(organiser_client: Client, make_event: MakeEvent) -> None:
    page = organiser_client.post(form_url(make_event(state="draft")), {"message": MESSAGE}).content.decode()

    assert "A draft has no subscribers to message." in page
    assert f"{MESSAGE}</textarea>" in page


def test_message_of_a_cancelled_event_is_possible(
    organiser_client: Client, organiser: User, subscribed_event: Event, at: datetime
) -> None:
    cancel_event(subscribed_event, actor=organiser, at=at)

    response = organiser_client.post(form_url(subscribed_event), {"message": MESSAGE})

    assert response.status_code == 302


def test_anonymous_readers_log_in_first(client: Client, subscribed_event: Event) -> None:
    response = client.get(form_url(subscribed_event))

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={form_url(subscribed_event)}")
    assert client.post(form_url(subscribed_event), {"message": MESSAGE}).status_code == 302
    assert not Announcement.objects.exists()


@pytest.mark.parametrize("is_subscribed", [True, False])
def test_only_the_organiser_sends_messages(
    client: Client, subscriber: User, stranger: User, subscribed_event: Event, is_subscribed: bool
) -> None:
    client.force_login(subscriber if is_subscribed else stranger)

    assert client.get(form_url(subscribed_event)).status_code == 403
    assert client.post(form_url(subscribed_event), {"message": MESSAGE}).status_code == 403
    assert not Announcement.objects.exists()


def test_post_without_its_token_sends_nothing(organiser: User, subscribed_event: Event) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(organiser)

    assert client.post(form_url(subscribed_event), {"message": MESSAGE}).status_code == 403
    assert not Announcement.objects.exists()


def test_organisers_panel_links_to_the_form_once_somebody_subscribes(
    organiser_client: Client, subscribed_event: Event, make_event: MakeEvent
) -> None:
    assert form_url(subscribed_event) in html_of(organiser_client, subscribed_event.get_absolute_url())

    alone = make_event()

    assert form_url(alone) not in html_of(organiser_client, alone.get_absolute_url())
