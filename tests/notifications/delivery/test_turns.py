"""Test that an event with many batches lets other events have their turn."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import User
from events.models import Event
from events.services import announce, subscribe
from notifications.delivery import batches, sweeper
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.makers import MakeEvent, MakeUser

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 2)
    monkeypatch.setattr(sweeper.push, "push_new", lambda user_ids, at: None)


@pytest.fixture
def make_subscribed(make_event: MakeEvent, make_user: MakeUser, at: datetime) -> Callable[[str, int, int], Event]:
    """Post an event of this name with so many subscribers, whose reminders fall due so many seconds after `at`."""

    def make(name: str, subscribers: int, seconds: int) -> Event:
        event = make_event(headline=name, starts_at=at + HOUR + seconds * SECOND)
        for number in range(subscribers):
            subscribe(event, actor=make_user(f"{name}{number}"), at=at, leads=[60])
        return event

    return make


def delivered_events() -> str:
    """Return the events of the notifications, in the order in which they were written."""
    return "".join(Notification.objects.order_by("pk").values_list("headline", flat=True))


def test_small_event_is_delivered_between_the_batches_of_a_large_one(
    make_subscribed: Callable[[str, int, int], Event], at: datetime
) -> None:
    make_subscribed("a", 6, 0)
    make_subscribed("b", 1, 1)

    sweep(clock=lambda: at + SECOND)

    assert delivered_events() == "aabaaaa"


def test_turn_goes_on_past_every_large_event(make_subscribed: Callable[[str, int, int], Event], at: datetime) -> None:
    make_subscribed("a", 4, 0)
    make_subscribed("b", 4, 1)
    make_subscribed("c", 1, 2)

    sweep(clock=lambda: at + 2 * SECOND)

    assert delivered_events() == "aabbcaabb"


def test_small_events_get_a_turn_each_second(make_subscribed: Callable[[str, int, int], Event], at: datetime) -> None:
    make_subscribed("a", 8, 0)
    make_subscribed("b", 1, 1)
    make_subscribed("c", 1, 2)
    reads = iter(range(1000))

    def clock() -> datetime:
        """Half a second passes in each round."""
        return at + SECOND + next(reads) // len(sweeper.STEPS) * SECOND / 2

    sweep(clock=clock)

    assert delivered_events() == "aabaaaacaa"


def test_message_of_a_small_event_is_sent_between_the_batches_of_a_large_one(
    make_subscribed: Callable[[str, int, int], Event], organiser: User, at: datetime
) -> None:
    for event in (make_subscribed("a", 6, HOUR.seconds), make_subscribed("b", 1, HOUR.seconds)):
        announce(event, actor=organiser, at=at, message="Bring a chair")

    sweep(clock=lambda: at)

    assert delivered_events() == "aabaaaa"
