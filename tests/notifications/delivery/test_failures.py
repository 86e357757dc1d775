"""Test that a failure in a sweep delays only the event or the account that failed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.services import request_deletion
from events.models import Event, Reminder
from events.services import announce, cancel_event, subscribe
from notifications.delivery import announcing, batches, cleanup, reminding, settling, sweeper
from notifications.delivery.sweeper import sweep
from notifications.models import Heartbeat, Notification
from tests.makers import MakeEvent, MakeUser
from tests.notifications.delivery.sweeps import sweep_at

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def delivered_headlines() -> list[str]:
    return sorted(Notification.objects.values_list("headline", flat=True))


def test_announcement_that_fails_does_not_hold_up_the_next_one(
    make_event: MakeEvent, subscriber: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for headline in ("Broken", "Sound"):
        event = make_event(headline=headline)
        subscribe(event, actor=subscriber, at=at)
        cancel_event(event, actor=event.author, at=at)
    insert = announcing.insert_announcement_notifications

    def insert_unless_broken(recipients: Any, announcement: Any, **options: Any) -> None:
        if announcement.event.headline == "Broken":
            raise ValueError("broken")
        insert(recipients, announcement, **options)

    monkeypatch.setattr(announcing, "insert_announcement_notifications", insert_unless_broken)
    report = sweep_at(at)
    assert (report["deliver_announcements"], report["failed"], delivered_headlines()) == (1, 1, ["Sound"])
    monkeypatch.undo()
    sweep_at(at)
    assert delivered_headlines() == ["Broken", "Sound"]


def test_announcement_that_fails_does_not_hold_up_the_reminders_of_its_event(
    make_event: MakeEvent, subscriber: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event(starts_at=at + HOUR)
    subscribe(event, actor=subscriber, at=at, leads=[60])
    announce(event, actor=event.author, at=at, message="Bring a coat.")
    monkeypatch.setattr(announcing, "insert_announcement_notifications", lambda *args, **options: 1 / 0)

    sweep_at(at)

    assert [row.kind for row in Notification.objects.all()] == ["reminder"]


def test_reminder_that_fails_does_not_hold_up_those_of_other_events(
    make_event: MakeEvent, subscriber: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [make_event(headline=f"Event {number}", starts_at=at + HOUR) for number in range(5)]
    for event in events:
        subscribe(event, actor=subscriber, at=at, leads=[60])
    broken = Reminder.objects.get(event=events[3]).pk
    insert = reminding.insert_reminder_notifications

    def insert_unless_broken(reminder_ids: list[int], **options: Any) -> None:
        if broken in reminder_ids:
            raise ValueError("broken")
        insert(reminder_ids, **options)

    monkeypatch.setattr(reminding, "insert_reminder_notifications", insert_unless_broken)
    report = sweep_at(at)

    assert (report["deliver_reminders"], report["failed"]) == (4, 1)
    assert delivered_headlines() == ["Event 0", "Event 1", "Event 2", "Event 4"]


def test_step_that_fails_does_not_stop_the_steps_after_it(
    make_event: MakeEvent, organiser: User, stranger: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel_event(make_event(), actor=organiser, at=at)
    request_deletion(stranger, at=at)
    monkeypatch.setattr(settling, "settle_chunk", lambda *args, **options: 1 / 0)

    sweep_at(at)

    assert not User.objects.filter(pk=stranger.pk).exists()


def test_account_whose_deletion_fails_does_not_hold_up_the_next_one(
    organiser: User, stranger: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in (organiser, stranger):
        request_deletion(user, at=at)
    purge = cleanup.purge_user
    monkeypatch.setattr(cleanup, "purge_user", lambda user: 1 / 0 if user == organiser else purge(user))

    sweep_at(at)

    assert list(User.objects.all()) == [organiser]


def test_two_sweeps_at_once_delete_an_account_without_stumbling(
    make_event: MakeEvent, organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_event()
    request_deletion(organiser, at=at)
    delete = cleanup.delete_event

    def delete_after_another_sweep(event: Event, **options: Any) -> None:
        monkeypatch.undo()
        sweep_at(at)
        delete(event, **options)

    monkeypatch.setattr(cleanup, "delete_event", delete_after_another_sweep)
    sweep_at(at)

    assert not User.objects.exists()


def test_event_that_was_held_is_tried_again_within_a_long_sweep(
    make_event: MakeEvent, subscriber: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three events are cancelled. The first is locked during the first round, and each round takes a second."""
    for number in range(3):
        event = make_event(headline=f"Event {number}")
        subscribe(event, actor=subscriber, at=at)
        cancel_event(event, actor=event.author, at=at)

    def hold_once(event_id: int, **options: Any) -> batches.Batch:
        monkeypatch.undo()
        return batches.Batch(busy={event_id})

    monkeypatch.setattr(announcing, "_deliver_announcement", hold_once)
    moments = (at + n * SECOND for n in range(100))
    sweep(clock=lambda: next(moments))

    assert delivered_headlines() == ["Event 0", "Event 1", "Event 2"]


def test_heartbeat_is_written_during_a_long_sweep(
    make_event: MakeEvent, make_user: MakeUser, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 1)
    event = make_event()
    for number in range(3):
        subscribe(event, actor=make_user(f"user{number}"), at=at)
    cancel_event(event, actor=event.author, at=at)
    moments = iter(range(1000))
    beats: set[datetime | None] = set()

    def clock() -> datetime:
        beats.update(Heartbeat.objects.values_list("swept_at", flat=True))
        return at + next(moments) * sweeper.HEARTBEAT_INTERVAL

    sweep(clock=clock)

    rounds = next(moments) // len(sweeper.STEPS)
    assert len(beats) == rounds - 1 > 2  # the heartbeat of the last round is not seen
