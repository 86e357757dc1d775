"""Test any order of actions by people, time, the sweep and crashes against the model in memory.

Hypothesis generates the orders. After each step the database must hold the inbox and the pending reminders of the
model; a sweep may be killed at any of its statements, or between a commit and the push.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Q
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from accounts.models import User
from config.errors import Refusal
from events.models import Announcement, EndedSubscription, Event, Reminder, Subscription
from events.services import (
    announce,
    cancel_event,
    create_event,
    delete_event,
    set_leads,
    subscribe,
    unsubscribe,
    update_event,
)
from events.services import events as event_services
from notifications.delivery import batches
from notifications.delivery.sweeper import sweep
from notifications.feed import push
from notifications.models import Heartbeat, Notification
from tests.faults.model import Facts, InboxRow, Model, Refused, Unit
from tests.faults.rounds import rounds
from tests.makers import MakeUser

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

STEPS = 40
EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
PEOPLE = 3
SLOTS = 2
# Values on both sides of each boundary: an hour, the merge window, leads.
SPANS = [1, 30, 59, 60, 61, 599, 600, 3_540, 3_599, 3_600, 3_601, 7_200, 86_400, 90_000]
LEADS = [0, 1, 2, 30, 59, 60, 61, 1_440]

user_numbers = strategies.integers(0, PEOPLE - 1)
slots = strategies.sampled_from([0, 0, 0, 1])
locations = strategies.sampled_from(["Rome", "Milan"])
spans = strategies.sampled_from(SPANS)
ends = strategies.sampled_from([None, 1, 3_600])
some_leads = strategies.lists(strategies.sampled_from(LEADS), unique=True, max_size=4)


class Killed(BaseException):
    """The process is gone: nothing catches this, and what is not committed is rolled back."""


def moment(seconds: int) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


def seconds(instant: datetime) -> int:
    return int((instant - EPOCH).total_seconds())


class Promise(RuleBasedStateMachine):
    organiser: User
    people: list[User]
    numbers: dict[int, int]  # user id -> index in `people`

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.now = 0
        self.rows: dict[int, Event] = {}
        self.starts: dict[int, list[int]] = {}
        self.current: dict[int, int] = {}
        self.texts = 0

    def teardown(self) -> None:
        for kind in (Notification, Event, Heartbeat):
            kind.objects.all().delete()

    # ------------------------------------------------------------------------------------------------- what people do

    @initialize(facts=strategies.data(), leads=strategies.lists(some_leads, min_size=PEOPLE, max_size=PEOPLE))
    def begin(self, facts: strategies.DataObject, leads: list[list[int]]) -> None:
        for slot in range(SLOTS):
            self.post(slot, *(facts.draw(each) for each in (spans, ends, locations)))
        for user in range(PEOPLE):
            self.subscribe(0, user, leads[user])

    @rule(slot=slots, span=spans, end=ends, location=locations)
    def post(self, slot: int, span: int, end: int | None, location: str) -> None:
        """Post an event in a slot whose event is over, so that few events have many changes and not many have few."""
        event = self.model.events.get(self.current.get(slot, -1))
        if event and event.takes_place and event.over > self.now:
            return
        number, start = len(self.rows), self.now + span
        facts = Facts(start, None if end is None else start + end, location)
        self.rows[number] = create_event(
            actor=self.organiser,
            at=moment(self.now),
            headline=str(number),
            starts_at=moment(start),
            ends_at=None if facts.end is None else moment(facts.end),
            location=location,
            state=Event.State.PUBLIC,
        )
        self.model.post(number, facts, at=self.now)
        self.starts[number] = [start]
        self.current[slot] = number

    @rule(slot=slots, user=user_numbers, leads=some_leads)
    def subscribe(self, slot: int, user: int, leads: list[int]) -> None:
        number = self.current[slot]
        self._both(
            lambda: subscribe(self.rows[number], actor=self.people[user], at=moment(self.now), leads=leads),
            lambda: self.model.subscribe(number, user, leads, at=self.now),
        )

    @rule(slot=slots, user=user_numbers)
    def unsubscribe(self, slot: int, user: int) -> None:
        number = self.current[slot]
        unsubscribe(self.rows[number], actor=self.people[user])
        self.model.unsubscribe(number, user)

    @rule(slot=slots, user=user_numbers, leads=some_leads)
    def choose_leads(self, slot: int, user: int, leads: list[int]) -> None:
        number = self.current[slot]

        def choose() -> None:
            owned = Subscription.objects.owned_by(self.people[user])
            set_leads(owned.get(event=self.rows[number]), at=moment(self.now), leads=leads)

        self._both(choose, lambda: self.model.set_leads(number, user, leads, at=self.now))

    @rule(slot=slots, data=strategies.data(), ends=strategies.booleans())
    def reschedule(self, slot: int, data: strategies.DataObject, ends: bool) -> None:
        event = self.model.events.get(number := self.current[slot])
        if event is None:
            return
        now, old, end = self.now, event.facts.start, event.facts.end
        fresh = [now + span for span in SPANS] + [old + span for span in (-60, -1, 1, 60)]
        start = data.draw(strategies.sampled_from(self.starts[number] + fresh))
        # The end is moved as well, or stays where it is.
        end = start + (end - old) if end is not None and ends else end
        self.starts[number].append(start)
        self._edit(number, Facts(start, end, event.facts.location))

    @rule(slot=slots, end=ends)
    def end_later(self, slot: int, end: int | None) -> None:
        if event := self.model.events.get(number := self.current[slot]):
            facts = event.facts
            self._edit(number, Facts(facts.start, None if end is None else facts.start + end, facts.location))

    @rule(slot=slots, location=locations)
    def relocate(self, slot: int, location: str) -> None:
        if event := self.model.events.get(number := self.current[slot]):
            self._edit(number, Facts(event.facts.start, event.facts.end, location))

    def _edit(self, number: int, facts: Facts) -> None:
        changes: dict[str, Any] = {
            "starts_at": moment(facts.start),
            "ends_at": None if facts.end is None else moment(facts.end),
            "location": facts.location,
        }
        self._both(
            lambda: update_event(self.rows[number], actor=self.organiser, at=moment(self.now), **changes),
            lambda: self.model.edit(number, facts, at=self.now),
        )

    @rule(slot=slots)
    def cancel(self, slot: int) -> None:
        number = self.current[slot]
        reason = self._text()
        self._both(
            lambda: cancel_event(self.rows[number], actor=self.organiser, at=moment(self.now), reason=reason),
            lambda: self.model.cancel(number, reason, at=self.now),
        )

    @rule(slot=slots)
    def delete(self, slot: int) -> None:
        number = self.current[slot]
        self._both(
            lambda: delete_event(self.rows[number], actor=self.organiser, at=moment(self.now)),
            lambda: self.model.delete(number, at=self.now),
        )

    @rule(user=user_numbers)
    def read(self, user: int) -> None:
        unread = Notification.objects.owned_by(self.people[user]).filter(read_at__isnull=True)
        unread.update(read_at=moment(self.now))
        self.model.read(user)

    @rule(slot=slots)
    def message(self, slot: int) -> None:
        number = self.current[slot]
        text = self._text()
        self._both(
            lambda: announce(self.rows[number], actor=self.organiser, at=moment(self.now), message=text),
            lambda: self.model.message(number, text, at=self.now),
        )

    def _text(self) -> str:
        self.texts += 1
        return f"text {self.texts}"

    def _both(self, act: Callable[[], Any], expect: Callable[[], Any]) -> None:
        """Do it, and have the model do it: both must succeed, or both must refuse it with the same code."""
        assert refusal_of(act) == refusal_of(expect)

    # ------------------------------------------------------------------------------------------------ what happens then

    @rule(span=spans)
    def wait(self, span: int) -> None:
        self.now += span

    @rule(slot=slots, data=strategies.data(), shift=strategies.integers(-1, 1))
    def wait_for_what_comes(self, slot: int, data: strategies.DataObject, shift: int) -> None:
        """Move the time to when something falls due, or to the second before or after."""
        event = self.model.events.get(self.current[slot])
        if event is None:
            return
        moments = {event.facts.start, event.over, *(each.due for each in event.announcements)}
        for subscription in event.subscriptions:
            moments |= {each.due for each in subscription.reminders.values() if each.due is not None}
        ahead = sorted({each + shift for each in moments if each + shift > self.now})
        if ahead:
            self.now = data.draw(strategies.sampled_from(ahead))

    @rule()
    def sweep(self) -> None:
        missed, known = self.model.missed, len(self.model.inbox)

        with pushes() as pushed:
            report = self._sweep()
        self.model.sweep(at=self.now)
        self.model.complete(at=self.now)
        purged = self.model.purgeable()
        for number in purged:
            self.model.purge(number)

        assert (report["failed"], report["missed"]) == (0, self.model.missed - missed)
        assert {self.people[row.user].pk for row in self.model.inbox[known:]} <= pushed
        assert not Event.objects.filter(headline__in=map(str, purged)).exists()

    @rule(statement=strategies.integers(0, 60))
    def sweep_killed_at_a_statement(self, statement: int) -> None:
        left = iter(range(statement))

        def kill(execute: Callable[..., Any], *args: Any) -> Any:
            if next(left, None) is None:
                raise Killed
            return execute(*args)

        self._sweep_killed(connection.execute_wrapper(kill))

    @rule()
    def sweep_killed_before_the_push(self) -> None:
        self._sweep_killed(pushes(kill=True))

    def _sweep(self) -> dict[str, int]:
        return sweep(clock=lambda: moment(self.now))

    def _sweep_killed(self, killing: AbstractContextManager[Any]) -> None:
        """Sweep until killed. Then the model does what was done, each unit completely or not at all."""
        with suppress(Killed), killing:
            self._sweep()
        connection.close()
        self.model.sweep(at=self.now, did=self._was_done)
        for number, event in list(self.model.events.items()):
            # The oldest are completed first.
            pending = Announcement.objects.pending().filter(event__headline=str(number)).count()
            del event.announcements[: len(event.announcements) - pending]
            if not Event.objects.filter(headline=str(number)).exists():
                self.model.purge(number)

    def _was_done(self, unit: Unit) -> bool:
        event, user = self.rows[unit.event.number], self.people[unit.user]
        if unit.row:
            identity = unit.row().identity
            written = Counter(each.identity for each in self._inbox().elements())
            return written[identity] > Counter(each.identity for each in self.model.inbox)[identity]
        if unit.kind == "leave":
            return not EndedSubscription.objects.unsettled().filter(event=event, user=user).exists()
        if unit.kind == "off":
            reminders = Notification.objects.filter(event=event, recipient=user, kind=Notification.Kind.REMINDER)
            return not reminders.filter(Q(superseded_at__isnull=True) | Q(has_later_reminder=True)).exists()
        assert unit.lead is not None
        return Reminder.objects.get(event=event, subscription__user=user, lead=unit.lead).due_at is None

    # ----------------------------------------------------------------------------------------------- what must be true

    @invariant()
    def inbox_is_as_promised(self) -> None:
        assert self._inbox() == Counter(self.model.inbox)

    @invariant()
    def events_are_as_left(self) -> None:
        live = {event.number: event for event in self.model.events.values() if not event.is_deleted}
        rows = Event.objects.live().values_list("headline", "subscriber_count")
        assert dict(rows) == {str(number): len(event.subscriptions) for number, event in live.items()}

    @invariant()
    def pending_reminders_are_as_promised(self) -> None:
        expected = {
            (str(event.number), subscription.user, lead): (reminder.due, reminder.armed_for)
            for event in self.model.events.values()
            if event.takes_place
            for subscription in event.subscriptions
            for lead, reminder in subscription.reminders.items()
        }
        of_live_events = Reminder.objects.filter(event__cancelled_at__isnull=True, event__deleted_at__isnull=True)
        rows = of_live_events.values_list("event__headline", "subscription__user_id", "lead", "due_at", "armed_for")
        assert {
            (headline, self.numbers[user_id], lead): (due_at and seconds(due_at), seconds(armed_for))
            for headline, user_id, lead, due_at, armed_for in rows
        } == expected

    def _inbox(self) -> Counter[InboxRow]:
        """Return the rows of the inbox in the form of the model."""
        return Counter(
            InboxRow(
                user=self.numbers[row.recipient_id],
                event=int(row.headline),
                kind=row.kind,
                written=seconds(row.created_at),
                start=seconds(row.starts_at),
                location=row.location,
                lead=row.lead,
                before=facts_of(row.detail.get("before")),
                after=facts_of(row.detail.get("after")),
                text=row.detail.get("text", ""),
                superseded=row.superseded_at is not None,
                outdone=row.has_later_reminder,
                is_read=row.read_at is not None,
            )
            for row in Notification.objects.all()
        )


def refusal_of(action: Callable[[], Any]) -> str | None:
    """Do it, and return the code of its refusal, if it is refused."""
    try:
        action()
    except Refusal as refusal:
        return refusal.code
    except ObjectDoesNotExist:
        return "missing"
    except Refused as refused:
        return str(refused)
    return None


def facts_of(detail: dict[str, Any] | None) -> Facts | None:
    """Return the facts before or after a change in an announcement; None if it contains none."""
    if not detail:
        return None
    start, end = (
        value and seconds(datetime.fromisoformat(value)) for value in (detail["starts_at"], detail["ends_at"])
    )
    return Facts(start, end, detail["location"])


@contextmanager
def pushes(*, kill: bool = False) -> Iterator[set[int]]:
    """Collect the ids of the users who are pushed to, or die there."""
    pushed: set[int] = set()

    def collect(user_ids: Collection[int], *, at: datetime) -> None:
        if kill and user_ids:
            raise Killed
        pushed.update(user_ids)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "push_new", collect)
        yield pushed


def test_everybody_is_notified_once_as_promised(
    make_user: MakeUser, organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So small that a few people need several batches.
    monkeypatch.setattr(batches, "BATCH_SIZE", 2)
    monkeypatch.setattr(event_services, "PURGE_CHUNK", 2)
    monkeypatch.setattr(push, "push_new", lambda *args, **options: None)
    Promise.organiser = organiser
    Promise.people = [make_user(f"person{number}") for number in range(PEOPLE)]
    Promise.numbers = {user.pk: number for number, user in enumerate(Promise.people)}

    run_state_machine_as_test(
        Promise,
        settings=settings(
            max_examples=rounds(25, 400),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
