"""Test publishing a draft by one click on its page."""

import re
from datetime import datetime

import pytest
from django.test import Client

from accounts import middleware
from accounts.models import User
from config.database import database_now
from events.models import Event
from events.services import update_event
from tests.makers import MakeEvent
from tests.pages import html_of


@pytest.mark.parametrize("state", ["public", "private"])
def test_draft_offers_to_be_published_and_then_is(organiser_client: Client, make_event: MakeEvent, state: str) -> None:
    event = make_event(state="draft")
    url = f"{event.get_absolute_url()}publish/"
    page = html_of(organiser_client, event.get_absolute_url())
    assert re.findall(rf'action="{url}".*?</form>', page, re.DOTALL)[0].count(f'name="state" value="{state}"') == 1

    response = organiser_client.post(url, {"state": state})

    event.refresh_from_db()
    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert (event.state, event.revision) == (state, 1)
    page = html_of(organiser_client, event.get_absolute_url())
    assert "Event published. People can now subscribe." in page
    assert url not in page


def test_draft_that_has_begun_is_published_without_a_word_of_subscribing(
    organiser_client: Client, make_event: MakeEvent
) -> None:
    event = make_event(state="draft")
    Event.objects.update(starts_at=event.created_at, over_at=event.created_at)

    page = organiser_client.post(
        f"{event.get_absolute_url()}publish/", {"state": "public"}, follow=True
    ).content.decode()

    assert Event.objects.get().state == "public"
    assert (page.count("Event posted."), page.count("People can now subscribe.")) == (1, 0)


def test_what_is_published_already_stays_as_it_is(organiser_client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private")

    response = organiser_client.post(f"{event.get_absolute_url()}publish/", {"state": "public"})

    assert response.status_code == 302
    assert (Event.objects.get().state, Event.objects.get().revision) == ("private", 0)


def test_what_is_published_meanwhile_stays_as_it_is(
    organiser_client: Client, organiser: User, make_event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event(state="draft")

    def publish_and_return_the_time() -> datetime:
        at = database_now()
        update_event(event, actor=organiser, at=at, state="private")
        return at

    monkeypatch.setattr(middleware, "database_now", publish_and_return_the_time)

    response = organiser_client.post(f"{event.get_absolute_url()}publish/", {"state": "public"})

    assert (response.status_code, response["Location"]) == (302, event.get_absolute_url())
    assert (Event.objects.get().state, Event.objects.get().revision) == ("private", 1)
    assert "This event was changed while you were editing it." in html_of(organiser_client, event.get_absolute_url())


@pytest.mark.parametrize("sent", [{}, {"state": "draft"}, {"state": "everybody"}])
def test_draft_is_published_to_nobody_else(
    organiser_client: Client, make_event: MakeEvent, sent: dict[str, str]
) -> None:
    event = make_event(state="draft")

    assert organiser_client.post(f"{event.get_absolute_url()}publish/", sent).status_code == 400
    assert Event.objects.get().state == "draft"
