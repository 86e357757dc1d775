"""Test that the local times of events stay when the rules of their time zones change.

Older rules put Rome an hour further ahead of UTC: `by_older_rules` moves what was posted to the instants that they say.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.zones import RULES_VERSION
from events.models import Event
from events.querysets import length_class
from events.services import apply_zone_rules, cancel_event, local_times, subscribe, update_event
from events.services.local_times import Times, has_local_times
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
EVENING = datetime(2030, 12, 6, 17, tzinfo=UTC)  # 18:00 in Rome
OLDER, LATER = "2020a", "2099z"


def by_older_rules(event: Event, *, shift: timedelta = -HOUR) -> Event:
    """Move an event to the instants that its local times had by older rules, and return it as it is then."""
    event.starts_at += shift
    event.ends_at = event.ends_at + shift if event.ends_at else None
    event.over_at += shift
    event.zone_rules, event.local_times_of = OLDER, str(Times.of(event))
    event.save()
    return Event.objects.get(pk=event.pk)


def follow(*events: Event, at: datetime) -> int:
    """Let the events follow the rules of this process as the sweep does, and read them again."""
    rows = [Event.objects.get(pk=event.pk) for event in events]
    moved = apply_zone_rules(rows, at=at)
    for event in events:
        event.refresh_from_db()
    return moved


def local(event: Event) -> tuple[str, str]:
    return tuple(f"{each:%Y-%m-%d %H:%M}" if each else "" for each in (event.starts_local, event.ends_local))  # type: ignore[return-value]  # there are two


# -------------------------------------------------------------------------------------------------------- storing them


def test_local_times_are_stored_with_an_event(make_event: MakeEvent) -> None:
    event = make_event(starts_at=EVENING, ends_at=EVENING + 2 * HOUR, time_zone="Europe/Rome")

    event.refresh_from_db()
    assert local(event) == ("2030-12-06 18:00", "2030-12-06 20:00")
    assert event.zone_rules == RULES_VERSION
    assert has_local_times(event)


def test_local_times_of_whole_days_are_midnights_also_where_the_clocks_skip_them(make_event: MakeEvent) -> None:
    """In Cairo, summer time begins at midnight."""
    event = make_event(starts_at=datetime(2030, 4, 26, 12, tzinfo=UTC), all_day=True, time_zone="Africa/Cairo")

    assert event.starts_at == datetime(2030, 4, 25, 22, tzinfo=UTC)
    assert local(event) == ("2030-04-26 00:00", "2030-04-27 00:00")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"starts_at": EVENING + HOUR}, ("2030-12-06 19:00", "2030-12-06 20:00")),
        ({"ends_at": EVENING + 3 * HOUR}, ("2030-12-06 18:00", "2030-12-06 21:00")),
        ({"ends_at": None}, ("2030-12-06 18:00", "")),
        ({"time_zone": "Europe/London"}, ("2030-12-06 17:00", "2030-12-06 19:00")),
        ({"all_day": True}, ("2030-12-06 00:00", "2030-12-07 00:00")),
        ({"headline": "Opera"}, ("2030-12-06 18:00", "2030-12-06 20:00")),
    ],
)
def test_local_times_follow_an_edit(
    make_event: MakeEvent, organiser: User, at: datetime, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    event = make_event(starts_at=EVENING, ends_at=EVENING + 2 * HOUR, time_zone="Europe/Rome")

    event = update_event(event, actor=organiser, at=at, **changes)

    event.refresh_from_db()
    assert local(event) == expected
    assert has_local_times(event)


def test_cancelling_keeps_local_times_valid(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    assert has_local_times(cancel_event(make_event(starts_at=EVENING), actor=organiser, at=at))


# ------------------------------------------------------------------------------------------------------- other rules


def test_other_rules_move_the_instants_and_not_the_local_times(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = by_older_rules(make_event(starts_at=EVENING, ends_at=EVENING + 2 * HOUR, time_zone="Europe/Rome"))

    assert follow(event, at=at) == 1

    assert (event.starts_at, event.ends_at, event.over_at) == (EVENING, EVENING + 2 * HOUR, EVENING + 2 * HOUR)
    assert local(event) == ("2030-12-06 18:00", "2030-12-06 20:00")
    assert (event.zone_rules, event.revision, event.updated_at) == (RULES_VERSION, 1, at)
    assert has_local_times(event)


def test_other_rules_that_prolong_an_event_leave_it_in_months(make_event: MakeEvent, at: datetime) -> None:
    event = make_event(starts_at=EVENING, ends_at=EVENING + 5 * HOUR, time_zone="Europe/Rome")
    event.starts_at += HOUR  # older rules end summer time between the start and the end
    event.zone_rules, event.local_times_of, event.length_class = OLDER, str(Times.of(event)), length_class(4 * HOUR)
    event.save()

    assert follow(event, at=at) == 1

    assert list(Event.objects.spanning(event.over_at)) == [event]


@pytest.mark.parametrize("shift", [-HOUR, HOUR])
def test_whole_days_stay_the_same_days(make_event: MakeEvent, at: datetime, shift: timedelta) -> None:
    posted = make_event(
        starts_at=datetime(2030, 12, 6, 9, tzinfo=UTC),
        ends_at=datetime(2030, 12, 8, 9, tzinfo=UTC),
        all_day=True,
        time_zone="Europe/Rome",
    )
    event = by_older_rules(posted, shift=shift)

    assert follow(event, at=at) == 1

    assert (event.first_day, event.last_day) == (date(2030, 12, 6), date(2030, 12, 8))
    assert event.starts_at == datetime(2030, 12, 5, 23, tzinfo=UTC)


def test_rules_that_say_the_same_change_nothing_but_the_version(make_event: MakeEvent, at: datetime) -> None:
    event = make_event(starts_at=EVENING, time_zone="Europe/Rome")
    Event.objects.update(zone_rules=OLDER)
    before = Event.objects.values().get()

    assert follow(event, at=at) == 0

    assert Event.objects.values().get() == before | {"zone_rules": RULES_VERSION}


def test_second_of_two_equal_local_times_stays_where_it_is(make_event: MakeEvent, at: datetime) -> None:
    """In Rome it was 02:30 at 00:30 and at 01:30 UTC."""
    event = make_event(starts_at=datetime(2030, 10, 27, 1, 30, tzinfo=UTC), time_zone="Europe/Rome")
    Event.objects.update(zone_rules=OLDER)

    assert local(event) == ("2030-10-27 02:30", "")
    assert follow(event, at=at) == 0


def test_time_that_the_clocks_skip_by_other_rules_takes_the_offset_before(make_event: MakeEvent, at: datetime) -> None:
    """In Rome the clocks skip the time from 02:00 to 03:00 on 31 March 2030."""
    event = make_event(starts_at=datetime(2030, 3, 31, 1, 10, tzinfo=UTC), time_zone="Europe/Rome")
    event.starts_local = datetime(2030, 3, 31, 2, 30)
    event.ends_at, event.ends_local = event.starts_at + HOUR / 2, datetime(2030, 3, 31, 3, 0)
    event.zone_rules, event.local_times_of = OLDER, str(Times.of(event))
    event.over_at = event.ends_at
    event.save()

    assert follow(event, at=at) == 1

    assert f"{event.local_starts_at:%H:%M}" == "03:30"
    # The end would come before that, so it keeps its distance.
    assert event.ends_at == event.starts_at + HOUR / 2
    assert local(event) == ("2030-03-31 02:30", "2030-03-31 03:00")


def test_moved_event_has_its_reminders_moved_by_the_next_step(
    make_event: MakeEvent, subscriber: User, organiser: User, at: datetime
) -> None:
    event, without = (by_older_rules(make_event(starts_at=EVENING, time_zone="Europe/Rome")) for _ in range(2))
    cancelled = by_older_rules(make_event(starts_at=EVENING, time_zone="Europe/Rome"))
    subscribe(event, actor=subscriber, at=at)
    subscribe(cancelled, actor=subscriber, at=at)
    Event.objects.filter(pk=cancelled.pk).update(cancelled_at=at)

    assert follow(event, without, cancelled, at=at) == 3

    assert [each.rearm_cursor for each in (event, without, cancelled)] == [0, None, None]


def test_events_cost_the_same_queries_however_many_there_are(
    make_event: MakeEvent, at: datetime, django_assert_num_queries: Any
) -> None:
    for count in (1, 3):
        events = [by_older_rules(make_event(starts_at=EVENING, time_zone="Europe/Rome")) for _ in range(count)]
        with django_assert_num_queries(1):
            assert apply_zone_rules(events, at=at) == count


# --------------------------------------------------------------------------------- hosts and versions beside each other


def test_host_with_older_rules_changes_nothing_by_an_edit_of_something_else(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    """For such a host the midnights are not midnights; widening to whole days would add one."""
    event = by_older_rules(make_event(starts_at=EVENING, all_day=True, time_zone="Europe/Rome"))
    Event.objects.update(zone_rules=LATER)
    before = Event.objects.values("starts_at", "ends_at", "over_at", "zone_rules", "starts_local", "ends_local").get()

    update_event(event, actor=organiser, at=at, headline="Opera")

    assert Event.objects.values(*before).get() == before


def test_host_with_older_rules_that_changes_the_end_keeps_the_local_start(
    make_event: MakeEvent, organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event(starts_at=EVENING, ends_at=EVENING + HOUR, time_zone="Europe/Rome")
    Event.objects.update(starts_local="2030-12-06 17:00+00:00", zone_rules=LATER)

    event = update_event(event, actor=organiser, at=at, ends_at=EVENING + 2 * HOUR)

    assert local(event) == ("2030-12-06 17:00", "2030-12-06 20:00")
    assert event.zone_rules == RULES_VERSION
    monkeypatch.setattr(local_times, "RULES_VERSION", LATER)
    event = update_event(event, actor=organiser, at=at, ends_at=EVENING + 3 * HOUR)
    # The start was determined by older rules, so the whole event is still to follow the later ones.
    assert event.zone_rules == RULES_VERSION


def test_zone_of_whole_days_changes_by_their_dates_and_not_by_what_older_rules_make_of_them(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = by_older_rules(make_event(starts_at=EVENING, all_day=True, time_zone="Europe/Rome"))

    event = update_event(event, actor=organiser, at=at, time_zone="UTC")

    assert (event.first_day, event.last_day) == (date(2030, 12, 6), date(2030, 12, 6))


def test_local_times_of_what_a_previous_version_has_posted_are_stored(make_event: MakeEvent, at: datetime) -> None:
    event = make_event(starts_at=EVENING, time_zone="Europe/Rome")
    Event.objects.update(starts_local=None, ends_local=None, zone_rules="", local_times_of="")
    before = Event.objects.values("starts_at", "ends_at", "revision", "updated_at", "rearm_cursor").get()

    assert follow(event, at=at) == 0

    assert (local(event), event.zone_rules) == (("2030-12-06 18:00", ""), RULES_VERSION)
    assert Event.objects.values(*before).get() == before


def test_event_that_a_previous_version_has_moved_is_not_moved_back(make_event: MakeEvent, at: datetime) -> None:
    event = make_event(starts_at=EVENING, time_zone="Europe/Rome")
    moved = EVENING + 24 * HOUR
    Event.objects.update(starts_at=moved, over_at=moved, zone_rules=OLDER)

    assert follow(event, at=at) == 0

    assert (event.starts_at, local(event)) == (moved, ("2030-12-07 18:00", ""))


@pytest.mark.parametrize(("all_day", "cursor"), [(True, 0), (False, None)])
def test_reminders_of_whole_days_that_a_previous_version_has_armed_are_to_be_moved(
    make_event: MakeEvent, subscriber: User, at: datetime, all_day: bool, cursor: int | None
) -> None:
    event = make_event(starts_at=EVENING, all_day=all_day)
    subscribe(event, actor=subscriber, at=at)
    Event.objects.update(starts_local=None, ends_local=None, zone_rules="", local_times_of="")

    follow(event, at=at)

    assert event.rearm_cursor == cursor


# --------------------------------------------------------------------------------------------- which events it concerns


def test_events_that_await_later_rules_are_those_to_come_of_older_rules(
    make_event: MakeEvent, organiser: User, subscriber: User, at: datetime
) -> None:
    events = {name: make_event(headline=name) for name in ("older", "same", "later", "over", "deleted", "changing")}
    versions = {"same": RULES_VERSION, "later": LATER}
    subscribe(events["changing"], actor=subscriber, at=at)
    update_event(events["changing"], actor=organiser, at=at, location="Next door")
    for name, event in events.items():
        Event.objects.filter(pk=event.pk).update(zone_rules=versions.get(name, OLDER))
    Event.objects.filter(headline="over").update(over_at=at, starts_at=at)
    Event.objects.filter(headline="deleted").update(deleted_at=at)

    awaiting = Event.objects.awaiting_zone_rules(RULES_VERSION, at=at)

    assert [event.headline for event in awaiting] == ["older"]
    assert {event.headline for event in Event.objects.awaiting_zone_rules(RULES_VERSION, at=at - HOUR)} == {
        "older",
        "over",
    }
