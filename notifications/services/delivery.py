"""The sweep: the one way from facts that have fallen due to inbox rows.

It may run any number of times at once. Each batch locks the events it works for and skips those that another sweep
holds; each row is inserted at most once, by the database. A crash before the commit leaves everything due, after it
everything told; what was not pushed then, the feed's position check finds.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import User
from accounts.services import purge_feed_tickets, purge_user
from config.database import database_now, transactional
from events.models import Announcement, Event, Reminder, Subscription
from events.services import (
    delete_event,
    mark_told,
    next_recipients,
    purge_event_chunk,
    rearm_chunk,
    rearm_subscriptions,
    settle_armed_reminders,
    settle_reminders,
    stamp_notified,
    unsubscribe,
)
from notifications import realtime
from notifications.models import Heartbeat
from notifications.services.notices import insert_announcement_notices, insert_reminder_notices

BATCH_SIZE = 5_000
HEARTBEAT_INTERVAL = timedelta(seconds=10)


@dataclass
class Batch:
    """What one step of the sweep did in one transaction."""

    # Rows dealt with: reminders, subscriptions, events; 0 when there was nothing to do.
    handled: int = 0
    # The ids of the users who have new inbox rows, or that there are too many to push to one by one.
    told: set[int] = field(default_factory=set)
    told_many: bool = False
    # Reminders that came due but whose event had begun before any sweep came.
    missed: int = 0
    # The ids of events that another sweep holds.
    busy: set[int] = field(default_factory=set)

    def tell(self, subscriptions: QuerySet[Subscription], count: int) -> None:
        """Note whom `count` new rows went to, to be pushed after the commit. One query, none for many."""
        if count > realtime.MAX_PUSHED_RECIPIENTS:
            self.told_many = True
        elif count:
            self.told = set(subscriptions.values_list("user_id", flat=True))


class Step(Protocol):
    """One kind of work: `busy` events are left out."""

    __name__: str

    def __call__(self, *, at: datetime, busy: set[int]) -> Batch: ...


def sweep(*, clock: Callable[[], datetime] = database_now) -> dict[str, int]:
    """Act on every fact that is due, in small transactions, and push what was told.

    Returns how many rows each step dealt with, by its name, and `missed`. `clock` is the database's, so that no
    host's clock makes a reminder early or late; it is read once a round, and rounds go on until one finds nothing.
    """
    report = {step.__name__: 0 for step in STEPS} | {"missed": 0}
    busy: set[int] = set()
    while True:
        at = clock()
        progressed = False
        for step in STEPS:
            batch = step(at=at, busy=busy)
            if batch.told_many:
                realtime.wake_feed()
            else:
                realtime.push_new(batch.told, at=at)
            report[step.__name__] += batch.handled
            report["missed"] += batch.missed
            progressed = progressed or bool(batch.handled or batch.busy - busy)
            busy |= batch.busy
        if not progressed:
            break
    purge_feed_tickets(at=at)
    _beat(at=at, missed=report["missed"])
    return report


def rearm_reminders(*, at: datetime, busy: set[int]) -> Batch:
    """Let the reminders of one event follow its new start, or become void with it."""
    event_id = Event.objects.awaiting_rearm().exclude(pk__in=busy).values_list("pk", flat=True).first()
    return _rearm(event_id, at=at) if event_id else Batch()


@transactional
def _rearm(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).awaiting_rearm().claim().first()
    if event is None:
        return Batch(busy={event_id})
    # At least 1, so that the round in which the cursor becomes NULL counts as progress.
    return Batch(handled=max(1, rearm_chunk(event, at=at, limit=BATCH_SIZE)))


def deliver_reminders(*, at: datetime, busy: set[int]) -> Batch:
    """Turn up to BATCH_SIZE due reminders into inbox rows."""
    due = Reminder.objects.due(at).exclude(event_id__in=busy).order_by("due_at")
    event_ids = dict(due.values_list("pk", "event_id")[:BATCH_SIZE])
    return _deliver_reminders(event_ids, at=at) if event_ids else Batch()


@transactional
def _deliver_reminders(event_ids: dict[int, int], *, at: datetime) -> Batch:
    """Deliver of these reminders (`{reminder id: event id}`) those that are still due once their events are locked."""
    wanted = set(event_ids.values())
    events = {event.pk: event for event in Event.objects.filter(pk__in=wanted).claim()}
    ids = [pk for pk, event_id in event_ids.items() if event_id in events]
    batch = _send_all(ids, events, at=at) or _settle_each(ids, events, at=at)
    batch.busy = wanted - set(events)
    return batch


def _send_all(ids: list[int], events: dict[int, Event], *, at: datetime) -> Batch | None:
    """Send all of these reminders in two statements; None, and nothing done, if any of them is not to be sent.

    They were read before their events were locked, so that some may have been sent, changed or ended meanwhile.
    """
    if not ids or not all(event.takes_place and not event.has_begun(at) for event in events.values()):
        return None
    try:
        with transaction.atomic():
            insert_reminder_notices(ids, at=at)
            if settle_armed_reminders(ids, at=at) != len(ids):
                raise _NotAllSent
    except _NotAllSent:
        return None
    stamp_notified(set(events), at=at)
    batch = Batch(handled=len(ids))
    batch.tell(Subscription.objects.filter(reminders__in=ids), len(ids))
    return batch


class _NotAllSent(Exception):
    """Rolls back `_send_all`."""


def _settle_each(ids: list[int], events: dict[int, Event], *, at: datetime) -> Batch:
    """Decide for each of these reminders: send it, make it void, re-arm it, or leave it to who was first."""
    batch = Batch()
    to_send: dict[int, int] = {}  # reminder id -> event id
    void: list[int] = []
    stale: dict[int, list[int]] = defaultdict(list)  # event id -> subscription ids
    # By ids alone: any other condition tempts the optimizer into reading all reminders of an event.
    rows = Reminder.objects.filter(pk__in=ids).values_list("pk", "event_id", "subscription_id", "armed_for", "due_at")
    for pk, event_id, subscription_id, armed_for, due_at in rows:
        event = events[event_id]
        if due_at is None or due_at > at:
            continue  # another sweep or an edit was first
        if not event.takes_place:
            void.append(pk)
        elif armed_for != event.starts_at:
            stale[event_id].append(subscription_id)
        elif event.has_begun(at):
            void.append(pk)
            batch.missed += 1
        else:
            to_send[pk] = event_id
    if to_send:
        insert_reminder_notices(list(to_send), at=at)
        stamp_notified(set(to_send.values()), at=at)
    settle_reminders([*to_send, *void])
    for event_id, subscription_ids in stale.items():
        rearm_subscriptions(events[event_id], subscription_ids=subscription_ids, at=at)
    batch.handled = len(to_send) + len(void) + sum(map(len, stale.values()))
    batch.tell(Subscription.objects.filter(reminders__in=list(to_send)), len(to_send))
    return batch


def deliver_announcements(*, at: datetime, busy: set[int]) -> Batch:
    """Tell the next BATCH_SIZE recipients of the oldest due announcement of one event."""
    due = Announcement.objects.due(at).exclude(event_id__in=busy)
    event_id = due.values_list("event_id", flat=True).first()
    return _deliver_announcement(event_id, at=at) if event_id else Batch()


@transactional
def _deliver_announcement(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).claim().first()
    if event is None:
        return Batch(busy={event_id})
    announcement = Announcement.objects.due(at).filter(event=event).first()
    if announcement is None:
        return Batch()
    ids = next_recipients(announcement, limit=BATCH_SIZE)
    recipients = Subscription.objects.filter(pk__in=ids)
    if ids:
        insert_announcement_notices(recipients, announcement, at=at)
    mark_told(announcement, subscription_ids=ids, limit=BATCH_SIZE)
    # At least 1, so that the chunk that only ends the fan-out counts as progress.
    batch = Batch(handled=max(1, len(ids)))
    batch.tell(recipients, len(ids))
    return batch


def purge_events(*, at: datetime, busy: set[int]) -> Batch:
    """Remove one deleted event, or its next chunk, once everybody who must know has been told."""
    event_id = Event.objects.awaiting_purge().exclude(pk__in=busy).values_list("pk", flat=True).first()
    return _purge_event(event_id) if event_id else Batch()


@transactional
def _purge_event(event_id: int) -> Batch:
    event = Event.objects.filter(pk=event_id).awaiting_purge().claim().first()
    if event is None:
        return Batch(busy={event_id})
    purge_event_chunk(event)
    return Batch(handled=1)


def settle_account_deletions(*, at: datetime, busy: set[int]) -> Batch:
    """Delete the events and subscriptions of accounts that are to go, and the account once its events are purged."""
    batch = Batch()
    for user in User.objects.awaiting_deletion():
        for event in Event.objects.owned_by(user):
            delete_event(event, actor=user, at=at)
            batch.handled += 1
        for subscription in Subscription.objects.filter(user=user).select_related("event"):
            unsubscribe(subscription.event, actor=user)
            batch.handled += 1
        if not Event.objects.filter(author=user).exists():
            purge_user(user)
            batch.handled += 1
    return batch


def _beat(*, at: datetime, missed: int) -> None:
    """Say that the sweep lives: one write every HEARTBEAT_INTERVAL at most, and whenever a reminder was missed."""
    heartbeat, _ = Heartbeat.objects.get_or_create(pk=Heartbeat.SINGLETON_ID, defaults={"swept_at": at})
    if missed or heartbeat.swept_at <= at - HEARTBEAT_INTERVAL:
        Heartbeat.objects.filter(pk=heartbeat.pk).update(swept_at=at, missed_count=F("missed_count") + missed)


STEPS: tuple[Step, ...] = (
    rearm_reminders,
    deliver_announcements,  # a new start is told before the reminder that it makes due
    deliver_reminders,
    purge_events,
    settle_account_deletions,
)
