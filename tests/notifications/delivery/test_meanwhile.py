"""Test changes to an event after a sweep has read its due reminders and before it locks the event."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from events.models import Event, Reminder
from events.services import cancel_event, delete_event, set_leads, subscribe, unsubscribe, update_event
from notifications.delivery import announcing, batches, reminding
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MERGE = timedelta(seconds=60)


@pytest.fixture
def due_event(make_event: MakeEvent, subscriber: User, at: datetime) -> Event:
    """Return an event in an hour, for which the subscriber's reminder is due."""
    event = make_event(starts_at=at + HOUR)
    subscribe(event, actor=subscriber, at=at, leads=[60])
    return event


@pytest.fixture
def deliver_after(monkeypatch: pytest.MonkeyPatch, at: datetime) -> Callable[..., batches.Batch]:
    """Deliver what is due, and run an action once it has been read."""

    def deliver(happen: Callable[[], Any]) -> batches.Batch:
        attempt = reminding.attempt

        def attempt_after(work: Callable[[], batches.Batch], **options: Any) -> batches.Batch:
            monkeypatch.undo()
            happen()
            return attempt(work, **options)

        monkeypatch.setattr(reminding, "attempt", attempt_after)
        return reminding.deliver_reminders(at=at, busy=set())

    return deliver


def test_reminder_that_is_put_off_meanwhile_waits_for_its_new_time(
    due_event: Event, organiser: User, at: datetime, deliver_after: Callable[..., batches.Batch]
) -> None:
    def put_off() -> None:
        update_event(due_event, actor=organiser, at=at, starts_at=at + 25 * HOUR)
        announcing.deliver_announcements(at=at + MERGE, busy=set())

    deliver_after(put_off)

    assert Notification.objects.get().kind == "rescheduled"
    assert Reminder.objects.get().due_at == at + 24 * HOUR


def test_reminder_waits_if_a_change_that_was_made_before_it_fell_due_is_saved_meanwhile(
    due_event: Event, organiser: User, at: datetime, deliver_after: Callable[..., batches.Batch]
) -> None:
    batch = deliver_after(lambda: update_event(due_event, actor=organiser, at=at, location="Milan"))

    assert not Notification.objects.exists()
    assert Reminder.objects.get().due_at == at
    assert batch.busy == {due_event.pk}


def test_reminder_that_fell_due_before_a_change_says_what_was_known_then(
    due_event: Event, organiser: User, at: datetime, deliver_after: Callable[..., batches.Batch]
) -> None:
    def change() -> None:
        update_event(due_event, actor=organiser, at=at + HOUR / 60, location="Milan", starts_at=at + 25 * HOUR)

    deliver_after(change)

    reminder = Notification.objects.get()
    assert (reminder.kind, reminder.location, reminder.starts_at) == ("reminder", "", at + HOUR)


@pytest.mark.parametrize("end", [cancel_event, delete_event])
def test_reminder_of_an_event_that_ends_meanwhile_is_not_sent(
    due_event: Event,
    organiser: User,
    at: datetime,
    end: Callable[..., Any],
    deliver_after: Callable[..., batches.Batch],
) -> None:
    deliver_after(lambda: end(due_event, actor=organiser, at=at))

    assert not Notification.objects.exists()
    assert Reminder.objects.get().due_at is None


def test_subscriber_who_leaves_meanwhile_is_not_reminded(
    due_event: Event, subscriber: User, deliver_after: Callable[..., batches.Batch]
) -> None:
    batch = deliver_after(lambda: unsubscribe(due_event, actor=subscriber))

    assert not Notification.objects.exists()
    assert (batch.handled, batch.recipients) == (0, set())


def test_subscriber_who_changes_leads_meanwhile_is_not_reminded_by_the_old_ones(
    due_event: Event, at: datetime, deliver_after: Callable[..., batches.Batch]
) -> None:
    deliver_after(lambda: set_leads(due_event.subscriptions.get(), at=at, leads=[30]))

    assert not Notification.objects.exists()


def test_others_are_reminded_and_pushed_to_when_one_leaves_meanwhile(
    due_event: Event, subscriber: User, stranger: User, at: datetime, deliver_after: Callable[..., batches.Batch]
) -> None:
    subscribe(due_event, actor=stranger, at=at, leads=[60])

    batch = deliver_after(lambda: unsubscribe(due_event, actor=subscriber))

    assert Notification.objects.get().recipient == stranger
    assert batch.recipients == {stranger.pk}
    assert Event.objects.get().notified_at == at


def test_batch_that_another_sweep_delivered_meanwhile_is_not_counted_again(
    due_event: Event, at: datetime, deliver_after: Callable[..., batches.Batch]
) -> None:
    batch = deliver_after(lambda: sweep(clock=lambda: at))

    assert Notification.objects.count() == 1
    assert (batch.handled, batch.recipients) == (0, set())
