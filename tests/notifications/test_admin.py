"""Test the inbox and the sweep in the admin."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape
from importlib import import_module
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AccountMail, User
from config.database import database_now
from config.web.admin import CappedPaginator
from events.services import subscribe
from notifications.delivery.sweeper import sweep
from notifications.models import Heartbeat, Notification, ProcessHeartbeat
from notifications.templatetags.admin_index import age
from tests.admin import as_staff
from tests.makers import MakeEvent
from tests.pages import html_of, words

NOTIFICATIONS = "/admin/notifications/notification/"


@pytest.fixture
def remind(make_event: MakeEvent, subscriber: User, at: datetime) -> Callable[[], None]:
    """Let the subscriber be reminded of one more event."""

    def remind() -> None:
        event = make_event(starts_at=at + timedelta(minutes=30))
        subscribe(event, actor=subscriber, at=at, leads=[60])
        sweep(clock=lambda: at)

    return remind


def test_notifications_are_listed_at_a_constant_number_of_queries(
    admin_client: Client, remind: Callable[[], None], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        while Notification.objects.count() < count:
            remind()
        with django_assert_num_queries(4):  # session, user, count, rows
            response = admin_client.get(NOTIFICATIONS)
        assert response.context["cl"].result_count == count


@pytest.mark.parametrize(("term", "count"), [("subscriber", 1), ("Subscriber@example.org", 1), ("subscr", 0)])
def test_notifications_are_found_by_a_whole_name(
    admin_client: Client, remind: Callable[[], None], term: str, count: int
) -> None:
    remind()

    assert admin_client.get(NOTIFICATIONS, {"q": term}).context["cl"].result_count == count


def test_notification_can_only_be_looked_at(admin_client: Client, remind: Callable[[], None]) -> None:
    remind()
    page = f"{NOTIFICATIONS}{Notification.objects.get().pk}/"

    assert admin_client.get(f"{page}change/").status_code == 200
    assert admin_client.post(f"{page}change/", {"headline": "Other"}).status_code == 403
    assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{NOTIFICATIONS}add/").status_code == 403


def test_heartbeat_can_only_be_looked_at(admin_client: Client, at: datetime) -> None:
    Heartbeat.objects.create(swept_at=at)

    assert admin_client.get("/admin/notifications/heartbeat/").status_code == 200
    assert admin_client.get("/admin/notifications/heartbeat/1/change/").status_code == 200
    assert admin_client.get("/admin/notifications/heartbeat/add/").status_code == 403


def test_background_process_can_only_be_looked_at(admin_client: Client, at: datetime) -> None:
    ProcessHeartbeat.objects.create(kind="mailer", worked_at=at)

    assert admin_client.get("/admin/notifications/processheartbeat/").status_code == 200
    assert admin_client.get("/admin/notifications/processheartbeat/mailer/change/").status_code == 200
    assert admin_client.get("/admin/notifications/processheartbeat/add/").status_code == 403


def index_text(client: Client, path: str = "/admin/") -> str:
    return " ".join(html_of(client, path).split())


def test_index_warns_before_the_first_sweep(admin_client: Client) -> None:
    assert "The delivery job has never run" in index_text(admin_client)


def test_index_shows_a_living_sweep_and_its_lag(
    admin_client: Client, make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    subscribe(
        make_event(starts_at=at + timedelta(minutes=30)), actor=subscriber, at=at - timedelta(minutes=1), leads=[60]
    )
    Heartbeat.objects.create(swept_at=database_now(), missed_count=4)

    text = index_text(admin_client)

    assert "Last run 0 s ago. Overdue reminders: 1. Longest delay: 6" in text
    assert "Reminders missed since installation: 4." in text
    assert "no notifications are being sent" not in text


def test_index_says_that_nothing_is_overdue(admin_client: Client) -> None:
    Heartbeat.objects.create(swept_at=database_now())

    assert "Last run 0 s ago. Nothing overdue. Reminders missed since installation: 0." in index_text(admin_client)


def test_index_warns_of_a_dead_sweep(admin_client: Client) -> None:
    Heartbeat.objects.create(swept_at=database_now() - timedelta(hours=2))

    assert "The delivery job last ran 2 hours ago: no notifications are being sent." in index_text(admin_client)


def process_rows(client: Client) -> list[tuple[str, str, str]]:
    """Return what the first page of the admin shows: of what, the class of the state, and the state."""
    text = index_text(client).partition('id="mail-health"')[0]
    row = r"<tr>\s*<th scope=\"row\">([^<]+)</th>\s*<td(?: class=\"(\w+)\")?>([^<]*)</td>"
    return re.findall(row, text)


def test_index_shows_how_each_process_is_doing(admin_client: Client) -> None:
    now = database_now()
    Heartbeat.objects.create(swept_at=now)
    ProcessHeartbeat.objects.create(
        kind="worker",
        worked_at=now,
        failing_since=now - timedelta(seconds=75),
        failed_at=now,
        failure_count=60,
    )

    rows = process_rows(admin_client)

    assert rows == [
        ("Notifications", "broken", "Failing"),
        ("Emails", "broken", "Stopped"),
        ("Worker and beat", "broken", "Failing"),
        ("Mailer", "broken", "Stopped"),
    ]
    assert "60 failures in the last 75 s." in index_text(admin_client)


def test_index_marks_no_process_that_works(admin_client: Client) -> None:
    now = database_now()
    Heartbeat.objects.create(swept_at=now)
    ProcessHeartbeat.objects.create(kind="worker", worked_at=now)
    ProcessHeartbeat.objects.create(kind="mailer", worked_at=now)

    rows = process_rows(admin_client)

    assert rows == [
        ("Notifications", "", "Working"),
        ("Emails", "", "Working"),
        ("Worker and beat", "", "Working"),
        ("Mailer", "", "Working"),
    ]


def test_index_hides_the_sweep_from_staff_without_the_permission(client: Client, stranger: User) -> None:
    stranger.is_staff = True
    stranger.save()
    client.force_login(stranger)

    assert "sweep-health" not in index_text(client)


def test_index_shows_how_much_goes_on_at_a_constant_number_of_queries(
    admin_client: Client, remind: Callable[[], None], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    remind()
    admin_client.get("/admin/")

    # session, user; clock, heartbeat, oldest reminder and announcement, processes, emails of both kinds, waiting and
    # failed; events, notifications, reports; recent actions
    with django_assert_num_queries(15):
        text = index_text(admin_client)

    figures = re.findall(r"<dt>([^<]+)</dt>\s*<dd>\s*(?:<a [^>]+>)?([^<]+)", text)
    assert figures == [
        ("upcoming public events", "1"),
        ("subscriptions to upcoming events", "1"),
        ("notifications in the last 24 hours", "1"),
        ("delivery delay", "0 s"),
        ("open reports", "0"),
    ]


@pytest.fixture
def mails_by_fate(subscriber: User) -> dict[str, AccountMail]:
    """Return account emails by what became of them."""
    now = database_now()
    facts: dict[str, dict[str, Any]] = {
        "waiting": {"due_at": now, "created_at": now - timedelta(minutes=7)},
        "retried": {"due_at": now, "last_error": "451 Try later"},
        "given up": {"given_up_at": now - timedelta(hours=2), "last_error": "550 No such user"},
        "long given up": {"given_up_at": now - timedelta(days=3), "created_at": now - timedelta(days=3)},
        "sent": {"sent_at": now},
        "obsolete": {},
    }
    every: dict[str, Any] = {"kind": "verify", "address": "a@example.org", "user": subscriber}
    return {
        name: AccountMail.objects.create(**every | {"created_at": now, "due_at": None} | each)
        for name, each in facts.items()
    }


def test_index_shows_what_emails_wait_and_fail(admin_client: Client, mails_by_fate: dict[str, AccountMail]) -> None:
    ProcessHeartbeat.objects.create(
        kind="mailer", worked_at=database_now(), delivered_at=database_now() - timedelta(minutes=3)
    )

    part = words(index_text(admin_client).partition('id="mail-health"')[2])

    assert "The last email was sent 3 min ago." in part
    assert "About accounts Notifications Waiting 2 0 Oldest 7 min – Failed at least once 1 0" in part
    assert "Given up in the last 24 h 1 0 Given up 2 0 Latest error in the last 24 h 550 No such user –" in part


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=waiting", {"waiting", "retried"}),
        ("state=failed", {"given up", "long given up"}),
    ],
)
def test_index_links_the_emails_that_it_counts(
    admin_client: Client, mails_by_fate: dict[str, AccountMail], query: str, shown: set[str]
) -> None:
    url = f"/admin/accounts/accountmail/?{query}"

    assert f'href="{escape(url)}"' in index_text(admin_client)
    found = admin_client.get(url).context["cl"].result_list
    assert {mail.pk for mail in found} == {mails_by_fate[name].pk for name in shown}


@pytest.mark.parametrize(("state", "shown"), [("sent", "sent"), ("obsolete", "obsolete")])
def test_emails_are_found_by_their_state(
    admin_client: Client, mails_by_fate: dict[str, AccountMail], state: str, shown: str
) -> None:
    found = admin_client.get("/admin/accounts/accountmail/", {"state": state}).context["cl"].result_list

    assert list(found) == [mails_by_fate[shown]]


def test_index_links_only_lists_that_one_may_view(client: Client, stranger: User) -> None:
    client.force_login(as_staff(stranger, "view_heartbeat", "view_noticemail"))

    part = index_text(client).partition('id="mail-health"')[2]

    assert "/admin/accounts/accountmail/" not in part
    assert "/admin/notifications/noticemail/?state=waiting" in part


def test_filters_by_a_time_ask_yes_or_no(admin_client: Client) -> None:
    page = words(index_text(admin_client, NOTIFICATIONS))

    assert "By read All Yes No" in page
    assert "Empty" not in page


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7_199, "119 min"), (7_200, "2 h"), (172_800, "2 days")],
)
def test_age_is_in_one_unit(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_list_longer_than_is_counted_says_so(
    admin_client: Client, remind: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    remind()
    assert "Showing the first" not in index_text(admin_client, NOTIFICATIONS)
    monkeypatch.setattr(CappedPaginator, "MAX_COUNTED", 1)

    assert "Showing the first 1 notifications. Use filters or search to find others." in index_text(
        admin_client, NOTIFICATIONS
    )


def test_admins_pass_the_checks_of_django() -> None:
    """`manage.py check` may look at the admins before anything has imported them."""
    import_module("config.urls")

    assert run_checks(tags=["admin"]) == []
