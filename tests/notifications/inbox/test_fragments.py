"""Test that the inbox shows each change at once, and to each reader their own, although its rows are kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import User
from events.models import Event, Subscription
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification
from tests.pages import anew, comparable, html_of

INBOX = "/notifications/"
# A Tuesday, 23:30 in Rome.
AT = datetime(2026, 12, 1, 22, 30, tzinfo=UTC)
STARTS_AT = AT + timedelta(hours=10)
MEETING = "https://meet.example.org/a"
FACTS = {"starts_at": "2026-12-04T17:00:00+00:00", "ends_at": None, "all_day": False, "location": "Rome"}


def at_time(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Let requests take place at this time."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: at)


@pytest.fixture(autouse=True)
def _at(monkeypatch: pytest.MonkeyPatch) -> None:
    at_time(monkeypatch, AT)


@pytest.fixture
def reminder(make_event: MakeEvent, make_notification: MakeNotification) -> Notification:
    event = make_event(at=AT, starts_at=STARTS_AT, location=MEETING)
    return make_notification(event=event, starts_at=STARTS_AT, location=MEETING, created_at=AT - timedelta(hours=1))


@pytest.mark.parametrize(
    "change",
    [
        {"headline": "Recital & <b>tea</b>"},
        {"location": ""},
        {"starts_at": STARTS_AT - timedelta(minutes=5)},
        {"time_zone": "Asia/Tokyo"},
        {"all_day": True},
        {"created_at": AT - timedelta(hours=2)},
        {"read_at": AT},
        {"emailed_at": AT},
        {"superseded_at": AT},
        {"superseded_at": AT, "has_later_reminder": True},
        {"event": None},
        {"kind": "message", "detail": {"text": "Bring <wine>"}},
        {"kind": "cancelled", "detail": {"before": FACTS, "text": "Rain"}},
        {"kind": "relocated", "detail": {"before": FACTS, "after": FACTS | {"location": "Oslo"}}},
        {"source": f"{Notification.TEST_SOURCE}1", "kind": "message", "detail": {"text": "Test"}},
    ],
    ids=lambda change: "-".join(change),
)
def test_change_of_a_notification_shows_at_once(
    subscriber_client: Client, reminder: Notification, change: dict[str, Any]
) -> None:
    before = anew(subscriber_client, INBOX)

    Notification.objects.filter(pk=reminder.pk).update(**change)

    after = comparable(html_of(subscriber_client, INBOX))
    assert after != before
    assert after == anew(subscriber_client, INBOX)


@pytest.mark.parametrize("change", [{"cancelled_at": AT}, {"location": "Rome"}, {"over_at": AT}], ids="-".join)
def test_change_of_its_event_shows_at_once(
    subscriber_client: Client, reminder: Notification, change: dict[str, Any]
) -> None:
    before = anew(subscriber_client, INBOX)
    Event.objects.update(starts_at=AT - timedelta(hours=1), **change)

    after = comparable(html_of(subscriber_client, INBOX))
    assert after != before
    assert after == anew(subscriber_client, INBOX)


def test_event_that_the_reader_may_no_longer_see_is_not_linked(
    subscriber_client: Client, subscriber: User, reminder: Notification
) -> None:
    link = f'href="/events/{reminder.event_id}/"'
    assert link in html_of(subscriber_client, INBOX)

    Event.objects.update(state=Event.State.PRIVATE)
    Subscription.objects.all().delete()

    assert link not in html_of(subscriber_client, INBOX)


def test_each_minute_shows_at_once(
    subscriber_client: Client, reminder: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for minutes in (58, 57, 0, -1):
        at_time(monkeypatch, STARTS_AT - timedelta(minutes=minutes))
        html = html_of(subscriber_client, INBOX)
        texts += [text for text in ("in 58 minutes", "in 57 minutes", "Starts now", "Started ") if text in html]

    assert texts == ["in 58 minutes", "in 57 minutes", "Starts now", "Started "]


@pytest.mark.parametrize("midnight", [30, 90, 24 * 60])
def test_midnight_shows_at_once(
    subscriber_client: Client, reminder: Notification, monkeypatch: pytest.MonkeyPatch, midnight: int
) -> None:
    before = anew(subscriber_client, INBOX)

    at_time(monkeypatch, AT + timedelta(minutes=midnight))

    after = comparable(html_of(subscriber_client, INBOX))
    assert after != before
    assert after == anew(subscriber_client, INBOX)


@pytest.mark.parametrize("time_zone", ["Asia/Tokyo", "America/New_York"])
def test_time_zone_of_the_reader_shows_at_once(
    subscriber_client: Client, subscriber: User, reminder: Notification, time_zone: str
) -> None:
    before = anew(subscriber_client, INBOX)

    User.objects.filter(pk=subscriber.pk).update(time_zone=time_zone)

    after = comparable(html_of(subscriber_client, INBOX))
    assert after != before
    assert after == anew(subscriber_client, INBOX)


def test_language_shows_at_once(subscriber_client: Client, reminder: Notification) -> None:
    english = anew(subscriber_client, INBOX)

    subscriber_client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "de"
    german = comparable(html_of(subscriber_client, INBOX))
    assert german != english
    assert german == anew(subscriber_client, INBOX)

    subscriber_client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    assert comparable(html_of(subscriber_client, INBOX)) == english


def test_number_of_unread_notifications_shows_at_once(
    subscriber_client: Client, make_notification: MakeNotification
) -> None:
    counts = []
    for _ in range(3):
        html = html_of(subscriber_client, "/")
        counts.append(html.split("data-unread")[1].split("</span>")[0])
        make_notification()

    assert counts == [" hidden>0", ">1", ">2"]


def test_form_of_a_row_has_the_page_that_it_is_on(subscriber_client: Client, reminder: Notification) -> None:
    for path in (INBOX, f"{INBOX}?unread=1"):
        assert f'name="next" value="{path}#n{reminder.pk}"' in html_of(subscriber_client, path)
