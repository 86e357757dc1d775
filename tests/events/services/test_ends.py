"""Test that lists find events by what is recorded of their times, and that the record follows the times."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import User
from events.models import Event
from events.querysets import LENGTHS, length_class
from events.services import correct_ends, record_ends, update_event
from events.services.ends import RECORDED_AFTER
from notifications.delivery.sweeper import sweep
from tests.makers import MakeEvent

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def recorded(event: Event) -> tuple[bool, int | None]:
    event.refresh_from_db()
    return event.has_ended, event.length_class


def correct_and_close(at: datetime) -> int:
    """Correct the records from another thread."""
    try:
        return correct_ends(at=at)
    finally:
        connection.close()


def test_end_is_recorded_an_hour_after_it(make_event: MakeEvent) -> None:
    event = make_event()

    record_ends(at=event.over_at + RECORDED_AFTER - SECOND)
    before = recorded(event)
    count = record_ends(at=event.over_at + RECORDED_AFTER)

    assert (before, recorded(event), count) == ((False, 0), (True, 0), 1)
    assert record_ends(at=event.over_at + RECORDED_AFTER) == 0


def test_event_that_an_edit_moves_to_the_future_is_upcoming_at_once(
    make_event: MakeEvent, organiser: User, at: datetime
) -> None:
    event = make_event()
    later = event.over_at + 2 * HOUR
    record_ends(at=later)

    update_event(event, actor=organiser, at=later, starts_at=later + DAY)

    assert list(Event.objects.upcoming(later)) == [event]


def test_edit_that_moves_no_end_keeps_the_record(make_event: MakeEvent, organiser: User, at: datetime) -> None:
    event = make_event()
    later = event.over_at + 2 * HOUR
    record_ends(at=later)

    update_event(event, actor=organiser, at=later, headline="Encore")

    assert recorded(event) == (True, 0)


@pytest.mark.parametrize("starts_in", [2 * DAY, -2 * HOUR])
def test_event_that_a_previous_version_has_moved_or_prolonged_is_upcoming_after_a_sweep(
    make_event: MakeEvent, starts_in: timedelta
) -> None:
    event = make_event()
    later = event.over_at + 2 * HOUR
    record_ends(at=later)
    Event.objects.update(starts_at=later + starts_in, ends_at=later + 3 * DAY, over_at=later + 3 * DAY)

    sweep(clock=lambda: later)

    assert list(Event.objects.upcoming(later)) == [event]
    assert recorded(event) == (False, length_class(3 * DAY - starts_in))


def test_event_that_a_previous_version_has_prolonged_is_in_months_at_the_end_of_an_upgrade(
    make_event: MakeEvent, at: datetime
) -> None:
    event = make_event(starts_at=at + SECOND)
    record_ends(at=at + 2 * HOUR)
    Event.objects.update(ends_at=at + 2 * DAY, over_at=at + 2 * DAY)

    call_command("refresh_search")

    assert list(Event.objects.spanning(at + DAY)) == list(Event.objects.upcoming(at + 2 * HOUR)) == [event]
    assert recorded(event) == (False, 3)
    assert correct_ends(at=at + 2 * HOUR) == 0


@pytest.mark.django_db(transaction=True)
def test_event_that_is_locked_at_the_end_of_an_upgrade_is_corrected_as_well(make_event: MakeEvent) -> None:
    event = make_event()
    later = event.over_at + 2 * HOUR
    record_ends(at=later)
    Event.objects.update(ends_at=later + DAY, over_at=later + DAY)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Event.objects.select_for_update().get(pk=event.pk)
            correcting = pool.submit(correct_and_close, later)
            time.sleep(0.5)  # so that it waits; if it came later, it would correct the event as well

        assert correcting.result() == 1
    assert list(Event.objects.upcoming(later)) == [event]


def test_clock_that_was_ahead_hides_no_event_once_it_is_right(make_event: MakeEvent, at: datetime) -> None:
    event = make_event()
    record_ends(at=at + 9 * DAY)

    record_ends(at=at)

    assert list(Event.objects.upcoming(at)) == [event]


@pytest.mark.parametrize(("length", "number"), [(LENGTHS[3], 3), (LENGTHS[3] + SECOND, 4), (2 * LENGTHS[-1], 8)])
def test_length_is_recorded_when_an_event_is_posted_and_for_previous_versions(
    make_event: MakeEvent, at: datetime, length: timedelta, number: int
) -> None:
    event = make_event(starts_at=at + DAY, ends_at=at + DAY + length)
    posted = recorded(event)
    Event.objects.update(length_class=None)

    record_ends(at=at)

    assert (posted, recorded(event), length_class(length)) == ((False, number), (False, number), number)


@pytest.mark.parametrize(("year", "month"), [(1001, 1), (9998, 3)])
def test_lengths_are_recorded_in_the_first_and_the_last_year_that_events_can_have(
    make_event: MakeEvent, at: datetime, year: int, month: int
) -> None:
    starts_at = datetime(year, month, 1, tzinfo=UTC)
    event = make_event(at=starts_at - DAY, starts_at=starts_at, ends_at=datetime(year, 12, 31, tzinfo=UTC))
    posted = recorded(event)[1]

    corrected = correct_ends(at=at)
    Event.objects.update(length_class=None)
    record_ends(at=at)

    assert (corrected, recorded(event)[1]) == (0, posted)


def test_events_that_have_ended_are_past_whether_it_is_recorded_or_not(make_event: MakeEvent) -> None:
    event = make_event()
    later = event.over_at + 2 * HOUR

    for _ in range(2):
        assert list(Event.objects.past(later)) == [event]
        assert not Event.objects.upcoming(later)
        record_ends(at=later)
