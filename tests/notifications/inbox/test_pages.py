"""The inbox page, its forms, and the bell."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.services import delete_event
from notifications.inbox.pages import LATEST_SIZE, PAGE_SIZE
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification
from tests.pages import html_of, words

INBOX = "/notifications/"
LATEST = "/notifications/latest/"
# Session, user, the rows, the events they link to, the bell.
INBOX_QUERIES = 5


@pytest.fixture
def make_notification(subscriber: User) -> MakeNotification:
    """Write a row into the subscriber's inbox, as the sweep would."""

    def write(**options: Any) -> Notification:
        at = options.get("created_at", timezone.now())
        source = f"announcement:{Notification.objects.count() + 1}"
        defaults = {"recipient": subscriber, "kind": "reminder", "headline": "Concert", "starts_at": at, "lead": 60}
        return Notification.objects.create(
            **{"time_zone": "UTC", "source": source, "created_at": at} | defaults | options
        )

    return write


@pytest.fixture
def subscriber_client(client: Client, subscriber: User) -> Client:
    client.force_login(subscriber)
    return client


# The inbox


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
        make_notification(event=make_event())

    with django_assert_num_queries(INBOX_QUERIES):
        subscriber_client.get(INBOX)


def test_inbox_is_grouped_by_the_readers_days_newest_first(
    subscriber_client: Client, make_notification: MakeNotification, subscriber: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=subscriber.pk).update(time_zone="Asia/Tokyo")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 6, 12, 3, tzinfo=UTC))
    # 23:30 and 00:30 in Tokyo, on one day in UTC.
    make_notification(headline="Before midnight", created_at=datetime(2026, 6, 10, 14, 30, tzinfo=UTC))
    make_notification(headline="After midnight", created_at=datetime(2026, 6, 10, 15, 30, tzinfo=UTC))
    make_notification(headline="This morning", created_at=datetime(2026, 6, 12, 0, 0, tzinfo=UTC))

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
        make_notification(event=each)
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


def test_row_says_when_it_was_told_mailed_and_read_on_the_readers_clock(
    subscriber_client: Client, make_notification: MakeNotification, subscriber: User
) -> None:
    User.objects.filter(pk=subscriber.pk).update(time_zone="Asia/Tokyo")
    told_at = datetime(2026, 6, 10, 14, 30, tzinfo=UTC)  # 23:30 in Tokyo
    make_notification(
        created_at=told_at, emailed_at=told_at + timedelta(minutes=10), read_at=told_at + timedelta(hours=1)
    )

    row = words(html_of(subscriber_client, INBOX).split('class="entry-told">')[1])

    assert row.startswith("Received 23:30")
    assert "Emailed 23:40 · Read Thu 11 Jun" in row


def test_row_of_an_all_day_event_names_its_day_when_the_event_is_gone(
    subscriber_client: Client, make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 12, 1, 12, tzinfo=UTC))
    # Midnight in New York, which is five in the morning for the reader.
    make_notification(starts_at=datetime(2030, 12, 4, 5, 0, tzinfo=UTC), time_zone="America/New_York", all_day=True)

    page = html_of(subscriber_client, INBOX)

    assert re.findall(r"<p>(Starts [^<]*)</p>", page) == ["Starts in 4 years, Wed 4 Dec 2030"]
    assert "your time" not in page


def test_row_that_was_neither_mailed_nor_read_says_neither(
    subscriber_client: Client, make_notification: MakeNotification
) -> None:
    make_notification()

    assert "entry-trail" not in html_of(subscriber_client, INBOX)


@pytest.mark.parametrize(("kind", "is_named"), [("reminder", True), ("cancelled", True), ("message", False)])
def test_row_names_the_place_where_its_sentence_does_not(
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
    subscriber_client: Client, make_notification: MakeNotification, at: datetime
) -> None:
    # Told at the same moment: the id decides.
    ids = [make_notification(created_at=at).pk for _ in range(2 * PAGE_SIZE + 1)]
    seen: list[str] = []
    address = INBOX

    while address:
        page = html_of(subscriber_client, address)
        seen += re.findall(r'id="n(\d+)"', page)
        older = re.search(r'href="([^"]+)">Older</a>', page)
        address = INBOX + older[1] if older else ""

    assert list(map(int, seen)) == sorted(ids, reverse=True)


def test_page_after_the_last_one_leads_back(subscriber_client: Client, make_notification: MakeNotification) -> None:
    row = make_notification()

    page = html_of(subscriber_client, f"{INBOX}?before={row.created_at:%Y%m%dT%H%M%S.%f}-{row.pk}")

    assert "Back to the latest" in page


@pytest.mark.parametrize("before", ["x", "20261204T170000.000000-", "20261304T170000.000000-1", "-", "20261204-1"])
def test_address_that_is_no_position_is_not_found(subscriber_client: Client, before: str) -> None:
    assert subscriber_client.get(INBOX, {"before": before}).status_code == 404


