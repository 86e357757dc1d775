"""Test suspending and reactivating users in the admin, and what becomes of their events."""

import re
from datetime import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.services import request_deletion, suspend_user
from events.models import Event, PendingCancellation
from events.services import cancel_event, subscribe
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.admin import run_action
from tests.makers import MakeEvent, MakeUser
from tests.pages import html_of, messages_of, words

USERS = "/admin/accounts/user/"


@pytest.fixture
def event(make_event: MakeEvent, subscriber: User, at: datetime) -> Event:
    """Return an upcoming event of the organiser, who also has a draft, with one subscriber."""
    make_event(state="draft")
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    return event


def page_of(user: User, name: str = "change") -> str:
    return f"{USERS}{user.pk}/{name}/"


def test_page_says_what_a_suspension_does(admin_client: Client, event: Event, organiser: User) -> None:
    assert f'href="{page_of(organiser, "suspend")}"' in html_of(admin_client, page_of(organiser))

    asked = words(html_of(admin_client, page_of(organiser, "suspend")))

    assert "organiser, organiser@example.org, 1 upcoming event" in asked
    assert "Cancel 1 upcoming event They leave all lists" in asked
    assert "Delete all 2 events: upcoming, past and drafts" in asked
    assert asked.count("1 notification will be sent to subscribers.") == 2


@pytest.mark.parametrize(
    ("fate", "is_cancelled", "is_listed", "notified", "logged"),
    [
        ("keep", False, True, 0, "Suspended; events kept."),
        ("cancel", True, True, 1, "Suspended; upcoming events cancelled. Spam"),
        ("delete", False, False, 1, "Suspended; all events deleted. Spam"),
    ],
)
def test_page_suspends_and_does_what_was_chosen(
    admin_client: Client,
    event: Event,
    organiser: User,
    fate: str,
    is_cancelled: bool,
    is_listed: bool,
    notified: int,
    logged: str,
) -> None:
    reason = "" if fate == "keep" else "Spam"
    done = admin_client.post(page_of(organiser, "suspend"), {"fate": fate, "reason": reason}, follow=True)
    sweep()

    organiser.refresh_from_db()
    event = Event.objects.filter(pk=event.pk).first() or event
    assert done.redirect_chain == [(page_of(organiser), 302)]
    assert messages_of(done) == [logged.removesuffix(" Spam")]
    assert not organiser.is_active
    assert event.is_cancelled == is_cancelled
    assert Event.objects.live().filter(pk=event.pk).exists() == is_listed
    assert Notification.objects.filter(kind="cancelled").count() == notified
    assert LogEntry.objects.get().get_change_message() == logged


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"fate": "forget"}, "Choose what happens to their events."),
        ({}, "Choose what happens to their events."),
        ({"fate": "cancel", "reason": "x" * 2001}, "Use at most 2,000 characters; this text has 2,001."),
    ],
)
def test_invalid_answer_suspends_nobody(
    admin_client: Client, organiser: User, given: dict[str, str], message: str
) -> None:
    page = admin_client.post(page_of(organiser, "suspend"), given)

    organiser.refresh_from_db()
    assert messages_of(page) == [message]
    assert organiser.is_active


def test_list_asks_the_same_for_several(
    admin_client: Client, admin_user: User, event: Event, organiser: User, stranger: User
) -> None:
    chosen = {"action": "suspend_users", "index": "0", "_selected_action": [organiser.pk, stranger.pk, admin_user.pk]}

    asked = words(admin_client.post(USERS, chosen).content.decode())
    messages = run_action(
        admin_client, USERS, "suspend_users", organiser, stranger, admin_user, confirmed="yes", fate="cancel"
    )

    assert "organiser, organiser@example.org, 1 upcoming event" in asked
    assert "stranger, stranger@example.org, 0 upcoming events" in asked
    assert "admin, admin@example.org" not in asked
    assert messages == ["Suspended: 2.", "Skipped (not applicable): 1."]
    assert PendingCancellation.objects.count() == 2


@pytest.mark.parametrize(
    ("fate", "messages"),
    [("keep", ["Skipped (not applicable): 1."]), ("cancel", ["Suspended: 1."])],
)
def test_events_of_somebody_suspended_before_can_still_be_cancelled(
    admin_client: Client, event: Event, organiser: User, at: datetime, fate: str, messages: list[str]
) -> None:
    suspend_user(organiser, at=at)

    assert run_action(admin_client, USERS, "suspend_users", organiser, confirmed="yes", fate=fate) == messages
    sweep()

    event.refresh_from_db()
    assert event.is_cancelled == (fate == "cancel")
    assert LogEntry.objects.count() == (fate == "cancel")


