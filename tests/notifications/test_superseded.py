"""Test what is superseded: it is not unread, but stays in the inbox as history."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import User
from events.local_time import utc_text
from events.models import Event
from events.services import cancel_event, unsubscribe
from notifications.delivery.proof import Counts, proof_of
from notifications.feed.push import payload, unread_counts
from notifications.models import Notification
from notifications.wording import wording
from tests.makers import Api, MakeEvent, MakeNotification
from tests.pages import html_of, words

INBOX = "/notifications/"
LATEST = "/notifications/latest/"
API = "/api/v1/notifications/"
ROOM = "https://meet.example/room"
FACTS = {"starts_at": "2026-12-04T17:00:00Z", "ends_at": None, "location": "Hall A"}
DETAIL = {"before": FACTS, "after": FACTS | {"starts_at": "2026-12-05T17:00:00Z"}, "text": ""}


@pytest.fixture
def event(make_event: MakeEvent) -> Event:
    return make_event(location=ROOM)


@pytest.fixture
def current(make_notification: MakeNotification, event: Event) -> Notification:
    return make_notification(event=event, headline="Current", location=ROOM)


@pytest.fixture
def superseded(make_notification: MakeNotification, event: Event, at: datetime) -> Notification:
    """A reminder of which the sweep has just recorded that it is superseded."""
    created_at = at - timedelta(hours=1)
    return make_notification(
        event=event, headline="Superseded", location=ROOM, created_at=created_at, superseded_at=timezone.now()
    )


def _event_of(row: Notification) -> QuerySet[Event]:
    assert row.event_id
    return Event.objects.filter(pk=row.event_id)


def cancel(row: Notification) -> None:
    _event_of(row).update(cancelled_at=timezone.now())


def delete(row: Notification) -> None:
    _event_of(row).update(deleted_at=timezone.now())


def purge(row: Notification) -> None:
    Notification.objects.filter(pk=row.pk).update(event=None)


def leave(row: Notification) -> None:
    assert row.event
    unsubscribe(row.event, actor=row.recipient)


def record(row: Notification) -> None:
    Notification.objects.filter(pk=row.pk).update(superseded_at=timezone.now())


# The rule


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("reminder", [cancel, delete, purge, leave, record]),
        ("rescheduled", [cancel, delete, purge, record]),
        ("relocated", [cancel, delete, purge, record]),
        ("cancelled", [record]),
        ("message", [record]),
    ],
)
@pytest.mark.parametrize("fact", [cancel, delete, purge, leave, record])
def test_facts_supersede_what_they_contradict(
    make_notification: MakeNotification,
    event: Event,
    kind: str,
    facts: list[Callable[[Notification], None]],
    fact: Callable[[Notification], None],
) -> None:
    make_notification(event=event)  # subscribes
    row = make_notification(event=event, kind=kind, detail=DETAIL)
    assert Notification.objects.unread().filter(pk=row.pk).exists()

    fact(row)

    is_current = fact not in facts
    rows = Notification.objects.filter(pk=row.pk)
    assert (rows.current().exists(), rows.unread().exists()) == (is_current, is_current)
    assert rows.with_currency().get().is_current == is_current


def test_subscription_of_somebody_else_keeps_no_reminder_current(
    make_notification: MakeNotification, event: Event, subscriber: User, stranger: User
) -> None:
    row = make_notification(event=event)
    make_notification(event=event, recipient=stranger)

    unsubscribe(event, actor=subscriber)

    assert not Notification.objects.current().filter(pk=row.pk).exists()


def test_counting_for_many_people_reads_their_unread_rows_alone(
    make_notification: MakeNotification, subscriber: User, stranger: User
) -> None:
    for user in (subscriber, stranger):
        make_notification(recipient=user)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        unread_counts([subscriber.pk, stranger.pk])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{queries[0]['sql']}")
        plan = str(cursor.fetchall())

    assert "notification_current" in plan
    assert "MATERIALIZED" not in plan  # MariaDB would otherwise read all events and all subscriptions first


# Counting and marking


def test_superseded_is_counted_nowhere(
    api: Api, subscriber_client: Client, subscriber: User, current: Notification, superseded: Notification
) -> None:
    client = api(subscriber)

    page = subscriber_client.get(f"{INBOX}?unread=1")

    assert client.get(f"{API}unread-count/").json() == {"unread": 1}
    assert [each["id"] for each in client.get(f"{API}?unread=true").json()["results"]] == [current.pk]
    assert page.context["bell"].unread_ids == [current.pk]
    assert [entry.notification.pk for entry in page.context["page"].entries] == [current.pk]
    assert unread_counts([subscriber.pk]) == {subscriber.pk: 1}


def test_marking_superseded_rows_by_id_changes_nothing(
    api: Api, subscriber: User, current: Notification, superseded: Notification
) -> None:
    response = api(subscriber).post(f"{API}mark-read/", {"ids": [superseded.pk]})

    assert (response.status_code, response.json()["unread"]) == (200, 1)
    assert not Notification.objects.read().exists()


def test_marking_all_writes_unread_rows_alone(
    api: Api, subscriber: User, current: Notification, superseded: Notification
) -> None:
    response = api(subscriber).post(f"{API}mark-read/", {"all": True, "up_to": superseded.pk})

    assert response.json()["unread"] == 0
    assert list(Notification.objects.read()) == [current]


def test_superseded_rows_that_were_read_are_not_marked_unread(
    api: Api, subscriber: User, current: Notification, superseded: Notification, at: datetime
) -> None:
    Notification.objects.update(read_at=at)

    for body in ({"ids": [superseded.pk]}, {"read_at": utc_text(at)}):
        api(subscriber).post(f"{API}mark-unread/", body)

    assert list(Notification.objects.filter(read_at=None)) == [current]


def test_mark_all_as_read_names_no_superseded_row(
    subscriber_client: Client, current: Notification, make_notification: MakeNotification
) -> None:
    make_notification(superseded_at=timezone.now())

    page = html_of(subscriber_client, INBOX)

    [form] = re.findall(r'action="/notifications/read-all/".*?</form>', page, re.DOTALL)
    assert re.findall(r'name="ids" value="([\d,]*)"', form) == [str(current.pk)]


def test_delivery_report_does_not_count_superseded_as_read(
    api: Api, subscriber: User, event: Event, current: Notification, superseded: Notification, at: datetime
) -> None:
    api(subscriber).post(f"{API}mark-read/", {"ids": [current.pk, superseded.pk]})

    assert proof_of(event, zone=event.zone, at=at).total == Counts(sent=2, read=1)


def test_delivery_report_does_not_count_what_is_unread_again_as_read(
    api: Api, subscriber: User, event: Event, current: Notification, at: datetime
) -> None:
    api(subscriber).post(f"{API}mark-read/", {"ids": [current.pk]})
    api(subscriber).post(f"{API}mark-unread/", {"ids": [current.pk]})

    assert proof_of(event, zone=event.zone, at=at).total == Counts(sent=1, read=0)


# History


@pytest.mark.parametrize("url", [INBOX, LATEST])
def test_superseded_reminder_is_history(subscriber_client: Client, superseded: Notification, url: str) -> None:
    page = html_of(subscriber_client, url)

    assert "entry-superseded" in page
    assert "entry-unread" not in page
    assert "data-read" not in page
    assert "button-join" not in page
    assert "Was to start " in page
    assert "Starts " not in page


def test_superseded_row_says_since_when(
    subscriber_client: Client, make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 6, 12, 3, tzinfo=UTC))
    received_at = datetime(2026, 6, 11, 14, 30, tzinfo=UTC)
    make_notification(created_at=received_at, superseded_at=received_at + timedelta(minutes=10))

    assert "Out of date since 14:40" in words(html_of(subscriber_client, INBOX))


@pytest.mark.parametrize("url", [INBOX, LATEST])
def test_reminder_that_has_a_later_one_keeps_its_sentence(
    subscriber_client: Client, make_notification: MakeNotification, url: str
) -> None:
    make_notification(superseded_at=timezone.now(), has_later_reminder=True, location=ROOM)

    page = html_of(subscriber_client, url)

    assert "Starts in " in page
    assert "Out of date" not in page
    assert "entry-superseded" in page
    assert "button-join" not in page


def test_reminder_of_a_cancelled_event_is_not_new_before_the_sweep_has_recorded_it(
    subscriber_client: Client, current: Notification, event: Event, organiser: User, at: datetime
) -> None:
    cancel_event(event, actor=organiser, at=at)

    response = subscriber_client.get(INBOX)

    assert response.context["bell"].count == 0
    assert "entry-unread" not in response.content.decode()


# The API


def test_api_says_when_a_row_was_superseded(api: Api, subscriber: User, superseded: Notification) -> None:
    [shown] = api(subscriber).get(f"{API}?language=en&time_zone=Europe/Rome").json()["results"]

    assert shown == payload(superseded) | {"wording": shown["wording"]}
    assert shown["superseded_at"]
    assert shown["wording"]["sentence"].startswith("Was to start ")


@pytest.mark.parametrize(("seconds", "is_listed"), [(59, True), (61, False)])
def test_after_brings_what_was_superseded_in_the_last_minute(
    api: Api, subscriber: User, make_notification: MakeNotification, at: datetime, seconds: int, is_listed: bool
) -> None:
    old = at - timedelta(minutes=5)
    row = make_notification(created_at=old, superseded_at=timezone.now() - timedelta(seconds=seconds))
    known = make_notification(created_at=old)

    shown = api(subscriber).get(f"{API}?after={known.pk}").json()["results"]

    assert [each["id"] for each in shown] == ([row.pk] if is_listed else [])


# The sentence


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Was to start Fri 4 Dec 18:00 Rome time"),
        ("de", "Sollte am Fr., 4. Dez., 18:00 Ortszeit Rom beginnen"),
    ],
)
@pytest.mark.parametrize("hours", [-1, 1], ids=["before the start", "after it"])
def test_withdrawn_reminder_was_to_start(
    make_notification: MakeNotification, language: str, sentence: str, hours: int
) -> None:
    starts_at = datetime(2026, 12, 4, 17, tzinfo=UTC)
    row = make_notification(starts_at=starts_at, superseded_at=starts_at - timedelta(hours=2))

    with translation.override(language):
        assert _sentence(row, at=starts_at + timedelta(hours=hours)) == sentence


@pytest.mark.parametrize("kind", ["rescheduled", "relocated", "cancelled", "message"])
def test_other_superseded_notifications_say_what_they_said(make_notification: MakeNotification, kind: str) -> None:
    detail = DETAIL | {"after": DETAIL["after"] | {"location": "Hall B"}, "text": "Hello"}  # type: ignore[operator]
    row = make_notification(kind=kind, detail=detail)
    at = datetime(2026, 12, 1, 12, tzinfo=UTC)
    said = _sentence(row, at=at)

    row.superseded_at = at

    assert _sentence(row, at=at) == said


def _sentence(row: Notification, *, at: datetime) -> str:
    return wording(row, zone=ZoneInfo("America/New_York"), at=at).sentence
