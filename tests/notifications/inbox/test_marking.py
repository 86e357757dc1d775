"""Test marking notifications as read, one or all, with and without scripts."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from notifications.inbox.reading import MAX_READ_IDS, mark_read, undo_mark_read
from notifications.models import Notification
from tests.makers import MakeNotification
from tests.pages import html_of, messages_of, words

INBOX = "/notifications/"
LATEST = "/notifications/latest/"


def mark_all_form(page: str) -> dict[str, str]:
    [form] = re.findall(r'action="/notifications/read-all/".*?</form>', page, re.DOTALL)
    return dict(re.findall(r'name="(up_to|ids)" value="([\d,]*)"', form))


@pytest.mark.parametrize("url", [INBOX, LATEST])
def test_mark_all_read_names_the_notifications_of_the_last_minute(
    subscriber_client: Client, make_notification: MakeNotification, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 6, 12, 3, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    make_notification(created_at=now - timedelta(seconds=90))
    settled = make_notification(created_at=now - timedelta(seconds=60, microseconds=1))
    recent = [make_notification(created_at=now - timedelta(seconds=seconds)).pk for seconds in (60, 1)]
    make_notification(created_at=now, read_at=now)

    form = mark_all_form(html_of(subscriber_client, url))

    assert form == {"up_to": str(settled.pk), "ids": f"{recent[1]},{recent[0]}"}


def test_row_with_a_lower_id_that_is_committed_after_the_page_stays_unread(
    subscriber_client: Client, make_notification: MakeNotification
) -> None:
    now = timezone.now()
    old = make_notification(created_at=now - timedelta(hours=1))
    late = make_notification(created_at=now - timedelta(seconds=5))
    shown = make_notification(created_at=now - timedelta(seconds=4))
    late_fields = {field.attname: getattr(late, field.attname) for field in Notification._meta.concrete_fields}
    Notification.objects.filter(pk=late.pk).delete()  # its transaction has not ended yet
    form = mark_all_form(html_of(subscriber_client, INBOX))
    Notification.objects.create(**late_fields)

    subscriber_client.post("/notifications/read-all/", form)

    assert form == {"up_to": str(old.pk), "ids": str(shown.pk)}
    assert list(Notification.objects.unread()) == [late]


def test_inbox_without_settled_rows_marks_what_it_shows(
    subscriber_client: Client, make_notification: MakeNotification
) -> None:
    rows = [make_notification().pk for _ in range(2)]

    form = mark_all_form(html_of(subscriber_client, INBOX))
    subscriber_client.post("/notifications/read-all/", form)

    assert form == {"up_to": "0", "ids": f"{rows[1]},{rows[0]}"}
    assert not Notification.objects.unread().exists()


@pytest.mark.parametrize("ids", ["x", "1,x", "-1", ",".join(["1"] * (MAX_READ_IDS + 2))])
def test_ids_that_no_page_names_are_a_bad_request(
    subscriber_client: Client, make_notification: MakeNotification, ids: str
) -> None:
    make_notification()

    assert subscriber_client.post("/notifications/read-all/", {"up_to": 0, "ids": ids}).status_code == 400


def test_mark_read_marks_one_and_returns_to_its_page(
    subscriber_client: Client, make_notification: MakeNotification
) -> None:
    row, other = make_notification(), make_notification()

    response = subscriber_client.post("/notifications/read/", {"id": row.pk, "next": "/notifications/?unread=1"})

    assert (response.status_code, response["Location"]) == (302, "/notifications/?unread=1")
    assert list(Notification.objects.unread()) == [other]


def test_mark_all_read_stops_at_what_the_page_showed(
    subscriber_client: Client, make_notification: MakeNotification, stranger: User
) -> None:
    shown = [make_notification() for _ in range(2)]
    later, foreign = make_notification(), make_notification(recipient=stranger)

    response = subscriber_client.post("/notifications/read-all/", {"up_to": shown[-1].pk})

    assert (response.status_code, response["Location"]) == (302, INBOX)
    assert set(Notification.objects.unread()) == {later, foreign}


def test_foreign_row_stays_unread(
    subscriber_client: Client, make_notification: MakeNotification, stranger: User
) -> None:
    row = make_notification(recipient=stranger)

    subscriber_client.post("/notifications/read/", {"id": row.pk})

    assert Notification.objects.unread().get() == row


@pytest.mark.parametrize("url", ["/notifications/read/", "/notifications/read-all/", "/notifications/unread/"])
@pytest.mark.parametrize("value", ["", "x", "-1", str(2**63), "1.5"])
def test_what_is_no_id_is_a_bad_request(subscriber_client: Client, url: str, value: str) -> None:
    response = subscriber_client.post(url, {"id": value, "up_to": value})

    assert response.status_code == 400


@pytest.mark.parametrize("url", ["/notifications/read/", "/notifications/read-all/", "/notifications/unread/"])
def test_marking_is_a_post_by_somebody_with_a_token(subscriber_client: Client, subscriber: User, url: str) -> None:
    strict, anonymous = Client(enforce_csrf_checks=True), Client()
    strict.force_login(subscriber)

    assert subscriber_client.get(url).status_code == 405
    assert strict.post(url, {"id": 1, "up_to": 1}).status_code == 403
    assert anonymous.post(url, {"id": 1, "up_to": 1})["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_forms_lead_nowhere_else(subscriber_client: Client, url: str) -> None:
    response = subscriber_client.post("/notifications/read/", {"id": 1, "next": url})

    assert response["Location"] == INBOX


def shown_message(client: Client) -> tuple[str, str]:
    """Return what the inbox says above its entries, and the moment that its button sends."""
    [message] = re.findall(r'<div class="messages".*?</div>', html_of(client, INBOX), re.DOTALL)
    [moment] = re.findall(r'form="undo" name="read_at" value="([^"]+)"', message)
    return words(message), moment


def test_marking_all_read_can_be_undone_without_what_was_read_elsewhere(
    subscriber_client: Client, subscriber: User, make_notification: MakeNotification, at: datetime
) -> None:
    old, recent, elsewhere = (make_notification(created_at=at) for _ in range(3))
    mark_read(subscriber, ids=[elsewhere.pk], at=at)
    subscriber_client.post("/notifications/read-all/", {"up_to": old.pk, "ids": recent.pk, "undo": ""})
    text, moment = shown_message(subscriber_client)
    assert not Notification.objects.unread().exists()

    response = subscriber_client.post("/notifications/undo/", {"read_at": moment, "next": f"{INBOX}?unread=1"})

    assert text == "All notifications marked as read. Undo"
    assert response["Location"] == f"{INBOX}?unread=1"
    assert set(Notification.objects.unread()) == {old, recent}


def test_marking_an_entry_read_can_be_undone(subscriber_client: Client, make_notification: MakeNotification) -> None:
    row = make_notification()
    subscriber_client.post("/notifications/read/", {"ids": row.pk, "undo": ""})
    text, moment = shown_message(subscriber_client)

    subscriber_client.post("/notifications/undo/", {"read_at": moment})

    assert text == "Marked as read. Undo"
    assert Notification.objects.unread().get() == row


def test_undo_is_not_offered_to_pages_without_its_form(
    subscriber_client: Client, make_notification: MakeNotification
) -> None:
    subscriber_client.post("/notifications/read/", {"id": make_notification().pk})

    assert 'class="messages"' not in html_of(subscriber_client, "/")


def test_undo_is_refused_after_ten_minutes(
    subscriber_client: Client, make_notification: MakeNotification, at: datetime
) -> None:
    long_ago = timezone.now() - timedelta(minutes=10, seconds=5)
    make_notification(read_at=long_ago)

    response = subscriber_client.post("/notifications/undo/", {"read_at": long_ago.isoformat()}, follow=True)

    assert messages_of(response) == ["It’s too late to undo this."]
    assert not Notification.objects.unread().exists()


@pytest.mark.parametrize("moment", ["", "x", "2026-12-01T12:00:00", "2026-13-01T12:00:00Z"])
def test_undo_without_a_moment_is_a_bad_request(subscriber_client: Client, moment: str) -> None:
    assert subscriber_client.post("/notifications/undo/", {"read_at": moment}).status_code == 400


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_undo_of_a_moment_beyond_all_years_is_too_late(subscriber_client: Client, moment: str) -> None:
    response = subscriber_client.post("/notifications/undo/", {"read_at": moment}, follow=True)

    assert messages_of(response) == ["It’s too late to undo this."]


def test_read_notification_is_marked_unread_and_a_superseded_one_is_not(
    subscriber_client: Client, make_notification: MakeNotification, at: datetime
) -> None:
    row, superseded = make_notification(read_at=at), make_notification(read_at=at, superseded_at=at)
    page = html_of(subscriber_client, INBOX)

    for pk in (row.pk, superseded.pk):
        subscriber_client.post("/notifications/unread/", {"id": pk, "next": f"{INBOX}#n{pk}"})

    assert page.count('action="/notifications/unread/"') == 1
    assert list(Notification.objects.filter(read_at=None)) == [row]


def test_undo_writes_as_many_statements_for_one_and_fifty(
    subscriber: User,
    make_notification: MakeNotification,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (1, 50):
        for _ in range(count):
            make_notification(read_at=at)

        # The newest ids, the update, the count.
        with django_assert_num_queries(3):
            unread = undo_mark_read(subscriber, read_at=at)

        Notification.objects.all().delete()
        assert unread == count
