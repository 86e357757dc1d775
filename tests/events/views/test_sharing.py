"""Test sharing an event: the link that its page offers, and the metadata for programs that show shared links."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts.models import User
from events.services import cancel_event, subscribe
from tests.makers import MakeEvent
from tests.pages import html_of

# Metadata of every page.
SITE = {"site_name": "Event manager", "image": "http://testserver/static/img/share.png"}
STARTS_AT = datetime(2999, 12, 4, 17, tzinfo=UTC)


def shared(client: Client, url: str) -> dict[str, str]:
    page = client.get(url).content.decode()
    return dict(re.findall(r'<meta property="og:(\w+)" content="(.*?)">', page))


def test_a_shared_public_event_shows_title_time_location_and_url(client: Client, make_event: MakeEvent) -> None:
    event = make_event(headline="Jazz & soup", location="Rome", starts_at=STARTS_AT, time_zone="Europe/Rome")

    assert shared(client, event.get_absolute_url()) == {
        **SITE,
        "type": "website",
        "title": "Jazz &amp; soup",
        "description": "Wed 4 Dec 2999, 18:00 Rome time · Rome",
        "url": f"http://testserver/events/{event.pk}/",
    }


def test_a_shared_private_event_shows_itself_to_its_invite_alone(client: Client, make_event: MakeEvent) -> None:
    event = make_event(headline="Party", state="private", starts_at=STARTS_AT)
    url = event.get_absolute_url()

    assert shared(client, url) == SITE
    assert shared(client, f"{url}?invite={event.invite_token}") == {
        **SITE,
        "type": "website",
        "title": "Party",
        "description": "Wed 4 Dec 2999, 17:00 UTC",
    }


def offered(client: Client, url: str) -> list[str]:
    """Return the links that the page offers for sharing."""
    page = html_of(client, url)
    return re.findall(r'<input id="share-link" type="text" readonly value="(.*?)"', page)


@pytest.mark.parametrize("query", ["", "?invite=made-up"])
def test_a_public_event_offers_its_url_to_everybody(client: Client, make_event: MakeEvent, query: str) -> None:
    event = make_event()

    assert offered(client, event.get_absolute_url() + query) == [f"http://testserver/events/{event.pk}/"]


def test_a_private_event_offers_its_invite_to_its_organiser_and_to_readers_who_have_it(
    client: Client, organiser: User, subscriber: User, stranger: User, make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(state="private")
    subscribe(event, actor=subscriber, at=at)
    url, link = event.get_absolute_url(), f"http://testserver/events/{event.pk}/?invite={event.invite_token}"

    client.force_login(organiser)
    assert offered(client, url) == [link]
    client.force_login(stranger)
    assert offered(client, f"{url}?invite={event.invite_token}") == [link]
    client.force_login(subscriber)
    assert offered(client, url) == []
    assert offered(client, f"{url}?invite=made-up") == []


def test_there_is_nothing_to_share_of_a_draft_and_of_what_is_cancelled(
    client: Client, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    draft, cancelled, former = make_event(state="draft"), make_event(), make_event(state="private")
    for event in (cancelled, former):
        cancel_event(event, actor=organiser, at=at)
    client.force_login(organiser)

    assert [offered(client, event.get_absolute_url()) for event in (draft, cancelled, former)] == [[], [], []]
