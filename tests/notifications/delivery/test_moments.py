"""Test the moments at which the sweep reminds of whole days and of the start itself, and until when it may be late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from events.models import Event, Reminder
from events.services import announce, subscribe, update_event
from notifications.models import Notification
from tests.makers import MakeEvent
from tests.notifications.delivery.sweeps import inbox_of, sweep_at

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def leads_of(user: User) -> list[tuple[datetime, int | None]]:
    """Return when each notification in the user's inbox was written, and for which lead."""
    return list(Notification.objects.owned_by(user).order_by("id").values_list("created_at", "lead"))


@pytest.fixture
def festival(make_event: MakeEvent) -> Event:
    """Two whole days in Rome, on the first of which the clocks go back."""
    return make_event(
        starts_at=datetime(2030, 10, 27, tzinfo=UTC),
        ends_at=datetime(2030, 10, 28, 12, tzinfo=UTC),
        all_day=True,
        time_zone="Europe/Rome",
    )


def every_hour(first: datetime, last: datetime) -> Iterator[datetime]:
    while first <= last:
        yield first
        first += HOUR


def test_whole_days_are_reminded_of_at_nine_of_their_zone_and_never_at_midnight(
    festival: Event, subscriber: User, at: datetime
) -> None:
    subscribe(festival, actor=subscriber, at=at, leads=[2000, 1440, 60, 0])

    for moment in every_hour(datetime(2030, 10, 25, tzinfo=UTC), datetime(2030, 10, 28, tzinfo=UTC)):
        sweep_at(moment)

    days = [moment for moment, _ in leads_of(subscriber)]
    assert set(days) == {datetime(2030, 10, 26, 7, tzinfo=UTC), datetime(2030, 10, 27, 8, tzinfo=UTC)}


def test_reminder_of_whole_days_is_sent_until_the_first_of_them_ends(
    festival: Event, subscriber: User, stranger: User, at: datetime
) -> None:
    second_day = datetime(2030, 10, 27, 23, tzinfo=UTC)
    subscribe(festival, actor=subscriber, at=at, leads=[0])
    sweep_at(second_day - SECOND)
    subscribe(festival, actor=stranger, at=at, leads=[0])

    report = sweep_at(second_day)

    assert leads_of(subscriber) == [(second_day - SECOND, 0)]
    assert (report["missed"], leads_of(stranger)) == (1, [])


def test_reminder_at_the_start_is_sent_from_then_on_for_ten_minutes(
    make_event: MakeEvent, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[0])
    subscribe(event, actor=stranger, at=at, leads=[1])

    sweep_at(event.starts_at - 2 * MINUTE)
    assert (leads_of(subscriber), leads_of(stranger)) == ([], [])
    report = sweep_at(event.starts_at + 10 * MINUTE - SECOND)

    assert leads_of(subscriber) == [(event.starts_at + 10 * MINUTE - SECOND, 0)]
    assert (report["missed"], leads_of(stranger)) == (1, [])


def test_reminder_at_the_start_is_missed_after_ten_minutes(
    make_event: MakeEvent, subscriber: User, at: datetime
) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[0])

    report = sweep_at(event.starts_at + 10 * MINUTE)

    assert (report["missed"], leads_of(subscriber)) == (1, [])


def test_whoever_subscribes_to_what_is_under_way_gets_changes_and_messages(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    event = make_event(ends_at=at + timedelta(days=3))
    begun = event.starts_at + HOUR
    subscribe(event, actor=subscriber, at=begun, leads=[1440, 0])

    announce(event, actor=organiser, at=begun, message="The band is late")
    update_event(event, actor=organiser, at=begun, location="Next door")
    sweep_at(begun + HOUR)

    assert [kind for kind, _ in inbox_of(subscriber)] == ["message", "relocated"]


def test_reminder_of_whole_days_that_the_previous_version_armed_for_midnight_moves_to_nine(
    festival: Event, subscriber: User, at: datetime
) -> None:
    midnight = festival.starts_at - timedelta(days=1)
    subscribe(festival, actor=subscriber, at=at, leads=[1440])
    Reminder.objects.update(due_at=midnight)

    sweep_at(midnight)

    assert inbox_of(subscriber) == []
    assert Reminder.objects.get().due_at == midnight + 9 * HOUR


def test_reminder_of_whole_days_is_not_sent_again_after_their_zone_has_changed(
    festival: Event, organiser: User, subscriber: User, at: datetime
) -> None:
    """It was sent at nine in Rome. In New York it is nine six hours later, on the same date."""
    subscribe(festival, actor=subscriber, at=at, leads=[1440, 60])
    nine = datetime(2030, 10, 26, 7, tzinfo=UTC)
    sweep_at(nine)

    update_event(festival, actor=organiser, at=nine, time_zone="America/New_York")
    for moment in every_hour(nine, nine + timedelta(days=2)):
        sweep_at(moment)

    assert inbox_of(subscriber) == [
        ("reminder", f"reminder:{festival.pk}:1:2030-10-27"),
        ("reminder", f"reminder:{festival.pk}:0:2030-10-27"),
    ]
    assert [moment for moment, _ in leads_of(subscriber)] == [nine, datetime(2030, 10, 27, 13, tzinfo=UTC)]


def test_leads_of_whole_days_that_fall_due_at_one_moment_are_one_reminder(
    festival: Event, subscriber: User, at: datetime
) -> None:
    subscribe(festival, actor=subscriber, at=at, leads=[60, 10, 1439])

    sweep_at(festival.starts_at + 10 * HOUR)

    assert leads_of(subscriber) == [(festival.starts_at + 10 * HOUR, 10)]
    assert not Reminder.objects.exclude(due_at=None).exists()
