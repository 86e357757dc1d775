"""The step of the sweep that turns reminders that are due into notifications."""

import logging
from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple, Self

from django.db import transaction
from django.db.models import QuerySet

from config.database import transactional
from events.models import Event, Reminder
from events.services import (
    Announced,
    Facts,
    announced,
    move_reminders,
    settle_armed_reminders,
    settle_reminders,
    stamp_notified,
)
from events.starts import Start
from notifications.delivery import batches
from notifications.delivery.batches import Batch, attempt
from notifications.delivery.rows import insert_reminder_notifications
from notifications.delivery.superseding import DueReminder, supersede_by_reminders

logger = logging.getLogger(__name__)


def deliver_reminders(*, at: datetime, busy: set[int]) -> Batch:
    """Turn up to BATCH_SIZE due reminders into inbox rows, for each subscription only that with the smallest lead."""
    reminders = Reminder.objects.due(at).exclude(event_id__in=busy)
    due = DueReminder.read(reminders.order_by("due_at")[: batches.BATCH_SIZE])
    if not due:
        return Batch()
    is_full = len(due) == batches.BATCH_SIZE
    if is_full:
        due = _with_smaller_leads(due, reminders)
    batch = _deliver_or_halve(due, at=at)
    if is_full and len(wanted := {each.event_id for each in due}) == 1:
        [batch.filled_by] = wanted
    return batch


def _with_smaller_leads(due: list[DueReminder], reminders: QuerySet[Reminder]) -> list[DueReminder]:
    """Add what else is due for these subscriptions, so that no reminder is sent that the next batch would supersede.

    A smaller lead falls due later, or possibly at the same moment if the event is all-day. So if all that is due fell
    due at one moment and none of the events is all-day, there is nothing to add.
    """
    latest = reminders.order_by("-due_at").values_list("due_at", flat=True).first()
    event_ids = {each.event_id for each in due}
    if latest == due[0].due_at and not Event.objects.filter(pk__in=event_ids, all_day=True).exists():
        return due
    of_these = DueReminder.read(reminders.filter(subscription_id__in={each.subscription_id for each in due}))
    return list({each.pk: each for each in [*due, *of_these]}.values())


