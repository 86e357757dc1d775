"""Test that the sweep sends what is due, to the right people, once."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from events.models import Announcement, Event, Reminder
from events.services import announce, cancel_event, delete_event, set_leads, subscribe, unsubscribe, update_event
from notifications.delivery import batches, reminding, sweeper
from notifications.delivery.sweeper import sweep
from notifications.models import Heartbeat, Notification
from tests.makers import MakeEvent, MakeUser
from tests.notifications.delivery.sweeps import inbox_of, sweep_at

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def pushed(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Collect the users who would be pushed to. feed/test_sockets.py tests the push itself on a real Valkey."""
    calls: list[set[int]] = []

    def push_new(user_ids: Collection[int], *, at: datetime) -> None:
        if user_ids:
            calls.append(set(user_ids))

    monkeypatch.setattr(sweeper.push, "push_new", push_new)
    return calls


def reminder_source(event: Event, lead: int) -> str:
    return f"reminder:{event.pk}:{lead}:{int(event.starts_at.timestamp())}"


def test_reminder_arrives_at_its_time_and_not_before(
    make_event: MakeEvent, subscriber: User, at: datetime, pushed: list[set[int]]
) -> None:
    event = make_event(location="Rome", time_zone="Europe/Rome")
    subscribe(event, actor=subscriber, at=at, leads=[60])
    due_at = event.starts_at - HOUR

    sweep_at(due_at - SECOND)
    assert inbox_of(subscriber) == []
    sweep_at(due_at)

    row = Notification.objects.get()
    assert inbox_of(subscriber) == [("reminder", reminder_source(event, 60))]
    assert (row.event, row.headline, row.starts_at) == (event, "Concert", event.starts_at)
    assert (row.time_zone, row.location, row.lead, row.detail) == ("Europe/Rome", "Rome", 60, {})
    assert (row.created_at, row.read_at) == (due_at, None)
    assert pushed == [{subscriber.pk}]


@pytest.mark.parametrize("all_day", [True, False])
def test_notifications_know_whether_the_event_is_all_day(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime, all_day: bool
) -> None:
    midnight = at.replace(hour=0, minute=0, second=0) + timedelta(days=3)
    event = make_event(starts_at=midnight, ends_at=midnight + timedelta(days=1), all_day=all_day)
    subscribe(event, actor=subscriber, at=at, leads=[60])
    announce(event, actor=organiser, at=at, message="Bring a chair")

    sweep_at(midnight + 9 * HOUR if all_day else midnight - HOUR)

    assert list(Notification.objects.values_list("all_day", flat=True)) == [all_day, all_day]


def test_reminder_is_sent_once_however_many_sweeps_run(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60])
    due_at = event.starts_at - HOUR

    reports = [sweep_at(due_at + n * SECOND)["deliver_reminders"] for n in range(3)]

    assert reports == [1, 0, 0]
    assert Notification.objects.count() == 1


def test_reminder_is_sent_once_after_unsubscribing_and_subscribing_again(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event()
    due_at = event.starts_at - HOUR
    for _ in range(2):
        subscribe(event, actor=subscriber, at=due_at, leads=[60])
        sweep_at(due_at)
        unsubscribe(event, actor=subscriber)

    assert inbox_of(subscriber) == [("reminder", reminder_source(event, 60))]


def test_notified_at_is_stamped_by_the_first_reminder_and_cleared_when_a_new_start_is_announced(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60, 10])
    for lead in (60, 10):
        sweep_at(event.starts_at - timedelta(minutes=lead))

    event.refresh_from_db()
    assert (event.notified_at, event.revision, event.updated_at) == (event.starts_at - HOUR, 0, at)
    update_event(event, actor=organiser, at=at, starts_at=event.starts_at + HOUR)
    event.refresh_from_db()
    assert event.notified_at is not None
    sweep_at(at + MINUTE)
    event.refresh_from_db()
    assert event.notified_at is None


def test_late_subscriber_is_reminded_at_once(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    event = make_event(starts_at=at + HOUR / 2)
    subscribe(event, actor=subscriber, at=at, leads=[1440, 60, 10])

    sweep_at(at)

    assert inbox_of(subscriber) == [("reminder", reminder_source(event, 60))]


def test_reminder_of_a_begun_event_is_missed_and_counted(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60])

    report = sweep_at(event.starts_at)

    assert (report["missed"], inbox_of(subscriber)) == (1, [])
    assert Heartbeat.objects.get().missed_count == 1
    assert not Reminder.objects.filter(due_at__isnull=False).exists()


def test_reminder_is_sent_until_a_second_before_the_start(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60])

    sweep_at(event.starts_at - SECOND)

    assert len(inbox_of(subscriber)) == 1


@pytest.mark.parametrize("end", [cancel_event, delete_event])
def test_reminder_of_a_cancelled_or_deleted_event_is_never_sent(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime, end: Callable[..., Any]
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60])
    end(event, actor=organiser, at=at)

    sweep_at(event.starts_at - HOUR)

    assert [kind for kind, _ in inbox_of(subscriber)] == ["cancelled"]


def test_cancelled_event_has_no_reminders_to_come_after_the_next_sweep(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60])
    cancel_event(event, actor=organiser, at=at)

    sweep_at(at)

    assert Reminder.objects.get().due_at is None


