"""Test the menus of lists that add their events to other calendars."""

import re
from datetime import datetime
from html import unescape
from urllib.parse import unquote

import pytest
from django.test import Client

from accounts.models import User
from events.services import renew_feed
from tests.makers import MakeEvent
from tests.pages import html_of, words

CREATE = "/accounts/calendar/"


def menu_of(client: Client, page: str) -> str:
    """Return the source of the page's menu, or "" if it has none."""
    return "".join(re.findall(r'<details class="menu calendar-menu".*?</details>', html_of(client, page), re.DOTALL))


def links_of(menu: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="(.*?)"', menu)]


@pytest.mark.parametrize(
    ("page", "about", "path", "name"),
    [
        ("/", "All upcoming public events", "/events.ics", "Event manager"),
        ("/?from=2027-03-01", "All upcoming public events", "/events.ics", "Event manager"),
        (
            "/?q=jazz+%26+soup",
            "All upcoming events that match “jazz & soup”",
            "/events.ics?q=jazz%20%26%20soup",
            "Event manager: jazz & soup",
        ),
        (
            "/people/organiser/",
            "All upcoming public events of organiser",
            "/people/organiser/events.ics",
            "Event manager: organiser",
        ),
    ],
)
def test_list_can_be_added_to_calendars(
    client: Client, make_event: MakeEvent, page: str, about: str, path: str, name: str
) -> None:
    make_event()

    menu = menu_of(client, page)

    [webcal, google, outlook] = links_of(menu)
    assert about in words(menu)
    assert webcal == f"webcal://testserver{path}"
    assert unquote(google.removeprefix("https://calendar.google.com/calendar/r?cid=")) == webcal
    assert unquote(outlook) == f"https://outlook.live.com/calendar/0/addfromweb?url=http://testserver{path}&name={name}"
    assert f'value="http://testserver{path}"' in unescape(menu)
    assert f"\r\nNAME:{name}\r\n" in client.get(path).content.decode()


@pytest.mark.parametrize(
    "page",
    [
        "/?past=1",
        "/?q=jazz&past=1",
        "/?when=week",
        "/?to=2027-03-01",
        "/?from=2027-03-01&to=2027-03-09",
        "/?subscribed=1",
        "/people/organiser/?past=1",
        "/subscriptions/?past=1",
        "/events/mine/",
    ],
)
def test_list_that_no_feed_can_give_offers_none(organiser_client: Client, page: str) -> None:
    assert menu_of(organiser_client, page) == ""


def test_feed_is_on_the_host_of_the_page(db: None) -> None:
    """A fragment and a stored page are the same for several hosts, except for their links."""
    for _ in range(3):
        for host in ("testserver", "localhost"):
            page = Client(SERVER_NAME=host).get("/").content.decode()
            assert re.findall(r'href="webcal://(.*?)/', page) == [host]


def test_subscriptions_lead_to_where_the_link_is_created(subscriber_client: Client) -> None:
    menu = menu_of(subscriber_client, "/subscriptions/")

    assert (links_of(menu), "Create calendar link" in menu) == ([CREATE], True)


def test_subscriptions_can_be_added_to_calendars(subscriber_client: Client, subscriber: User, at: datetime) -> None:
    token = renew_feed(subscriber, at=at).token

    menu = menu_of(subscriber_client, "/subscriptions/")

    [webcal, google, outlook, manage] = links_of(menu)
    assert (webcal, manage) == (f"webcal://testserver/feeds/{token}.ics", CREATE)
    assert [token in google, token in outlook] == [True, True]
    assert "Your own events and those you’re subscribed to" in words(menu)