def test_unread_view_leaves_out_what_is_read(
    subscriber_client: Client, make_notification: MakeNotification, at: datetime
) -> None:
    make_notification(headline="Old news", read_at=at)
    make_notification(headline="Fresh news")

    page = html_of(subscriber_client, f"{INBOX}?unread=1")

    assert "Fresh news" in page
    assert "Old news" not in page


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
        ("changes", ["cancelled", "relocated", "rescheduled"]),
        ("messages", ["message"]),
    ],
)
def test_inbox_is_narrowed_to_what_it_is_about(
    subscriber_client: Client, make_notification: MakeNotification, about: str, kinds: list[str]
) -> None:
    facts = {"starts_at": "2026-12-04T17:00:00Z", "ends_at": None, "location": "Hall A"}
    for kind in ("reminder", "rescheduled", "relocated", "cancelled", "message"):
        make_notification(
            kind=kind, detail={"before": facts, "after": facts | {"starts_at": "2026-12-05T17:00:00Z"}, "text": ""}
        )

    page = html_of(subscriber_client, f"{INBOX}?about={about}")

    assert re.findall(r'class="entry entry-(\w+)', page) == kinds
    assert ("Mark all as read" in page) == (not about)  # else what is not shown would be marked too


def test_empty_view_of_a_subject_leads_to_all(subscriber_client: Client, make_notification: MakeNotification) -> None:
    make_notification()

    assert "No notifications of this type." in html_of(subscriber_client, f"{INBOX}?about=messages")


def test_subject_that_is_none_is_not_found(subscriber_client: Client) -> None:
    assert subscriber_client.get(INBOX, {"about": "gossip"}).status_code == 404


# The bell's panel


def test_panel_asks_strangers_to_log_in(client: Client, db: None) -> None:
    response = client.get(LATEST)

    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={LATEST}")


def test_panel_shows_the_last_that_the_reader_was_told(
    subscriber_client: Client, make_notification: MakeNotification, stranger: User
) -> None:
    ids = [make_notification().pk for _ in range(LATEST_SIZE + 1)]
    make_notification(recipient=stranger)

    shown = re.findall(r'id="l(\d+)"', html_of(subscriber_client, LATEST))

    assert list(map(int, shown)) == ids[:0:-1]


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


# Marking all read


def mark_all_form(page: str) -> dict[str, str]:
    return dict(re.findall(r'name="(up_to|ids)" value="([\d,]*)"', page))


@pytest.mark.parametrize("address", [INBOX, LATEST])
def test_mark_all_read_names_what_was_told_in_the_last_minute(
    subscriber_client: Client, make_notification: MakeNotification, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 6, 12, 3, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    make_notification(created_at=now - timedelta(seconds=90))
    settled = make_notification(created_at=now - timedelta(seconds=60, microseconds=1))
    recent = [make_notification(created_at=now - timedelta(seconds=seconds)).pk for seconds in (60, 1)]
    make_notification(created_at=now, read_at=now)

    form = mark_all_form(html_of(subscriber_client, address))

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


@pytest.mark.parametrize("ids", ["x", "1,x", "-1", ",".join(["1"] * (PAGE_SIZE + 2))])
def test_ids_that_no_page_names_are_a_bad_request(
    subscriber_client: Client, make_notification: MakeNotification, ids: str
) -> None:
    make_notification()

    assert subscriber_client.post("/notifications/read-all/", {"up_to": 0, "ids": ids}).status_code == 400


# Marking read, without a script


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


@pytest.mark.parametrize("address", ["/notifications/read/", "/notifications/read-all/"])
@pytest.mark.parametrize("value", ["", "x", "-1", str(2**63), "1.5"])
def test_what_is_no_id_is_a_bad_request(subscriber_client: Client, address: str, value: str) -> None:
    response = subscriber_client.post(address, {"id": value, "up_to": value})

    assert response.status_code == 400


@pytest.mark.parametrize("address", ["/notifications/read/", "/notifications/read-all/"])
def test_marking_read_is_a_post_by_somebody_with_a_token(
    subscriber_client: Client, subscriber: User, address: str
) -> None:
    strict, anonymous = Client(enforce_csrf_checks=True), Client()
    strict.force_login(subscriber)

    assert subscriber_client.get(address).status_code == 405
    assert strict.post(address, {"id": 1, "up_to": 1}).status_code == 403
    assert anonymous.post(address, {"id": 1, "up_to": 1})["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_forms_lead_nowhere_else(subscriber_client: Client, address: str) -> None:
    response = subscriber_client.post("/notifications/read/", {"id": 1, "next": address})

    assert response["Location"] == INBOX


# The bell


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
    ("port", "address"), [(8001, "ws://testserver:8001/ws/notifications/"), (None, None)], ids=["own port", "proxy"]
)
def test_script_is_told_where_the_feed_is(
    subscriber_client: Client, settings: Any, port: int | None, address: str | None
) -> None:
    settings.FEED_PORT = port

    response = subscriber_client.get(INBOX)

    assert response.context["bell"].config["url"] == address
    directives = response["Content-Security-Policy"].split("; ")
    assert f"connect-src 'self'{f' ws://testserver:{port}' if port else ''}" in directives