def test_notification_of_a_new_start_is_the_reminder_of_the_leads_that_have_passed(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event(time_zone="Europe/Rome")
    subscribe(event, actor=subscriber, at=at, leads=[60])

    event = update_event(event, actor=organiser, at=at, starts_at=at + HOUR / 2)
    sweep_at(at)

    announcement = Announcement.objects.get()
    assert inbox_of(subscriber) == [("rescheduled", f"announcement:{announcement.pk}")]
    row = Notification.objects.get(kind="rescheduled")
    assert row.detail == {"before": announcement.before, "after": announcement.after, "text": ""}
    assert (row.starts_at, row.lead) == (event.starts_at, None)


def test_reminder_sent_before_a_reschedule_is_sent_again_for_the_new_start(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60])
    sweep_at(event.starts_at - HOUR)

    event = update_event(event, actor=organiser, at=event.starts_at - HOUR, starts_at=event.starts_at + 24 * HOUR)
    sweep_at(event.starts_at - 25 * HOUR + MINUTE)
    sweep_at(event.starts_at - HOUR)

    assert [kind for kind, _ in inbox_of(subscriber)] == ["reminder", "rescheduled", "reminder"]


def test_reminder_that_is_due_is_moved_and_not_sent_if_the_start_has_moved_silently(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    """The sweep reads the due rows before they have been moved."""
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60])
    due_at = event.starts_at - HOUR
    moved = {"starts_at": event.starts_at + 24 * HOUR, "over_at": event.starts_at + 24 * HOUR, "ends_at": None}
    Event.objects.update(**moved)

    reminding.deliver_reminders(at=due_at, busy=set())

    assert inbox_of(subscriber) == []
    assert Reminder.objects.get().due_at == event.starts_at + 23 * HOUR


def test_announcement_reaches_those_who_were_subscribed_then_and_still_are(
    make_event: MakeEvent, make_user: MakeUser, organiser: User, at: datetime
) -> None:
    event = make_event()
    stayed, left, late = (make_user(name) for name in ("stayed", "left", "late"))
    for user in (stayed, left):
        subscribe(event, actor=user, at=at, leads=[])
    announcement = announce(event, actor=organiser, at=at, message="Bring shoes")
    unsubscribe(event, actor=left)
    subscribe(event, actor=late, at=at, leads=[])

    sweep_at(at)

    assert inbox_of(stayed) == [("message", f"announcement:{announcement.pk}")]
    assert inbox_of(left) == inbox_of(late) == []
    assert Notification.objects.get().detail["text"] == "Bring shoes"


def test_announcement_waits_for_its_window(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[])
    update_event(event, actor=organiser, at=at, location="Milan")

    sweep_at(at + 59 * SECOND)
    assert inbox_of(subscriber) == []
    sweep_at(at + 60 * SECOND)
    assert [kind for kind, _ in inbox_of(subscriber)] == ["relocated"]


def test_fan_outs_go_on_in_chunks_and_end(
    make_event: MakeEvent,
    make_user: MakeUser,
    organiser: User,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    pushed: list[set[int]],
) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 2)
    event = make_event(starts_at=at + HOUR)
    users = [make_user(f"user{number}") for number in range(5)]
    for user in users:
        subscribe(event, actor=user, at=at, leads=[120])
    announce(event, actor=organiser, at=at, message="Hello")

    report = sweep_at(at)

    assert [[kind for kind, _ in inbox_of(user)] for user in users] == [["message", "reminder"]] * 5
    assert report["deliver_reminders"] == 5
    assert sorted(len(batch) for batch in pushed) == [1, 1, 2, 2, 2, 2]
    assert not Announcement.objects.filter(due_at__isnull=False).exists()


def test_changed_leads_replace_the_reminders_that_were_planned(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscription = subscribe(event, actor=subscriber, at=at, leads=[60])
    set_leads(subscription, at=at, leads=[30])

    sweep_at(event.starts_at - HOUR)
    assert inbox_of(subscriber) == []
    sweep_at(event.starts_at - HOUR / 2)
    assert inbox_of(subscriber) == [("reminder", reminder_source(event, 30))]


def test_heartbeat_is_written_every_ten_seconds_at_most(at: datetime) -> None:
    swept = []
    for seconds in (0, 9, 10):
        sweep_at(at + seconds * SECOND)
        swept.append(Heartbeat.objects.get().swept_at)

    assert swept == [at, at, at + 10 * SECOND]


def test_sweep_asks_the_same_queries_however_many_events_wait(
    make_event: MakeEvent, subscriber: User, at: datetime, django_assert_num_queries: Any
) -> None:
    sweep_at(at)
    for _ in range(3):
        subscribe(make_event(), actor=subscriber, at=at, leads=[60])

    with django_assert_num_queries(20):
        sweep_at(at)


def test_large_delivery_costs_the_same_queries_as_a_small_one(
    make_event: MakeEvent,
    make_user: MakeUser,
    at: datetime,
    django_assert_num_queries: Any,
) -> None:
    sweep_at(at)
    for size in (1, 3):
        event = make_event(starts_at=at + HOUR)
        for number in range(size):
            subscribe(event, actor=make_user(f"user{size}-{number}"), at=at, leads=[60])
        with django_assert_num_queries(8):
            reminding.deliver_reminders(at=at, busy=set())


@pytest.mark.parametrize(("seconds", "wakes"), [(0, 2), (1, 3)])
def test_large_batches_wake_the_feed_once_a_second_and_at_the_end(
    make_event: MakeEvent,
    make_user: MakeUser,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
    wakes: int,
) -> None:
    """There are three batches, all at once or a second apart."""
    monkeypatch.setattr(batches, "BATCH_SIZE", 2)
    monkeypatch.setattr(sweeper.push, "MAX_PUSHED_RECIPIENTS", 1)
    woken: list[int] = []
    monkeypatch.setattr(sweeper.push, "wake_feed", lambda: woken.append(1))
    event = make_event(starts_at=at + HOUR)
    for number in range(6):
        subscribe(event, actor=make_user(f"user{number}"), at=at, leads=[120])
    reads = iter(range(1000))

    sweep(clock=lambda: at + next(reads) // len(sweeper.STEPS) * seconds * SECOND)

    assert len(woken) == wakes
