"""Test sweeps that run at the same time as each other and as people's actions, on MariaDB and on SQLite."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from accounts.services import open_api_session, refresh_api_session
from config.database import database_now
from config.errors import Refusal
from events.models import Event, PendingCancellation, Reminder, Subscription
from events.services import (
    Fate,
    cancel_event,
    create_event,
    delete_event,
    report_event,
    subscribe,
    suspend_organiser,
    unsubscribe,
    update_event,
)
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.makers import MakeEvent, MakeUser

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def run_at_once(*actions: Callable[[], Any]) -> list[Exception]:
    """Run all actions in separate threads, started together; return the errors that they raised."""
    barrier = threading.Barrier(len(actions))
    errors: list[Exception] = []

    def run(action: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            action()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


@pytest.fixture
def subscribers(make_user: MakeUser) -> list[User]:
    return [make_user(f"subscriber{number}") for number in range(20)]


def inbox() -> list[tuple[int, str]]:
    return sorted(Notification.objects.values_list("recipient_id", "kind"))


def test_sweeps_at_once_notify_everybody_once(make_event: MakeEvent, subscribers: list[User], at: datetime) -> None:
    for _ in range(5):
        event = make_event(starts_at=at + HOUR)
        for user in subscribers:
            subscribe(event, actor=user, at=at, leads=[120])

    errors = run_at_once(*[sweep] * 4)
    sweep()  # what one sweep skipped because another had locked it

    assert errors == []
    assert inbox() == sorted((user.pk, "reminder") for user in subscribers for _ in range(5))


@pytest.mark.parametrize("attempt", range(3))
def test_sweep_against_cancel_sends_the_cancellation_and_at_most_one_reminder(
    make_event: MakeEvent, organiser: User, subscribers: list[User], at: datetime, attempt: int
) -> None:
    event = make_event(starts_at=at + HOUR)
    for user in subscribers:
        subscribe(event, actor=user, at=at, leads=[120])

    errors = run_at_once(sweep, lambda: cancel_event(event, actor=organiser, at=database_now()), sweep)
    sweep()

    assert errors == []
    rows = inbox()
    assert [row for row in rows if row[1] == "cancelled"] == [(user.pk, "cancelled") for user in subscribers]
    assert len([row for row in rows if row[1] == "reminder"]) in {0, len(subscribers)}
    assert not Reminder.objects.filter(due_at__isnull=False).exists()


@pytest.mark.parametrize("attempt", range(3))
def test_sweep_against_reschedule_leaves_every_reminder_at_the_new_start(
    make_event: MakeEvent, organiser: User, subscribers: list[User], at: datetime, attempt: int
) -> None:
    event = make_event(starts_at=at + HOUR)
    for user in subscribers:
        subscribe(event, actor=user, at=at, leads=[120])
    later = at + timedelta(days=1)

    errors = run_at_once(sweep, lambda: update_event(event, actor=organiser, at=database_now(), starts_at=later), sweep)
    sweep()

    assert errors == []
    assert set(Reminder.objects.values_list("due_at", "armed_for")) == {(later - 2 * HOUR, later)}
    starts = Notification.objects.filter(kind="reminder").values_list("starts_at", flat=True)
    assert set(starts) <= {at + HOUR}


def test_sweep_against_subscribing_and_leaving_counts_right(
    make_event: MakeEvent, subscribers: list[User], at: datetime
) -> None:
    event = make_event(starts_at=at + HOUR)
    staying, leaving = subscribers[:10], subscribers[10:]
    for user in leaving:
        subscribe(event, actor=user, at=at, leads=[120])

    errors = run_at_once(
        sweep,
        *[lambda user=user: subscribe(event, actor=user, at=database_now(), leads=[120]) for user in staying],
        *[lambda user=user: unsubscribe(event, actor=user) for user in leaving],
        sweep,
    )
    sweep()

    assert errors == []
    assert Event.objects.get().subscriber_count == Subscription.objects.count() == len(staying)
    recipients = [recipient for recipient, _ in inbox()]
    assert len(recipients) == len(set(recipients))
    assert {user.pk for user in staying} <= set(recipients)


def test_sweep_against_deletion_notifies_and_purges(
    make_event: MakeEvent, organiser: User, subscribers: list[User], at: datetime
) -> None:
    event = make_event(starts_at=at + HOUR)
    for user in subscribers:
        subscribe(event, actor=user, at=at, leads=[120])

    errors = run_at_once(sweep, lambda: delete_event(event, actor=organiser, at=database_now()), sweep)
    sweep()

    assert errors == []
    assert not Event.objects.exists()
    assert [row for row in inbox() if row[1] == "cancelled"] == [(user.pk, "cancelled") for user in subscribers]


@pytest.mark.parametrize("attempt", range(3))
def test_subscriber_who_joins_while_the_event_is_cancelled_is_notified(
    make_event: MakeEvent, organiser: User, subscribers: list[User], at: datetime, attempt: int
) -> None:
    event = make_event()
    subscribe(event, actor=subscribers.pop(), at=at)  # without a subscriber nothing would be announced

    comings = [lambda user=user: subscribe(event, actor=user, at=at) for user in subscribers]
    errors = run_at_once(*comings[:10], lambda: cancel_event(event, actor=organiser, at=at), *comings[10:])
    sweep()

    assert {getattr(error, "code", error) for error in errors} <= {"cancelled"}
    assert inbox() == sorted((user, "cancelled") for user in Subscription.objects.values_list("user", flat=True))


def test_edits_at_once_of_different_fields_all_stay(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    event = make_event()
    edits = {"headline": "Recital", "description": "Strings.", "location": "Rome", "state": "private"}

    errors = run_at_once(
        *[
            lambda name=name, value=value: update_event(event, actor=organiser, at=at, **{name: value})
            for name, value in edits.items()
        ]
    )

    assert errors == []
    assert Event.objects.values(*edits, "revision").get() == edits | {"revision": len(edits)}


def test_edits_at_once_of_one_revision_are_refused_but_for_one(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event()

    errors = run_at_once(
        *[
            lambda number=number: update_event(
                event, actor=organiser, at=at, expected_revision=0, headline=f"Concert {number}"
            )
            for number in range(5)
        ]
    )

    assert [getattr(error, "code", error) for error in errors] == ["revision_mismatch"] * 4
    assert Event.objects.get().revision == 1


def test_subscribing_twice_at_once_is_refused_once(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    event = make_event()

    errors = run_at_once(*[lambda: subscribe(event, actor=subscriber, at=at)] * 5)

    assert [error.code for error in errors if isinstance(error, Refusal)] == ["already_subscribed"] * 4
    assert len(errors) == 4
    assert Event.objects.get().subscriber_count == Subscription.objects.count() == 1


def test_quota_of_events_holds_when_many_are_posted_at_once(organiser: User, at: datetime, settings: Any) -> None:
    settings.MAX_EVENTS_PER_USER = 3

    errors = run_at_once(*[lambda: create_event(actor=organiser, at=at, headline="Concert", starts_at=at + HOUR)] * 8)

    assert [error.code for error in errors if isinstance(error, Refusal)] == ["quota_exceeded"] * 5
    assert (len(errors), Event.objects.count()) == (5, 3)


def test_quota_of_subscriptions_holds_when_many_are_made_at_once(
    make_event: MakeEvent, subscriber: User, at: datetime, settings: Any
) -> None:
    settings.MAX_SUBSCRIPTIONS_PER_USER = 2
    events = [make_event() for _ in range(6)]

    errors = run_at_once(*[lambda event=event: subscribe(event, actor=subscriber, at=at) for event in events])

    assert [error.code for error in errors if isinstance(error, Refusal)] == ["quota_exceeded"] * 4
    assert (len(errors), Subscription.objects.count()) == (4, 2)


def test_refresh_token_used_many_times_at_once_is_accepted_once(organiser: User, at: datetime) -> None:
    pair = open_api_session(organiser, at=at)
    accepted: list[Any] = []

    errors = run_at_once(*[lambda: accepted.append(refresh_api_session(pair.refresh, at=at))] * 10)

    assert (len(accepted), [getattr(error, "code", error) for error in errors]) == (1, ["invalid_token"] * 9)
    assert not organiser.api_sessions.live().exists()


@pytest.mark.parametrize("fate", [Fate.CANCEL, Fate.DELETE])
def test_two_staff_who_suspend_during_sweeps_leave_no_event_and_notify_everybody_once(
    make_event: MakeEvent, organiser: User, subscribers: list[User], at: datetime, fate: Fate
) -> None:
    events = [make_event(starts_at=at + 9 * HOUR) for _ in range(6)]
    for event in events:
        for user in subscribers[:3]:
            subscribe(event, actor=user, at=at, leads=[10])

    errors = run_at_once(
        lambda: suspend_organiser(organiser, at=database_now(), fate=Fate.CANCEL),
        sweep,
        lambda: suspend_organiser(organiser, at=database_now(), fate=fate),
        lambda: make_event(at=database_now(), starts_at=at + 9 * HOUR),
        lambda: report_event(events[-1], actor=subscribers[0], at=database_now(), reason="spam"),
        lambda: subscribe(events[0], actor=subscribers[3], at=database_now()),
        sweep,
    )
    sweep()

    assert [error for error in errors if not isinstance(error, (Refusal, Event.DoesNotExist))] == []
    assert not Event.objects.owned_by(organiser).to_be_cancelled(at).exists()
    assert not PendingCancellation.objects.exists()
    notified = list(Notification.objects.filter(recipient__in=subscribers[:3]).values_list("recipient", "kind"))
    assert sorted(notified) == sorted((user.pk, "cancelled") for user in subscribers[:3] for _ in events)
