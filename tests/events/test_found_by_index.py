"""Test that what is recorded of events' times never changes which events lists and months find."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from accounts.models import User
from events.models import Event
from events.querysets import LENGTHS, length_class
from events.services import correct_ends, record_ends

pytestmark = pytest.mark.django_db
AT = datetime(2027, 3, 28, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
UNHURRIED: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
# Around the boundaries: of the classes of lengths, and of the hour until the end is recorded.
STEPS = [timedelta(), SECOND, -SECOND]
lengths = strategies.builds(
    lambda length, step: max(length + step, timedelta()),
    strategies.sampled_from([timedelta(), *LENGTHS, 2 * LENGTHS[-1]]),
    strategies.sampled_from(STEPS),
)
moments = strategies.builds(lambda shift, sign: AT + sign * shift, lengths, strategies.sampled_from([-1, 1]))
# The start or the end of an event is near a boundary, and what is recorded.
facts = strategies.tuples(
    moments, lengths, strategies.booleans(), strategies.booleans(), strategies.none() | strategies.integers(0, 8)
)


def posted(every: list[tuple[datetime, timedelta, bool, bool, int | None]], owner: User) -> list[Event]:
    """Post events in place of the earlier ones, and return them in the order of their start."""
    Event.objects.all().delete()
    for moment, length, is_end, has_ended, number in every:
        starts_at = moment - length if is_end else moment
        Event.objects.create(
            author=owner,
            headline="Concert",
            starts_at=starts_at,
            ends_at=starts_at + length if length else None,
            over_at=starts_at + length,
            has_ended=has_ended,
            length_class=number,
            created_at=AT,
            updated_at=AT,
        )
    return list(Event.objects.order_by("starts_at", "id"))


def assert_found(events: list[Event], at: datetime) -> None:
    """Compare what is found with what the times alone say."""
    assert list(Event.objects.upcoming(at)) == [event for event in events if event.over_at > at]
    assert list(Event.objects.past(at).reverse()) == [event for event in events if event.over_at <= at]
    assert list(Event.objects.spanning(at)) == [event for event in events if event.starts_at < at <= event.over_at]


@settings(max_examples=50, **UNHURRIED)
@given(every=strategies.lists(facts, max_size=6), later=lengths)
def test_lists_find_the_same_whatever_is_recorded_already(organiser: User, every: list[Any], later: timedelta) -> None:
    events = posted(every, organiser)
    for event in events:
        event.has_ended = event.has_ended and event.over_at <= AT
        if event.length_class is not None:
            event.length_class = length_class(event.over_at - event.starts_at)
        event.save()

    assert_found(events, AT)
    record_ends(at=AT + later)
    assert_found(events, AT + later)


@settings(max_examples=50, **UNHURRIED)
@given(every=strategies.lists(facts, max_size=6))
def test_lists_find_the_same_after_an_upgrade_whatever_was_recorded(organiser: User, every: list[Any]) -> None:
    events = posted(every, organiser)

    correct_ends(at=AT)

    assert_found(events, AT)
    assert correct_ends(at=AT) == 0
