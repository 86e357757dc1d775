"""Test events, subscriptions and reminders in the admin."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Announcement, Event, Reminder, Subscription
from events.services import announce, cancel_event, delete_event, remove_subscriber, report_event, subscribe
from tests.admin import as_staff, run_action
from tests.makers import MakeEvent, MakeUser
from tests.pages import html_of, messages_of, words

EVENTS = "/admin/events/event/"


@pytest.fixture
def make_rows(make_event: MakeEvent, make_user: MakeUser, organiser: User, at: datetime) -> Callable[[], None]:
    """Let one more user subscribe to one more event, with a reminder and a message."""

    def make() -> None:
        number = Subscription.objects.count()
        event = make_event(headline=f"Concert {number}")
        subscribe(event, actor=make_user(f"user{number}"), at=at, leads=[60])
        announce(event, actor=organiser, at=at, message="Bring a friend")
        remove_subscriber(event, actor=organiser, user_id=make_user(f"removed{number}").pk, at=at)

    return make


@pytest.mark.parametrize(
    ("model", "queries"),
    [
        ("event", 7),  # session, user, count, first and last year, rows, organisers, and whether actions have boxes
        ("subscription", 4),  # session, user, count, rows
        ("removal", 4),
        ("reminder", 4),
        ("announcement", 4),
    ],
)
def test_rows_are_listed_at_a_constant_number_of_queries(
    admin_client: Client,
    make_rows: Callable[[], None],
    django_assert_num_queries: DjangoAssertNumQueries,
    model: str,
    queries: int,
) -> None:
    for count in (1, 3):
        while Event.objects.count() < count:
            make_rows()
        with django_assert_num_queries(queries):
            response = admin_client.get(f"/admin/events/{model}/")
        assert response.context["cl"].result_count == count


@pytest.mark.parametrize("model", [Event, Subscription, Reminder, Announcement])
def test_row_can_only_be_looked_at(admin_client: Client, make_rows: Callable[[], None], model: type[Event]) -> None:
    make_rows()
    page = f"/admin/events/{model._meta.model_name}/{model.objects.get().pk}/change/"

    assert admin_client.get(page).status_code == 200
    assert admin_client.post(page, {"headline": "Other"}).status_code == 403
    assert admin_client.get(f"/admin/events/{model._meta.model_name}/add/").status_code == 403


@pytest.mark.parametrize("model", ["subscription", "reminder", "announcement"])
def test_rows_of_an_event_cannot_be_deleted(admin_client: Client, make_rows: Callable[[], None], model: str) -> None:
    make_rows()
    row = {"subscription": Subscription.objects, "reminder": Reminder.objects, "announcement": Announcement.objects}[
        model
    ].get()

    response = admin_client.post(f"/admin/events/{model}/{row.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403


@pytest.mark.parametrize("model", ["events/subscription", "events/reminder", "events/announcement"])
def test_event_page_leads_to_its_rows(admin_client: Client, make_rows: Callable[[], None], model: str) -> None:
    for _ in range(2):
        make_rows()
    event = Event.objects.first()
    assert event is not None

    link = f"/admin/{model}/?event__id__exact={event.pk}"

    assert f'href="{link}"' in html_of(admin_client, f"{EVENTS}{event.pk}/change/")
    assert admin_client.get(link).context["cl"].result_count == 1


def test_event_page_leads_only_to_rows_that_one_may_view(client: Client, stranger: User, make_event: MakeEvent) -> None:
    event = make_event()
    client.force_login(as_staff(stranger, "view_event", "view_reminder"))

    page = html_of(client, f"{EVENTS}{event.pk}/change/")

    assert re.findall(r'href="/admin/(\S+)/\?event__id', page) == ["events/reminder"]


def test_event_page_does_not_show_the_invite(admin_client: Client, make_event: MakeEvent) -> None:
    event = make_event(state="private")

    assert event.invite_token not in html_of(admin_client, f"{EVENTS}{event.pk}/change/")


@pytest.mark.parametrize(
    ("term", "count"), [("KRAKÓW", 1), ("fair krakow", 1), ("organiser", 2), ("concert", 1), ("nothing", 0)]
)
def test_search_finds_text_in_any_case_and_organisers(
    admin_client: Client, make_event: MakeEvent, term: str, count: int
) -> None:
    make_event(headline="Concert")
    make_event(headline="Fair", location="Kraków")

    assert admin_client.get(EVENTS, {"q": term}).context["cl"].result_count == count


@pytest.mark.parametrize(("when", "headline"), [("upcoming", "Later"), ("past", "Earlier")])
def test_filter_splits_past_from_upcoming(
    admin_client: Client, make_event: MakeEvent, at: datetime, when: str, headline: str
) -> None:
    make_event(headline="Later")
    make_event(headline="Earlier", at=at - timedelta(days=9), starts_at=at - timedelta(days=8))

    found = admin_client.get(EVENTS, {"when": when}).context["cl"].result_list

    assert [event.headline for event in found] == [headline]


@pytest.mark.parametrize(("all_day", "begins"), [(False, "2030-07-01 18:30 Asia/Tokyo"), (True, "2030-07-01")])
def test_list_shows_the_start_in_the_events_zone(
    admin_client: Client, make_event: MakeEvent, all_day: bool, begins: str
) -> None:
    make_event(starts_at=datetime(2030, 7, 1, 9, 30, tzinfo=UTC), time_zone="Asia/Tokyo", all_day=all_day)

    assert f'<td class="field-begins">{begins}</td>' in html_of(admin_client, EVENTS)


def test_cancel_asks_for_a_reason_first(admin_client: Client, make_event: MakeEvent) -> None:
    event = make_event()

    response = admin_client.post(EVENTS, {"action": "cancel_events", "index": "0", "_selected_action": [event.pk]})

    assert response.templates[0].name == "admin/events/event/confirm_cancel.html"
    assert not Event.objects.get().is_cancelled


def test_cancel_notifies_subscribers_and_says_what_was_skipped(
    admin_client: Client, make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    cancelled = cancel_event(make_event(), actor=organiser, at=at)
    deleted = make_event()
    delete_event(deleted, actor=organiser, at=at)
    draft = make_event(state="draft")

    messages = run_action(
        admin_client,
        EVENTS,
        "cancel_events",
        event,
        cancelled,
        deleted,
        draft,
        confirmed="yes",
        reason="The hall is closed",
    )

    event.refresh_from_db()
    assert event.is_cancelled
    assert event.announcements.get().text == "The hall is closed"
    assert messages[0] == "1 event cancelled. Subscribers are being notified."
    assert set(messages[1:]) == {
        "Skipped: 1. The event has already been cancelled.",
        "Skipped: 1. The event has been deleted.",
        "Skipped: 1. A draft has no subscribers to notify. Delete it instead.",
    }
    assert LogEntry.objects.get().get_change_message() == "Cancelled. The hall is closed"


def test_cancel_with_too_long_a_reason_asks_again(admin_client: Client, make_event: MakeEvent) -> None:
    event = make_event()

    messages = run_action(admin_client, EVENTS, "cancel_events", event, confirmed="yes", reason="x" * 2001)

    assert messages == ["Use at most 2,000 characters; this text has 2,001."]
    assert not Event.objects.get().is_cancelled


def test_events_and_users_are_listed_newest_first(
    admin_client: Client, make_event: MakeEvent, make_user: MakeUser, at: datetime
) -> None:
    sooner = make_event(starts_at=at + timedelta(days=1))
    later = make_event(starts_at=at + timedelta(days=9))
    newest = make_event(starts_at=at + timedelta(days=5))
    users = [make_user(f"user{number}") for number in range(2)]

    assert list(admin_client.get(EVENTS).context["cl"].result_list) == [newest, later, sooner]
    assert list(admin_client.get("/admin/accounts/user/").context["cl"].result_list)[:2] == users[::-1]


def test_page_asks_for_a_reason_and_cancels_the_event(
    admin_client: Client, make_event: MakeEvent, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    report_event(event, actor=stranger, at=at, reason="spam")
    page = f"{EVENTS}{event.pk}/cancel/"

    assert f'href="{page}"' in html_of(admin_client, f"{EVENTS}{event.pk}/change/")
    asked = words(html_of(admin_client, page))
    done = admin_client.post(page, {"reason": "The hall is closed"}, follow=True)

    event.refresh_from_db()
    assert "1 subscriber will be notified immediately." in asked
    assert done.redirect_chain == [(f"{EVENTS}{event.pk}/change/", 302)]
    assert messages_of(done) == ["Event cancelled. Subscribers are being notified."]
    assert event.is_cancelled
    assert event.announcements.get().text == "The hall is closed"
    assert LogEntry.objects.get().get_change_message() == "Cancelled. The hall is closed"
    assert event.reports.get().outcome == "acted"


def test_page_asks_again_if_the_reason_is_too_long(admin_client: Client, make_event: MakeEvent) -> None:
    event = make_event()

    page = admin_client.post(f"{EVENTS}{event.pk}/cancel/", {"reason": "x" * 2001})

    assert messages_of(page) == ["Use at most 2,000 characters; this text has 2,001."]
    assert not Event.objects.get().is_cancelled


def test_event_can_be_deleted_only_behind_the_page_that_cancels_it(admin_client: Client, make_event: MakeEvent) -> None:
    event = make_event()
    delete = f'href="{EVENTS}{event.pk}/delete/"'

    assert delete not in html_of(admin_client, f"{EVENTS}{event.pk}/change/")
    assert delete in html_of(admin_client, f"{EVENTS}{event.pk}/cancel/")


@pytest.mark.parametrize("state", ["cancelled", "draft", "past"])
def test_event_that_cannot_be_cancelled_can_be_deleted_at_once(
    admin_client: Client, make_event: MakeEvent, organiser: User, at: datetime, state: str
) -> None:
    before = at - timedelta(days=9)
    event = {
        "cancelled": lambda: cancel_event(make_event(), actor=organiser, at=at),
        "draft": lambda: make_event(state="draft"),
        "past": lambda: make_event(at=before, starts_at=before + timedelta(days=1)),
    }[state]()

    page = html_of(admin_client, f"{EVENTS}{event.pk}/change/")
    refused = admin_client.post(f"{EVENTS}{event.pk}/cancel/", follow=True)

    assert f'href="{EVENTS}{event.pk}/cancel/"' not in page
    assert f'href="{EVENTS}{event.pk}/delete/"' in page
    assert [message.level_tag for message in refused.context["messages"]] == ["error"]


def test_page_does_not_ask_about_an_event_that_is_cancelled(
    admin_client: Client, make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = cancel_event(make_event(), actor=organiser, at=at)

    page = admin_client.get(f"{EVENTS}{event.pk}/cancel/", follow=True)

    assert page.redirect_chain == [(f"{EVENTS}{event.pk}/change/", 302)]
    assert messages_of(page) == ["The event has already been cancelled."]


def test_event_that_is_not_there_cannot_be_cancelled(admin_client: Client) -> None:
    assert admin_client.get(f"{EVENTS}987654/cancel/").status_code == 404


def test_delete_asks_and_then_hides_the_event_and_notifies_subscribers(
    admin_client: Client, make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)
    page = f"{EVENTS}{event.pk}/delete/"

    asked = html_of(admin_client, page)
    done = admin_client.post(page, {"post": "yes"})

    event.refresh_from_db()
    assert "Subscribers are notified that the event is cancelled" in asked
    assert done["Location"] == EVENTS
    assert event.deleted_at is not None
    assert event.announcements.get().kind == "cancelled"


def test_delete_of_several_asks_and_hides_them(admin_client: Client, make_event: MakeEvent) -> None:
    chosen = {"action": "delete_selected", "index": "0", "_selected_action": [make_event().pk]}
    assert "Deleting hides the page at once." in admin_client.post(EVENTS, chosen).content.decode()

    run_action(admin_client, EVENTS, "delete_selected", make_event(), make_event(), post="yes")

    assert Event.objects.live().count() == 1
    assert Event.objects.count() == 3


def test_staff_who_may_only_view_get_no_actions(client: Client, stranger: User, make_event: MakeEvent) -> None:
    stranger.is_staff = True
    stranger.save()
    stranger.user_permissions.set(Permission.objects.filter(codename="view_event"))
    client.force_login(stranger)
    event = make_event()

    run_action(client, EVENTS, "cancel_events", event, confirmed="yes")
    assert client.post(f"{EVENTS}{event.pk}/cancel/").status_code == 403
    assert f"{EVENTS}{event.pk}/cancel/" not in html_of(client, f"{EVENTS}{event.pk}/change/")
    response = client.post(f"{EVENTS}{event.pk}/delete/", {"post": "yes"})

    event.refresh_from_db()
    assert response.status_code == 403
    assert (event.cancelled_at, event.deleted_at) == (None, None)
