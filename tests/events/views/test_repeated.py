"""Test forms that are sent twice, by a double click or a reload: they have one effect."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import IdempotencyKey, User
from accounts.services import purge_idempotency_keys
from events.models import Announcement, Event
from events.services import delete_event
from tests.makers import MakeEvent
from tests.pages import html_of

NEW = "/events/new/"
INPUTS = {
    "headline": "Concert",
    "start_date": "2030-12-06",
    "start_time": "18:00",
    "time_zone": "Europe/Rome",
    "state": "public",
}
MESSAGE = {"message": "Doors open at five."}


@pytest.fixture
def announce_page(subscribed_event: Event) -> str:
    return f"{subscribed_event.get_absolute_url()}announce/"


def shown_key(page: Any) -> dict[str, str]:
    """Return the one-time key of a form, as a browser would send it."""
    [key] = re.findall(r'name="once" value="([^"]+)"', page.content.decode())
    return {"once": key}


def saved_headlines() -> list[str]:
    return list(Event.objects.order_by("id").values_list("headline", flat=True))


# Posting


def test_each_form_is_shown_with_a_key_of_its_own(
    organiser_client: Client, subscribed_event: Event, announce_page: str
) -> None:
    pages = [NEW, NEW, f"{subscribed_event.get_absolute_url()}duplicate/", announce_page, announce_page]

    keys = {shown_key(organiser_client.get(page))["once"] for page in pages}

    assert len(keys) == 5
    assert all(len(key) >= 22 for key in keys)  # 128 bits in base64


def test_form_of_an_event_there_is_has_no_key(organiser_client: Client, subscribed_event: Event) -> None:
    assert 'name="once"' not in html_of(organiser_client, f"{subscribed_event.get_absolute_url()}edit/")


def test_event_posted_twice_is_one_and_both_lead_to_it(organiser_client: Client) -> None:
    sent = INPUTS | shown_key(organiser_client.get(NEW))

    responses = [organiser_client.post(NEW, sent) for _ in range(2)]

    event = Event.objects.get()
    assert [(each.status_code, each["Location"]) for each in responses] == [(302, event.get_absolute_url())] * 2


def test_repeated_post_is_answered_with_the_same_message(organiser_client: Client) -> None:
    sent = INPUTS | shown_key(organiser_client.get(NEW))
    organiser_client.post(NEW, sent, follow=True)

    page = organiser_client.post(NEW, sent, follow=True)

    assert page.content.decode().count("Event posted.") == 1


def test_copy_posted_twice_is_one(organiser_client: Client, make_event: MakeEvent) -> None:
    page = f"{make_event().get_absolute_url()}duplicate/"
    sent = INPUTS | {"headline": "Copy"} | shown_key(organiser_client.get(page))

    first, second = organiser_client.post(page, sent), organiser_client.post(page, sent)

    assert first["Location"] == second["Location"]
    assert saved_headlines() == ["Concert", "Copy"]


def test_going_back_and_editing_posts_another_event(organiser_client: Client) -> None:
    key = shown_key(organiser_client.get(NEW))
    for headline in ("Concert", "Encore", "Encore", "Concert"):
        organiser_client.post(NEW, INPUTS | {"headline": headline} | key)

    assert saved_headlines() == ["Concert", "Encore"]


def test_spaces_and_line_ends_make_no_other_content(organiser_client: Client) -> None:
    key = shown_key(organiser_client.get(NEW))
    organiser_client.post(NEW, INPUTS | {"description": "a\nb"} | key)
    organiser_client.post(NEW, INPUTS | {"description": "a\r\nb", "headline": " Concert "} | key)

    assert saved_headlines() == ["Concert"]


def test_form_that_comes_back_keeps_its_key_which_is_free(organiser_client: Client) -> None:
    key = shown_key(organiser_client.get(NEW))
    back = organiser_client.post(NEW, INPUTS | {"start_date": "2001-01-01"} | key)

    assert shown_key(back) == key
    assert not IdempotencyKey.objects.exists()
    assert organiser_client.post(NEW, INPUTS | key).status_code == 302
    assert saved_headlines() == ["Concert"]


def test_preview_takes_no_key(organiser_client: Client) -> None:
    key = shown_key(organiser_client.get(NEW))

    preview = organiser_client.post(NEW, INPUTS | {"preview": "1"} | key)

    assert shown_key(preview) == key
    assert not IdempotencyKey.objects.exists()


def test_forms_without_a_key_post_an_event_each(organiser_client: Client) -> None:
    for _ in range(2):
        organiser_client.post(NEW, INPUTS)

    assert saved_headlines() == ["Concert", "Concert"]
    assert not IdempotencyKey.objects.exists()


def test_key_of_somebody_else_is_free(client: Client, organiser: User, stranger: User) -> None:
    for person in (organiser, stranger):
        client.force_login(person)
        client.post(NEW, INPUTS | {"once": "the same"})

    assert set(Event.objects.values_list("author", flat=True)) == {organiser.pk, stranger.pk}


def test_event_deleted_meanwhile_is_posted_anew_once(organiser_client: Client, organiser: User, at: datetime) -> None:
    sent = INPUTS | shown_key(organiser_client.get(NEW))
    organiser_client.post(NEW, sent)
    delete_event(Event.objects.get(), actor=organiser, at=at)

    anew = [organiser_client.post(NEW, sent) for _ in range(2)]

    event = Event.objects.live().get()
    assert [each["Location"] for each in anew] == [event.get_absolute_url()] * 2
    assert Event.objects.count() == 2


def test_key_is_free_a_day_later(organiser_client: Client) -> None:
    sent = INPUTS | shown_key(organiser_client.get(NEW))
    organiser_client.post(NEW, sent)
    taken_at = IdempotencyKey.objects.get().created_at

    assert purge_idempotency_keys(at=taken_at + timedelta(days=1, microseconds=-1)) == 0
    organiser_client.post(NEW, sent)
    assert saved_headlines() == ["Concert"]
    assert purge_idempotency_keys(at=taken_at + timedelta(days=1)) == 1
    organiser_client.post(NEW, sent)

    assert saved_headlines() == ["Concert", "Concert"]


def test_repeated_post_beyond_the_quota_is_answered(organiser_client: Client, settings: Settings) -> None:
    settings.MAX_EVENTS_PER_USER = 1
    sent = INPUTS | shown_key(organiser_client.get(NEW))

    assert [organiser_client.post(NEW, sent).status_code for _ in range(2)] == [302, 302]
    assert saved_headlines() == ["Concert"]


# Writing to the subscribers


def test_message_sent_twice_is_one(organiser_client: Client, subscribed_event: Event, announce_page: str) -> None:
    sent = MESSAGE | shown_key(organiser_client.get(announce_page))

    for _ in range(2):
        page = organiser_client.post(announce_page, sent, follow=True).content.decode()
        assert page.count("Message sent to 1 subscriber.") == 1

    assert Announcement.objects.get().text == MESSAGE["message"]


def test_other_message_with_the_same_key_is_sent(organiser_client: Client, announce_page: str) -> None:
    key = shown_key(organiser_client.get(announce_page))

    for text in ("Doors open at five.", "Doors open at six."):
        organiser_client.post(announce_page, {"message": text} | key)

    assert Announcement.objects.count() == 2


def test_message_of_another_event_with_the_same_key_is_sent(
    organiser_client: Client, make_event: MakeEvent, announce_page: str
) -> None:
    other = make_event()

    for page in (announce_page, f"{other.get_absolute_url()}announce/"):
        organiser_client.post(page, MESSAGE | {"once": "the same"})

    assert Announcement.objects.count() == 2


def test_message_refused_first_leaves_its_key_free(
    organiser_client: Client, announce_page: str, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 0
    sent = MESSAGE | shown_key(organiser_client.get(announce_page))
    refused = organiser_client.post(announce_page, sent)
    settings.ANNOUNCEMENTS_PER_HOUR = 1

    assert "messages an hour for each event" in refused.content.decode()
    assert [organiser_client.post(announce_page, sent).status_code for _ in range(2)] == [
        302,
        302,
    ]  # the second does not count
    assert Announcement.objects.count() == 1


def test_message_of_a_deleted_event_is_404(
    organiser_client: Client, organiser: User, subscribed_event: Event, announce_page: str, at: datetime
) -> None:
    sent = MESSAGE | shown_key(organiser_client.get(announce_page))
    organiser_client.post(announce_page, sent)
    delete_event(subscribed_event, actor=organiser, at=at)

    assert organiser_client.post(announce_page, sent).status_code == 404
