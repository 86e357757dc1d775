"""Test concurrent actions of people and sweeps on one event, for many events at once."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from config.database import database_now
from config.errors import Refusal
from events.models import Announcement, Event, Reminder
from events.services import cancel_event, create_event, delete_event, subscribe, unsubscribe, update_event
from notifications.delivery.sweeper import sweep
from notifications.feed import push
from notifications.models import Notification
from tests.faults.rounds import rounds
from tests.makers import MakeUser

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

RACES = rounds(60, 1_000)
SWEEPERS = 2
DRIVERS = 6
SUBSCRIBERS = 3
# Longer than the time until the start, so that reminders fall due as soon as somebody subscribes.
LEADS = [120]
FIRST_START = timedelta(minutes=30)
SECOND_START = timedelta(days=1)
DEEDS = ["nothing", "reschedule", "cancel", "delete"]


@dataclass
class Race:
    """One event, those who were subscribed, came, left or did both meanwhile, and what the organiser did."""

    deed: str
    event: Event
    subscribers: list[User]
    came: User
    left: User
    flapping: User
    has_come: bool = field(default=False, init=False)

    @property
    def staying(self) -> list[User]:
        return [*self.subscribers, self.flapping, *([self.came] if self.has_come else [])]

    @property
    def everybody(self) -> list[User]:
        return [*self.subscribers, self.flapping, self.came, self.left]

    def possible(self, user: User) -> list[list[str]]:
        """Return the kinds that the user may have received, in order: each once, and no reminder after the change."""
        end = {"reschedule": "rescheduled", "cancel": "cancelled", "delete": "cancelled"}.get(self.deed)
        if user == self.came and not self.has_come:
            return [[]]
        if end is None:
            return [[], ["reminder"]] if user == self.left else [["reminder"]]
        with_end = [[end], ["reminder", end]]
        if user == self.left:
            return [[], ["reminder"], *with_end]
        # Somebody who came after the move needs no notification; somebody in an event that ended came before that.
        came_later = user == self.came and self.deed == "reschedule" and self._came_after_the_change()
        return [[]] if came_later else with_end

    def _came_after_the_change(self) -> bool:
        change = self.event.announcements.get(kind="rescheduled")
        return self.came.subscriptions.get(event=self.event).pk > change.last_subscription_id

    def come(self) -> None:
        """Subscribe somebody, unless the event is gone by then."""
        try:
            subscribe(self.event, actor=self.came, at=database_now(), leads=LEADS)
        except (Refusal, Event.DoesNotExist):
            return
        self.has_come = True

    def leave(self) -> None:
        unsubscribe(self.event, actor=self.left)

    def flap(self) -> None:
        """Unsubscribe somebody and subscribe them again."""
        for _ in range(3):
            unsubscribe(self.event, actor=self.flapping)
            subscribe(self.event, actor=self.flapping, at=database_now(), leads=LEADS)

    def act(self) -> None:
        organiser, at = self.event.author, database_now()
        if self.deed == "reschedule":
            update_event(self.event, actor=organiser, at=at, starts_at=self.event.starts_at + SECOND_START)
        elif self.deed == "cancel":
            cancel_event(self.event, actor=organiser, at=at)
        elif self.deed == "delete":
            delete_event(self.event, actor=organiser, at=at)

    def actions(self) -> list[Callable[[], None]]:
        # Subscribing again to a cancelled event would be refused, so this happens only where nothing else does.
        return [self.come, self.leave, self.act if self.deed != "nothing" else self.flap]


def run_in_pool(pool: ThreadPoolExecutor, action: Callable[[], Any]) -> "Future[Any]":
    def run() -> Any:
        try:
            return action()
        finally:
            connection.close()

    return pool.submit(run)


@contextmanager
def sweeping(pool: ThreadPoolExecutor) -> Iterator[None]:
    """Sweep without a pause, in several threads. Their errors fail the test."""
    stop = threading.Event()

    def sweep_on() -> None:
        while not stop.is_set():
            assert sweep()["failed"] == 0

    running = [run_in_pool(pool, sweep_on) for _ in range(SWEEPERS)]
    try:
        yield
    finally:
        stop.set()
    for each in running:
        each.result()


def count_deadlocks() -> int:
    """Return how many deadlocks MariaDB has had. Each used up one of a caller's few retries. SQLite has none."""
    if connection.vendor != "mysql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
        [(_, count)] = cursor.fetchall()
    return int(count)


def test_inboxes_are_as_promised_whatever_raced_what(
    make_user: MakeUser, organiser: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MAX_EVENTS_PER_USER = settings.MAX_SUBSCRIPTIONS_PER_USER = 10 * RACES
    monkeypatch.setattr(push, "push_new", lambda *args, **options: None)
    *subscribers, came, left, flapping = (make_user(f"person{number}") for number in range(SUBSCRIBERS + 3))

    def prepare(number: int) -> Race:
        at = database_now()
        event = create_event(
            actor=organiser, at=at, headline=str(number), starts_at=at + FIRST_START, state=Event.State.PUBLIC
        )
        for user in [*subscribers, left, flapping]:
            subscribe(event, actor=user, at=at, leads=LEADS)
        return Race(DEEDS[number % len(DEEDS)], event, subscribers, came, left, flapping)

    deadlocks_before = count_deadlocks()
    with ThreadPoolExecutor(DRIVERS + SWEEPERS) as pool, sweeping(pool):
        races = [each.result() for each in [run_in_pool(pool, partial(prepare, number)) for number in range(RACES)]]
        actions = [action for race in races for action in random.sample(race.actions(), 3)]
        for each in [run_in_pool(pool, action) for action in actions]:
            each.result()
    sweep()

    for race in races:
        check(race)
        check_rows(race)
    assert count_deadlocks() == deadlocks_before
    assert not Reminder.objects.due(database_now()).exists()
    assert not Announcement.objects.due(database_now()).exists()


def check(race: Race) -> None:
    """Compare everybody's inbox with what they must, may and must not have received about this event."""
    kinds: dict[User, list[str]] = {user: [] for user in race.everybody}
    for row in Notification.objects.filter(headline=race.event.headline).order_by("pk"):
        kinds[row.recipient].append(row.kind)

    for user, received in kinds.items():
        assert received in race.possible(user)


def check_rows(race: Race) -> None:
    """Compare what is still to be sent about this event with what should be."""
    event = Event.objects.filter(pk=race.event.pk).first()
    if race.deed == "delete":
        assert event is None
        return
    assert event
    assert {each.user for each in event.subscriptions.select_related("user")} == set(race.staying)
    assert event.subscriber_count == len(race.staying)
    due_at = event.starts_at - timedelta(minutes=LEADS[0]) if race.deed == "reschedule" else None
    reminders = Reminder.objects.filter(event=event).values_list("due_at", "armed_for")
    assert list(reminders) == [(due_at, event.starts_at)] * len(race.staying)
