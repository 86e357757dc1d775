"""What an event's page tells a program that shows shared links."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from django.test import Client

from events.models import Event

MakeEvent = Callable[..., Event]
# What every page says.
SITE = {"site_name": "Event manager", "image": "http://testserver/static/img/share.png"}
STARTS_AT = datetime(2999, 12, 4, 17, tzinfo=UTC)


def shared(client: Client, address: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    return dict(re.findall(r'<meta property="og:(\w+)" content="(.*?)">', page))


def test_a_shared_public_event_shows_title_time_place_and_address(client: Client, make_event: MakeEvent) -> None:
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
    address = event.get_absolute_url()

    assert shared(client, address) == SITE
    assert shared(client, f"{address}?invite={event.invite_token}") == {
        **SITE,
        "type": "website",
        "title": "Party",
        "description": "Wed 4 Dec 2999, 17:00 UTC",
    }
