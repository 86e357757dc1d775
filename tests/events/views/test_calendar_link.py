"""Test the page of settings with the calendar link: creating, showing, renewing and removing it."""

import re
from datetime import datetime

import pytest
from django.test import Client

from accounts.models import User
from events.services import feed_of, renew_feed
from events.templatetags.calendar_links import qr_code
from tests.pages import html_of, main_text, messages_of

PAGE = "/accounts/calendar/"
RENEW, REMOVE = f"{PAGE}renew/", f"{PAGE}remove/"


def shown_url(client: Client, page: str = PAGE) -> str:
    """Return the link that can be copied, or "" if there is none."""
    found = re.findall(r'<input id="calendar-link" type="text" readonly value="(.*?)"', html_of(client, page))
    return found[0] if found else ""


@pytest.mark.parametrize("page", [PAGE, RENEW, REMOVE])
def test_pages_ask_to_log_in(client: Client, db: None, page: str) -> None:
    assert client.get(page)["Location"] == f"/accounts/login/?next={page}"
    assert client.post(page)["Location"] == f"/accounts/login/?next={page}"


def test_settings_lead_to_it(subscriber_client: Client) -> None:
    assert f'href="{PAGE}"' in html_of(subscriber_client, "/accounts/profile/")


def test_looking_at_the_page_creates_no_link(subscriber_client: Client, subscriber: User) -> None:
    response = subscriber_client.get(PAGE)

    assert "Create calendar link" in main_text(response)
    assert "Anyone who has the link can see these events, including private ones." in main_text(response)
    assert (shown_url(subscriber_client), feed_of(subscriber)) == ("", None)


def test_link_that_was_created_opens_the_feed(subscriber_client: Client) -> None:
    created = subscriber_client.post(PAGE, follow=True)

    url = shown_url(subscriber_client)
    feed = Client().get(url.removeprefix("http://testserver"))
    assert created.redirect_chain == [(PAGE, 302)]
    assert messages_of(created) == ["Calendar link created."]
    assert (feed.status_code, feed["Content-Type"]) == (200, "text/calendar; charset=utf-8")


def test_form_of_an_old_page_does_not_end_a_link_that_is_in_use(subscriber_client: Client) -> None:
    subscriber_client.post(PAGE)
    url = shown_url(subscriber_client)

    again = subscriber_client.post(PAGE, follow=True)

    assert shown_url(subscriber_client) == url
    assert messages_of(again) == []


def test_page_has_the_link_for_each_calendar_and_as_a_qr_code(
    subscriber_client: Client, subscriber: User, at: datetime
) -> None:
    token = renew_feed(subscriber, at=at).token

    page = html_of(subscriber_client, PAGE)

    webcal = f"webcal://testserver/feeds/{token}.ics"
    assert f'href="{webcal}"' in page
    assert f'href="https://calendar.google.com/calendar/r?cid=webcal%3A%2F%2Ftestserver%2Ffeeds%2F{token}.ics"' in page
    assert (
        f"addfromweb?url=http%3A%2F%2Ftestserver%2Ffeeds%2F{token}.ics&amp;name=Event%20manager%3A%20my%20calendar"
        in page
    )
    assert f'role="img" aria-label="QR code of the calendar link">{qr_code(webcal)}</div>' in page


def test_link_with_reminders_is_offered_beside_the_one_without(
    subscriber_client: Client, subscriber: User, at: datetime
) -> None:
    path = f"/feeds/{renew_feed(subscriber, at=at).token}.ics"

    plain, reminding = html_of(subscriber_client, PAGE), html_of(subscriber_client, f"{PAGE}?alarms=1")

    assert (shown_url(subscriber_client), plain.count("alarms")) == (f"http://testserver{path}", 1)
    assert shown_url(subscriber_client, f"{PAGE}?alarms=1") == f"http://testserver{path}?alarms=1"
    assert f'href="webcal://testserver{path}?alarms=1"' in reminding
    assert f'href="{PAGE}"' in reminding


def test_no_cache_and_no_other_site_gets_the_link(subscriber_client: Client, subscriber: User, at: datetime) -> None:
    renew_feed(subscriber, at=at)

    response = subscriber_client.get(PAGE)

    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert response["Referrer-Policy"] == "same-origin"
    links = re.findall(r'<a [^>]*href="https://[^>]*>', response.content.decode())
    assert ['rel="noopener noreferrer"' in link for link in links] == [True, True]


@pytest.mark.parametrize("path", [RENEW, REMOVE])
def test_nothing_happens_to_the_link_before_it_is_confirmed(
    subscriber_client: Client, subscriber: User, at: datetime, path: str
) -> None:
    token = renew_feed(subscriber, at=at).token

    page = main_text(subscriber_client.get(path))

    assert "Keep the current link" in page
    assert token not in page
    feed = feed_of(subscriber)
    assert feed is not None
    assert feed.token == token


def test_renewed_link_works_and_the_old_one_no_longer(
    subscriber_client: Client, subscriber: User, at: datetime
) -> None:
    old = renew_feed(subscriber, at=at).token

    renewed = subscriber_client.post(RENEW, follow=True)

    feed = feed_of(subscriber)
    assert feed is not None
    assert renewed.redirect_chain == [(PAGE, 302)]
    assert messages_of(renewed) == ["New calendar link created. The old link no longer works."]
    assert [Client().get(f"/feeds/{token}.ics").status_code for token in (old, feed.token)] == [404, 200]


def test_removed_link_no_longer_works(subscriber_client: Client, subscriber: User, at: datetime) -> None:
    token = renew_feed(subscriber, at=at).token

    removed = subscriber_client.post(REMOVE, follow=True)

    assert messages_of(removed) == ["Calendar link removed."]
    assert Client().get(f"/feeds/{token}.ics").status_code == 404
    assert (shown_url(subscriber_client), feed_of(subscriber)) == ("", None)


@pytest.mark.parametrize("path", [RENEW, REMOVE])
def test_without_a_link_there_is_nothing_to_renew_or_remove(
    subscriber_client: Client, subscriber: User, path: str
) -> None:
    assert [subscriber_client.get(path)["Location"], subscriber_client.post(path)["Location"]] == [PAGE, PAGE]
    assert feed_of(subscriber) is None