def test_asking_costs_one_query_however_many_users_there_are(
    admin_client: Client, make_user: MakeUser, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    users = [make_user(f"user{number}") for number in range(50)]
    for chosen in (users[:1], users):
        given = {"action": "suspend_users", "index": "0", "_selected_action": [user.pk for user in chosen]}
        with django_assert_num_queries(6):  # session, user, count, users, clock, events
            assert admin_client.post(USERS, given).status_code == 200


def test_page_says_what_comes_back_and_reactivates(
    admin_client: Client, event: Event, organiser: User, make_event: MakeEvent, at: datetime
) -> None:
    cancel_event(make_event(), actor=organiser, at=at)
    suspend_user(organiser, at=at)

    assert f'href="{page_of(organiser, "reactivate")}"' in html_of(admin_client, page_of(organiser))
    asked = words(html_of(admin_client, page_of(organiser, "reactivate")))
    done = admin_client.post(page_of(organiser, "reactivate"), follow=True)

    organiser.refresh_from_db()
    assert "2 events were kept, and they can edit them again." in asked
    assert messages_of(done) == ["Reactivated."]
    assert organiser.is_active
    assert LogEntry.objects.get().get_change_message() == "Reactivated."


def test_nothing_is_asked_about_events_that_are_not_there(
    admin_client: Client, stranger: User, admin_user: User
) -> None:
    page = html_of(admin_client, page_of(stranger, "suspend"))
    oneself = run_action(admin_client, USERS, "suspend_users", admin_user)
    admin_client.post(page_of(stranger, "suspend"), {"fate": "keep"})

    stranger.refresh_from_db()
    assert re.findall(r'type="(\w+)" name="(?:fate|reason)"', page) == ["hidden"]
    assert 'name="reason"' not in page
    assert oneself == ["Skipped (not applicable): 1."]
    assert not stranger.is_active


def test_choices_that_concern_no_event_are_not_offered(
    admin_client: Client, make_event: MakeEvent, organiser: User
) -> None:
    make_event(state="draft")

    page = html_of(admin_client, page_of(organiser, "suspend"))

    assert re.findall(r'name="fate" value="(\w+)"', page) == ["keep", "delete"]


def test_page_offers_only_what_is_possible(
    admin_client: Client, admin_user: User, organiser: User, stranger: User, at: datetime
) -> None:
    request_deletion(stranger, at=at)

    for user, offered in ((admin_user, []), (organiser, ["suspend"]), (stranger, [])):
        page = html_of(admin_client, page_of(user))
        assert [name for name in ("suspend", "reactivate") if page_of(user, name) in page] == offered


def test_nobody_suspends_oneself_or_somebody_who_is_not_there(admin_client: Client, admin_user: User) -> None:
    assert admin_client.post(page_of(admin_user, "suspend"), {"fate": "keep"}).status_code == 403
    assert admin_client.get(f"{USERS}987654/suspend/").status_code == 404
    assert admin_client.get(f"{USERS}987654/reactivate/").status_code == 404


@pytest.mark.parametrize("codename", ["view_user", "change_user"])
def test_staff_suspend_no_staff_and_nobody_without_the_permission(
    client: Client, make_user: MakeUser, admin_user: User, organiser: User, codename: str
) -> None:
    staff = make_user("staff")
    staff.is_staff = True
    staff.save()
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", codename]))
    client.force_login(staff)

    answers = [
        client.post(page_of(user, name), {"fate": "keep"}).status_code
        for user, name in ((admin_user, "suspend"), (admin_user, "reactivate"), (organiser, "suspend"))
    ]

    assert answers == [403, 403, 302 if codename == "change_user" else 403]
    admin_user.refresh_from_db()
    assert admin_user.is_active


def test_staff_do_no_more_to_events_than_they_may(client: Client, make_user: MakeUser, event: Event) -> None:
    staff = make_user("staff")
    staff.is_staff = True
    staff.save()
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user", "change_event"]))
    client.force_login(staff)
    page = page_of(event.author, "suspend")

    offered = re.findall(r'name="fate" value="(\w+)"', html_of(client, page))
    answers = [client.post(page, {"fate": fate}).status_code for fate in ("delete", "cancel")]

    assert offered == ["keep", "cancel"]
    assert answers == [403, 302]
    assert not PendingCancellation.objects.get().is_deletion
