"""Test the bell: its number, its panel, and its configuration for the scripts."""

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications.inbox.pages import LATEST_SIZE
from notifications.inbox.preferences import send_test
from tests.makers import MakeEvent, MakeNotification
from tests.pages import html_of, words

INBOX = "/notifications/"
LATEST = "/notifications/latest/"
# Session, user, the rows, the events they link to, the bell.
INBOX_QUERIES = 5


def test_panel_asks_strangers_to_log_in(client: Client, db: None) -> None:
    response = client.get(LATEST)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={LATEST}")


def test_panel_shows_the_latest_notifications(
    subscriber_client: Client, make_notification: MakeNotification, stranger: User
) -> None:
    ids = [make_notification().pk for _ in range(LATEST_SIZE + 1)]
    make_notification(recipient=stranger)

    shown = re.findall(r'id="l(\d+)"', html_of(subscriber_client, LATEST))

    assert list(map(int, shown)) == ids[:0:-1]


def test_panel_shows_a_test_as_a_test_and_misses_no_event(subscriber_client: Client, subscriber: User) -> None:
    send_test(subscriber, at=timezone.now(), text="All is well.")

    panel = words(html_of(subscriber_client, LATEST))

    assert "Test notification: All is well." in panel
    assert "no longer available" not in panel


@pytest.mark.parametrize("count", [1, 3])
def test_panel_costs_as_many_queries_for_any_number_of_rows(
    subscriber_client: Client,
    make_notification: MakeNotification,
    make_event: MakeEvent,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        make_notification(event=make_event())

    with django_assert_num_queries(INBOX_QUERIES):
        subscriber_client.get(LATEST)


def test_empty_panel_says_what_will_be_there(subscriber_client: Client) -> None:
    page = html_of(subscriber_client, LATEST)

    assert "Nothing yet." in page
    assert "Mark all as read" not in page


def test_bell_counts_unread_rows(subscriber_client: Client, make_notification: MakeNotification, at: datetime) -> None:
    make_notification()
    make_notification(read_at=at)

    response = subscriber_client.get(INBOX)

    assert (response.context["bell"].count, response.context["bell"].label) == (1, "1")
    assert "<title>(1) Inbox" in response.content.decode()


@pytest.mark.parametrize(("unread", "label"), [(0, "0"), (99, "99"), (100, "99+"), (101, "99+")])
def test_bell_counts_up_to_99(
    subscriber_client: Client, make_notification: MakeNotification, unread: int, label: str
) -> None:
    for _ in range(unread):
        make_notification()

    assert subscriber_client.get(INBOX).context["bell"].label == label


def test_bell_is_absent_for_strangers(client: Client, db: None) -> None:
    page = html_of(client, "/")

    assert "feed-config" not in page


@pytest.mark.parametrize(
    ("port", "url"), [(8001, "ws://testserver:8001/ws/notifications/"), (None, None)], ids=["own port", "proxy"]
)
def test_script_gets_the_url_of_the_feed(
    subscriber_client: Client, settings: Any, port: int | None, url: str | None
) -> None:
    settings.FEED_PORT = port

    response = subscriber_client.get(INBOX)

    assert response.context["bell"].config["url"] == url
    directives = response["Content-Security-Policy"].split("; ")
    assert f"connect-src 'self'{f' ws://testserver:{port}' if port else ''}" in directives