def _deliver_or_halve(due: list[DueReminder], *, at: datetime) -> Batch:
    """Deliver these reminders. If that fails, try only those of half of the events.

    The recursion ends at a single event, so that one event whose batch always fails does not block the others.
    """
    wanted = sorted({each.event_id for each in due})
    batch = attempt(lambda: _deliver_reminders(due, at=at), event_ids=set(wanted))
    if len(batch.failed) <= 1:
        return batch
    half = set(wanted[: len(wanted) // 2])
    return _deliver_or_halve([each for each in due if each.event_id in half], at=at)


@transactional
def _deliver_reminders(due: list[DueReminder], *, at: datetime) -> Batch:
    """Lock the events of these reminders, and deliver those that are still due."""
    wanted = {each.event_id for each in due}
    events = {event.pk: event for event in Event.objects.filter(pk__in=wanted).claim()}
    known = announced(events.values())
    due = [each for each in due if each.event_id in events]
    batch = _send_all(due, known, at=at) or _settle_each(due, known, at=at)
    batch.busy |= wanted - set(events)
    if batch.handled:
        done = (batch.handled, sorted(events)[: batches.MAX_LOGGED_EVENTS], batch.missed)
        transaction.on_commit(
            lambda: logger.info("reminders: %d settled, of events %s; %d came too late", *done), robust=True
        )
    return batch


def _send_all(due: list[DueReminder], known: dict[int, Announced], *, at: datetime) -> Batch | None:
    """Send all of these reminders, with one update and one insert. If any of them must not be sent, return None and
    write nothing.

    The reminders were read before their events were locked, so some may have been sent, changed or deleted meanwhile.
    """
    are_plain = all(
        each.event.takes_place and not each.event.all_day and not each.event.has_begun(at) and not each.pending
        for each in known.values()
    )
    if not due or not are_plain or len({each.subscription_id for each in due}) < len(due):
        return None
    ids = [each.pk for each in due]
    try:
        with transaction.atomic():
            # This comes before the insert, because rolling back to the savepoint would not release the insert's locks
            # on users.
            if settle_armed_reminders(ids, at=at) != len(ids):
                raise _NotAllSent
            _send(due, known, at=at, alike=_Alike())
    except _NotAllSent:
        return None
    batch = Batch(handled=len(ids))
    batch.note_recipients([each.user_id for each in due])
    return batch


class _NotAllSent(Exception):
    """Raised to roll back `_send_all`."""


def _settle_each(due: list[DueReminder], known: dict[int, Announced], *, at: datetime) -> Batch:
    """Decide for each of these reminders whether to send it, make it void, move it, or leave it alone.

    It is left alone if another sweep or an edit has settled it meanwhile, or if it must wait for a change.
    """
    batch = Batch()
    to_send: dict[_Alike, dict[int, DueReminder]] = defaultdict(dict)  # by subscription id
    void: list[int] = []
    stale: dict[int, list[int]] = defaultdict(list)  # event id -> subscription ids
    # Filter by ids alone, because any other condition can lead the optimizer to read all reminders of an event.
    rows = Reminder.objects.filter(pk__among=[each.pk for each in due]).values_list("pk", "armed_for", "due_at")
    states = {pk: (armed_for, due_at) for pk, armed_for, due_at in rows}
    for each in sorted(due, key=lambda each: each.lead):
        armed_for, due_at = states.get(each.pk, (None, None))
        if due_at is None or due_at > at:
            continue  # another sweep or an edit has settled it
        event, facts = known[each.event_id].event, known[each.event_id].facts_for(each.subscription_id)
        if not event.takes_place:
            void.append(each.pk)
        elif known[each.event_id].holds_back(each.subscription_id, due_at=due_at, at=at):
            batch.busy.add(each.event_id)
        elif armed_for != facts.starts_at or facts.start.due_at(each.lead) > at:
            # The second condition: the previous version counts the reminders of all-day events from midnight.
            stale[each.event_id].append(each.subscription_id)
        elif facts.start.sent_until(each.lead) <= at:
            void.append(each.pk)
            batch.missed += 1
        else:
            sent = to_send[_Alike.of(known[each.event_id], facts)]
            if sent.setdefault(each.subscription_id, each) != each:
                void.append(each.pk)  # one with a smaller lead is sent
    for alike, reminders in to_send.items():
        _send(list(reminders.values()), known, at=at, alike=alike)
    sent_all = [each for reminders in to_send.values() for each in reminders.values()]
    settle_reminders([*(each.pk for each in sent_all), *void])
    for event_id, subscription_ids in stale.items():
        move_reminders(known[event_id], subscription_ids=subscription_ids, at=at)
    batch.handled = len(sent_all) + len(void) + sum(map(len, stale.values()))
    batch.note_recipients([each.user_id for each in sent_all])
    return batch


class _Alike(NamedTuple):
    """What reminders that are sent with one statement have in common.

    One statement sends those of all timed events, and one those of all-day events with the same first day.
    Reminders of an event with a pending change are sent apart, by the `facts` that their subscribers know, because the
    event's row already contains others.
    """

    day: date | None = None
    event_id: int | None = None
    facts: Facts | None = None

    @classmethod
    def of(cls, known: Announced, facts: Facts) -> Self:
        day = facts.start.day if facts.all_day else None
        return cls(day, known.event.pk, facts) if known.pending else cls(day)


def _send(due: list[DueReminder], known: dict[int, Announced], *, at: datetime, alike: _Alike) -> None:
    events = {each.event_id: known[each.event_id].event for each in due}
    # If no reminder had been sent for an event's start when one fell due, none with a larger lead is to be superseded.
    first_sent = {pk: event.notified_at or at for pk, event in events.items()}
    replacing = [each for each in due if alike.facts or each.is_return or first_sent[each.event_id] < each.due_at]
    if replacing:
        starts = {pk: Start.of(alike.facts or event) for pk, event in events.items()}
        supersede_by_reminders(replacing, starts=starts, at=at)
    insert_reminder_notifications([each.pk for each in due], at=at, day=alike.day, facts=alike.facts)
    if unstamped := {pk for pk, event in events.items() if event.notified_at is None}:
        stamp_notified(unstamped, at=at)
