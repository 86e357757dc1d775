"""Test the inbox page: its rows, their order and its pages."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.services import delete_event
from notifications.inbox.pages import PAGE_SIZE
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification
from tests.pages import html_of, words

INBOX = "/notifications/"
# Session, user, the newest rows of events, the ids of earlier ones and these, the events they link to, the bell.
INBOX_QUERIES = 7


def test_inbox_asks_strangers_to_log_in(client: Client, db: None) -> None:
    response = client.get(INBOX)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={INBOX}")


def test_empty_inbox_says_what_to_do_next(subscriber_client: Client) -> None:
    page = html_of(subscriber_client, INBOX)

    assert "Subscribe to an event" in page
    assert "Find an event" in page
    assert "Mark all as read" not in page


def test_inbox_shows_own_rows_only(
    subscriber_client: Client, make_notification: MakeNotification, stranger: User
) -> None:
    make_notification(headline="Mine")
    make_notification(headline="Foreign", recipient=stranger)

    page = html_of(subscriber_client, INBOX)

    assert "Mine" in page
    assert "Foreign" not in page


@pytest.mark.parametrize("count", [1, 50])
def test_inbox_costs_as_many_queries_for_any_number_of_rows(
    subscriber_client: Client,
    make_notification: MakeNotification,
    make_event: MakeEvent,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        event = make_event()
        for _ in range(2):
            make_notification(event=event)

    with django_assert_num_queries(INBOX_QUERIES):
        subscriber_client.get(INBOX)


def test_inbox_is_grouped_by_the_readers_days_newest_first(
    subscriber_client: Client,
    make_notification: MakeNotification,
    make_event: MakeEvent,
    subscriber: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    User.objects.filter(pk=subscriber.pk).update(time_zone="Asia/Tokyo")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 6, 12, 3, tzinfo=UTC))
    # 23:30 and 00:30 in Tokyo, on the same day in UTC.
    for headline, created_at in {
        "Before midnight": datetime(2026, 6, 10, 14, 30, tzinfo=UTC),
        "After midnight": datetime(2026, 6, 10, 15, 30, tzinfo=UTC),
        "This morning": datetime(2026, 6, 12, 0, 0, tzinfo=UTC),
    }.items():
        make_notification(event=make_event(), headline=headline, created_at=created_at)

    page = html_of(subscriber_client, INBOX)

    parts = ["Today</h2>", "This morning", "Yesterday</h2>", "After midnight", "Wed 10 Jun</h2>", "Before midnight"]
    assert sorted(parts, key=page.index) == parts


def test_row_links_to_its_event_while_the_reader_may_see_it(
    subscriber_client: Client,
    make_notification: MakeNotification,
    make_event: MakeEvent,
    organiser: User,
    at: datetime,
) -> None:
    event, deleted, hidden = make_event(), make_event(), make_event(state="private")
    for each in (event, deleted, hidden):
        make_notification(event=each, kind="message")
    delete_event(deleted, actor=organiser, at=at)

    page = html_of(subscriber_client, INBOX)

    assert f'href="/events/{event.pk}/"' in page
    assert f'href="/events/{deleted.pk}/"' not in page
    assert f'href="/events/{hidden.pk}/"' not in page
    assert page.count("This event is no longer available.") == 2


def test_row_of_a_test_misses_no_event(subscriber_client: Client, make_notification: MakeNotification) -> None:
    make_notification(
        kind="message", source=f"{Notification.TEST_SOURCE}1", detail={"before": {}, "after": {}, "text": "Works."}
    )

    page = html_of(subscriber_client, INBOX)

    assert "Test notification:" in page
    assert "no longer available" not in page


def test_row_says_in_the_readers_zone_when_it_was_received_emailed_and_read(
    subscriber_client: Client, make_notification: MakeNotification, subscriber: User
) -> None:
    User.objects.filter(pk=subscriber.pk).update(time_zone="Asia/Tokyo")
    received_at = datetime(2026, 6, 10, 14, 30, tzinfo=UTC)  # 23:30 in Tokyo
    make_notification(
        created_at=received_at, emailed_at=received_at + timedelta(minutes=10), read_at=received_at + timedelta(hours=1)
    )

    row = words(html_of(subscriber_client, INBOX).split('class="entry-received">')[1])

    assert row.startswith("Received 23:30")
    assert "Emailed 23:40 · Read Thu 11 Jun" in row


def test_row_of_an_all_day_event_names_its_day_when_the_event_is_gone(
    subscriber_client: Client, make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 12, 1, 12, tzinfo=UTC))
    # Midnight in New York, which is five in the morning for the reader.
    make_notification(starts_at=datetime(2030, 12, 4, 5, 0, tzinfo=UTC), time_zone="America/New_York", all_day=True)

    page = html_of(subscriber_client, INBOX)

    assert re.findall(r"<p[^>]*>(Starts [^<]*)</p>", page) == ["Starts in 4 years, Wed 4 Dec 2030"]
    assert "your time" not in page


def test_row_that_was_neither_mailed_nor_read_says_neither(
    subscriber_client: Client, make_notification: MakeNotification
) -> None:
    make_notification()

    assert "entry-trail" not in html_of(subscriber_client, INBOX)


@pytest.mark.parametrize(("kind", "is_named"), [("reminder", True), ("cancelled", True), ("message", False)])
def test_row_names_the_location_where_its_sentence_does_not(
    subscriber_client: Client, make_notification: MakeNotification, kind: str, is_named: bool
) -> None:
    facts = {"starts_at": "2026-12-04T17:00:00Z", "ends_at": None, "location": "Hall A"}
    make_notification(kind=kind, location="Hall A", detail={"before": facts, "after": {}, "text": ""})

    assert ("<bdi>Hall A</bdi>" in html_of(subscriber_client, INBOX)) == is_named


def test_text_of_others_is_escaped(subscriber_client: Client, make_notification: MakeNotification) -> None:
    script = "<script>alert(1)</script>"
    make_notification(headline=script, location=script)
    make_notification(kind="message", detail={"text": script})

    assert script not in html_of(subscriber_client, INBOX)


def test_pages_hold_every_row_once(
    subscriber_client: Client, make_notification: MakeNotification, make_event: MakeEvent, at: datetime
) -> None:
    # Created at the same time, so the id decides.
    ids = [make_notification(event=make_event(), created_at=at).pk for _ in range(2 * PAGE_SIZE + 1)]
    seen: list[str] = []
    url = INBOX

    while url:
        page = html_of(subscriber_client, url)
        seen += re.findall(r'id="n(\d+)"', page)
        older = re.search(r'href="([^"]+)">Older</a>', page)
        url = INBOX + older[1] if older else ""

    assert list(map(int, seen)) == sorted(ids, reverse=True)


def test_page_after_the_last_one_leads_back(subscriber_client: Client, make_notification: MakeNotification) -> None:
    row = make_notification()

    page = html_of(subscriber_client, f"{INBOX}?before={row.created_at:%Y%m%dT%H%M%S.%f}-{row.pk}")

    assert "Back to the latest" in page


@pytest.mark.parametrize("before", ["x", "20261204T170000.000000-", "20261304T170000.000000-1", "-", "20261204-1"])
def test_url_with_an_invalid_position_is_not_found(subscriber_client: Client, before: str) -> None:
    assert subscriber_client.get(INBOX, {"before": before}).status_code == 404


def test_unread_view_leaves_out_what_is_read(
    subscriber_client: Client, make_notification: MakeNotification, at: datetime
) -> None:
    make_notification(headline="Old talk", read_at=at)
    make_notification(headline="New talk")

    page = html_of(subscriber_client, f"{INBOX}?unread=1")

    assert "New talk" in page
    assert "Old talk" not in page


def test_unread_view_of_a_read_inbox_leads_to_all(
    subscriber_client: Client, make_notification: MakeNotification, at: datetime
) -> None:
    make_notification(read_at=at)

    assert "You’re all caught up." in html_of(subscriber_client, f"{INBOX}?unread=1")


@pytest.mark.parametrize(
    ("about", "kinds"),
    [
        ("", ["message", "cancelled", "relocated", "rescheduled", "reminder"]),
        ("reminders", ["reminder"]),
        ("changes", ["relocated", "rescheduled"]),
        ("cancellations", ["cancelled"]),
        ("messages", ["message"]),
    ],
)
def test_inbox_is_narrowed_to_what_it_is_about(
    subscriber_client: Client,
    make_notification: MakeNotification,
    make_event: MakeEvent,
    about: str,
    kinds: list[str],
) -> None:
    facts = {"starts_at": "2026-12-04T17:00:00Z", "ends_at": None, "location": "Hall A"}
    for kind in ("reminder", "rescheduled", "relocated", "cancelled", "message"):
        make_notification(
            event=make_event(),
            kind=kind,
            detail={"before": facts, "after": facts | {"starts_at": "2026-12-05T17:00:00Z"}, "text": ""},
        )

    page = html_of(subscriber_client, f"{INBOX}?about={about}")

    assert re.findall(r'class="entry entry-(\w+)', page) == kinds
    assert ("Mark all as read" in page) == (not about)  # otherwise notifications that are not shown would be marked too


def test_empty_view_of_a_subject_leads_to_all(subscriber_client: Client, make_notification: MakeNotification) -> None:
    make_notification()

    assert "No notifications of this type." in html_of(subscriber_client, f"{INBOX}?about=messages")


def test_subject_that_is_none_is_not_found(subscriber_client: Client) -> None:
    assert subscriber_client.get(INBOX, {"about": "gossip"}).status_code == 404
