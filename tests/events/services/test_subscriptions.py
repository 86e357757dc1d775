"""Test subscribing, leads, late reminders and re-arming."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from events.exceptions import (
    AlreadySubscribed,
    EventCancelled,
    EventIsDraft,
    EventOver,
    InvalidLeads,
    OwnEvent,
    QuotaExceeded,
)
from events.models import Announcement, Event, Reminder, Subscription
from events.services import (
    Announced,
    cancel_event,
    follow_change,
    planned_reminders,
    set_leads,
    subscribe,
    unsubscribe,
    update_event,
)
from events.services.announcements import material_facts
from events.services.reminders import settle_chunk
from events.starts import Start
from tests.makers import MakeEvent, MakeUser

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def pending(event: Event) -> dict[int, datetime | None]:
    """Return the due times of the event's reminders by lead."""
    return dict(Reminder.objects.filter(event=event).values_list("lead", "due_at"))


def test_subscribe_takes_the_users_own_default_leads(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    subscriber.default_leads = [60, 10]
    subscriber.save()
    event = make_event()

    subscription = subscribe(event, actor=subscriber, at=at)

    assert subscription.leads == [60, 10]
    assert pending(event) == {60: event.starts_at - 60 * MINUTE, 10: event.starts_at - 10 * MINUTE}
    assert Event.objects.get().subscriber_count == 1


def test_subscribe_takes_the_default_leads_that_were_saved_meanwhile(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    """The profile was saved during the request, so its user object still has the previous defaults."""
    User.objects.filter(pk=subscriber.pk).update(default_leads=[10])

    assert subscribe(make_event(), actor=subscriber, at=at).leads == [10]


def test_subscribe_without_leads_means_changes_only(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    event = make_event()

    assert subscribe(event, actor=subscriber, at=at, leads=[]).leads == []
    assert pending(event) == {}


def test_subscribe_late_catches_up_with_the_smallest_passed_lead(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event(starts_at=at + 30 * MINUTE)

    subscribe(event, actor=subscriber, at=at, leads=[1440, 60, 30, 10])

    assert pending(event) == {1440: None, 60: None, 30: at, 10: at + 20 * MINUTE}


@pytest.mark.parametrize(
    "leads",
    [[-1], [43_201], [1_000_000], list(range(1, 12)), [60, 60], ["60"], [1.5], [True], "60", {"60": 1}],
)
def test_subscribe_refuses_leads_that_are_none(
    make_event: MakeEvent, subscriber: User, at: datetime, leads: Any
) -> None:
    with pytest.raises(InvalidLeads):
        subscribe(make_event(), actor=subscriber, at=at, leads=leads)

    assert not Subscription.objects.exists()


@pytest.mark.parametrize("leads", [[0], [43_200], list(range(10))])
def test_subscribe_takes_leads_at_the_limits(
    make_event: MakeEvent, subscriber: User, at: datetime, leads: list[int]
) -> None:
    event = make_event(starts_at=at + timedelta(days=60))

    assert sorted(subscribe(event, actor=subscriber, at=at, leads=leads).leads) == leads


def test_subscribe_is_refused_for_own_draft_cancelled_over_and_twice(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    with pytest.raises(AlreadySubscribed):
        subscribe(event, actor=subscriber, at=at)
    with pytest.raises(OwnEvent):
        subscribe(event, actor=organiser, at=at)
    with pytest.raises(EventIsDraft):
        subscribe(make_event(state="draft"), actor=subscriber, at=at)
    with pytest.raises(EventCancelled):
        subscribe(cancel_event(make_event(), actor=organiser, at=at), actor=subscriber, at=at)
    with pytest.raises(EventOver):
        subscribe(make_event(), actor=subscriber, at=event.starts_at)
    assert Event.objects.get(pk=event.pk).subscriber_count == Subscription.objects.count() == 1


def test_subscribe_is_possible_until_a_second_before_the_end(
    make_event: MakeEvent, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event(ends_at=at + timedelta(days=3))

    assert subscribe(event, actor=subscriber, at=event.over_at - timedelta(seconds=1)).pk
    with pytest.raises(EventOver):
        subscribe(event, actor=stranger, at=event.over_at)


def test_subscribe_to_what_is_under_way_has_no_reminders_to_come(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event(ends_at=at + timedelta(days=3))

    subscribe(event, actor=subscriber, at=event.starts_at, leads=[1440, 60])

    assert pending(event) == {1440: None, 60: None}


@pytest.mark.parametrize("leads", [[1440], [60], [2880, 1440, 60, 10]])
def test_subscribe_on_a_whole_days_first_day_reminds_at_nine_and_not_later(
    make_event: MakeEvent, subscriber: User, stranger: User, leads: list[int]
) -> None:
    event = make_event(starts_at=datetime(2030, 12, 4, tzinfo=UTC), all_day=True)
    nine = event.starts_at + timedelta(hours=9)

    subscribe(event, actor=subscriber, at=nine - timedelta(seconds=1), leads=leads)
    subscribe(event, actor=stranger, at=nine, leads=leads)

    early, late = (Reminder.objects.filter(subscription__user=user) for user in (subscriber, stranger))
    assert set(early.exclude(due_at=None).values_list("due_at", flat=True)) == {nine}
    assert set(late.values_list("due_at", flat=True)) == {None}


def test_subscribe_beyond_the_quota_of_events_not_over_is_refused(
    make_event: MakeEvent, subscriber: User, at: datetime, settings: Any
) -> None:
    settings.MAX_SUBSCRIPTIONS_PER_USER = 1
    first = make_event(starts_at=at + timedelta(hours=1))
    subscribe(first, actor=subscriber, at=at)
    with pytest.raises(QuotaExceeded):
        subscribe(make_event(), actor=subscriber, at=at)

    assert subscribe(make_event(), actor=subscriber, at=first.over_at).pk


def test_unsubscribe_ends_the_reminders_and_is_idempotent(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at)

    assert unsubscribe(event, actor=subscriber)
    assert not unsubscribe(event, actor=subscriber)
    assert pending(event) == {}
    assert Event.objects.get().subscriber_count == 0


def test_set_leads_keeps_what_stays_and_voids_what_has_passed(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event(starts_at=at + 120 * MINUTE)
    subscription = subscribe(event, actor=subscriber, at=at, leads=[60, 10])
    kept = Reminder.objects.get(lead=60).pk

    subscription = set_leads(subscription, at=at, leads=[60, 30, 1440])

    assert pending(event) == {60: event.starts_at - 60 * MINUTE, 30: event.starts_at - 30 * MINUTE, 1440: None}
    assert Reminder.objects.get(lead=60).pk == kept


def test_set_leads_of_a_cancelled_event_arms_nothing(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscription = subscribe(event, actor=subscriber, at=at, leads=[])
    cancel_event(event, actor=organiser, at=at)

    set_leads(subscription, at=at, leads=[60])

    assert pending(event) == {60: None}


def test_planned_reminders_of_a_begun_event_are_all_void(at: datetime) -> None:
    assert planned_reminders(start=Start(at, all_day=False, time_zone="UTC"), leads=[60, 10], at=at) == {
        60: None,
        10: None,
    }


def test_new_start_rearms_pending_and_sent_reminders_and_leads_that_have_passed_are_void(
    make_event: MakeEvent, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=3))
    subscribe(event, actor=subscriber, at=at, leads=[1440, 60])
    subscribe(event, actor=stranger, at=at, leads=[2880, 1440, 30])
    Reminder.objects.filter(lead=60).update(due_at=None)  # as if sent
    change = Announcement(event=event, kind=Announcement.Kind.RESCHEDULED, before=material_facts(event))
    event.starts_at = at + timedelta(hours=2)
    change.after = material_facts(event)

    ids = [each.pk for each in event.subscriptions.all()]
    follow_change(change, Announced(event, pending=[]), subscription_ids=ids, at=at)

    rows = Reminder.objects.order_by("subscription__user__username", "lead").values_list("lead", "due_at", "armed_for")
    assert [(lead, due_at) for lead, due_at, _ in rows] == [
        (30, at + 90 * MINUTE),
        (1440, None),
        (2880, None),
        (60, at + 60 * MINUTE),
        (1440, None),
    ]
    assert {armed_for for _, _, armed_for in rows} == {event.starts_at}


def test_start_that_moves_silently_moves_pending_reminders_and_leaves_sent_ones(
    make_event: MakeEvent, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=3))
    subscribe(event, actor=subscriber, at=at, leads=[1440, 60])
    subscribe(event, actor=stranger, at=at, leads=[2880, 1440, 30])
    Reminder.objects.filter(lead=60).update(due_at=None)  # as if sent
    Event.objects.update(starts_at=at + timedelta(hours=2), rearm_cursor=0)

    settle_chunk(Event.objects.get(), at=at, limit=100)

    rows = Reminder.objects.order_by("subscription__user__username", "lead").values_list("lead", "due_at", "armed_for")
    assert [(lead, due_at) for lead, due_at, _ in rows] == [
        (30, at + 90 * MINUTE),
        (1440, at),  # it has passed by the move, and 2880, too
        (2880, None),
        (60, None),
        (1440, at),
    ]
    assert {armed_for for _, _, armed_for in rows} == {at + timedelta(hours=2)}
    assert Event.objects.get().rearm_cursor is None


def test_silent_move_goes_on_where_the_last_chunk_ended(
    make_event: MakeEvent, make_user: MakeUser, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=3))
    for number in range(5):
        subscribe(event, actor=make_user(f"user{number}"), at=at, leads=[60])
    Event.objects.update(starts_at=at + timedelta(days=4), over_at=at + timedelta(days=4), rearm_cursor=0)
    event = Event.objects.get()

    handled = [len(settle_chunk(event, at=at, limit=2)) for _ in range(3)]

    assert handled == [2, 2, 1]
    assert event.rearm_cursor is None
    assert set(pending(event).values()) == {event.starts_at - 60 * MINUTE}


def test_reminders_of_somebody_who_subscribes_while_a_change_waits_are_for_the_announced_start(
    make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event(starts_at=at + timedelta(days=3))
    subscribe(event, actor=subscriber, at=at, leads=[])
    update_event(event, actor=organiser, at=at, starts_at=at + timedelta(days=4))

    subscription = subscribe(event, actor=stranger, at=at, leads=[60])
    set_leads(subscription, at=at, leads=[60, 30])

    assert set(Reminder.objects.values_list("armed_for", flat=True)) == {event.starts_at}


def test_settling_voids_the_reminders_of_a_cancelled_event(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60, 10])
    event = cancel_event(event, actor=organiser, at=at)

    settle_chunk(event, at=at, limit=100)

    assert pending(event) == {60: None, 10: None}
