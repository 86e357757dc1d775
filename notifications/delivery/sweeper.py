"""The sweep, which is the only code that turns facts that are due into inbox rows.

Any number of sweeps may run simultaneously. Each batch locks the events that it works on and skips those that another
sweep has locked, and the database ensures that each row is inserted at most once. After a crash before the commit,
everything is still due. After a crash after the commit, every row is in its inbox, and the feed's position check finds
the rows that were not pushed. A batch that fails is logged and delays neither other events nor other steps.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F

from accounts.services import purge_feed_tickets, purge_idempotency_keys, purge_sessions
from config.database import database_now, transactional
from events.models import Announcement, Event, Reminder, Subscription
from events.services import (
    mark_notified,
    next_recipients,
    rearm_chunk,
    rearm_subscriptions,
    settle_armed_reminders,
    settle_reminders,
    stamp_notified,
)
from notifications.delivery.batches import BATCH_SIZE, Batch, Step, Turns, attempt
from notifications.delivery.cleanup import purge_events, settle_account_deletions
from notifications.delivery.rows import insert_announcement_notifications, insert_reminder_notifications
from notifications.feed import push
from notifications.models import Heartbeat

logger = logging.getLogger(__name__)

HEARTBEAT_INTERVAL = timedelta(seconds=10)
WAKE_INTERVAL = timedelta(seconds=1)
# How long a sweep skips an event that another transaction has locked, before it tries the event again.
BUSY_FOR = timedelta(seconds=1)


def sweep(*, clock: Callable[[], datetime] = database_now) -> dict[str, int]:
    """Act on every fact that is due, in small transactions, and push the new notifications.

    The steps are repeated until none of them finds anything to do. Returns how many rows each step has handled, by the
    step's name, how many reminders were `missed`, and for how many events a batch `failed`.

    `clock` should be the database's, so that a wrong clock of a host does not send reminders early or late. It is read
    before each batch, because the rows contain its time and the feed searches for rows of the last minute.
    """
    report = {step.__name__: 0 for step in STEPS} | {"missed": 0, "failed": 0}
    held: dict[int, datetime] = {}  # event id -> until when
    failed: dict[str, set[int]] = defaultdict(set)  # name of the step -> event ids
    turns = {step.__name__: Turns() for step in STEPS}
    pusher = _Pusher()
    progressed = True
    while progressed:
        progressed, missed = False, 0
        for step in STEPS:
            at = clock()
            busy = {event_id for event_id, until in held.items() if until > at}
            passed_over = turns[step.__name__].passed_over
            left_out = busy | failed[step.__name__] | passed_over
            batch = step(at=at, busy=left_out)
            pusher.push(batch, at=at)
            turns[step.__name__].note(batch, at=at)
            report[step.__name__] += batch.handled
            report["failed"] += len(batch.failed)
            missed += batch.missed
            progressed = progressed or bool(batch.handled or passed_over or (batch.busy | batch.failed) - left_out)
            failed[step.__name__] |= batch.failed
            held |= dict.fromkeys(batch.busy, at + BUSY_FOR)
        report["missed"] += missed
        _beat(at=at, missed=missed)
    pusher.finish()
    purge_feed_tickets(at=at)
    purge_sessions(at=at)
    purge_idempotency_keys(at=at)
    return report


class _Pusher:
    """Push the new notifications of a sweep.

    Small batches are pushed to their users. Large batches only wake the feed, at most once per second, and once more at
    the end if that is still owed.
    """

    def __init__(self) -> None:
        self._woken_at = datetime.min.replace(tzinfo=UTC)
        self._owes_wake = False

    def push(self, batch: Batch, *, at: datetime) -> None:
        if not batch.has_many_recipients:
            push.push_new(batch.recipients, at=at)
        elif at >= self._woken_at + WAKE_INTERVAL:
            push.wake_feed()
            self._woken_at, self._owes_wake = at, False
        else:
            self._owes_wake = True

    def finish(self) -> None:
        if self._owes_wake:
            push.wake_feed()


def rearm_reminders(*, at: datetime, busy: set[int]) -> Batch:
    """Adjust the reminders of one event to its new start, or make them void if it is cancelled or deleted."""
    event_id = Event.objects.awaiting_rearm().exclude(pk__in=busy).values_list("pk", flat=True).first()
    return attempt(lambda: _rearm(event_id, at=at), event_ids={event_id}) if event_id else Batch()


@transactional
def _rearm(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).awaiting_rearm().claim().first()
    if event is None:
        return Batch(busy={event_id})
    rearmed = rearm_chunk(event, at=at, limit=BATCH_SIZE)
    # At least 1, so that a chunk without subscriptions, which only completes the work, counts as progress.
    return Batch(handled=max(1, rearmed), filled_by=event_id if rearmed >= BATCH_SIZE else None)


def deliver_reminders(*, at: datetime, busy: set[int]) -> Batch:
    """Turn up to BATCH_SIZE due reminders into inbox rows."""
    due = Reminder.objects.due(at).exclude(event_id__in=busy).order_by("due_at")
    event_ids = dict(due.values_list("pk", "event_id")[:BATCH_SIZE])
    if not event_ids:
        return Batch()
    batch = _deliver_or_halve(event_ids, at=at)
    if len(event_ids) == BATCH_SIZE and len(wanted := set(event_ids.values())) == 1:
        [batch.filled_by] = wanted
    return batch


def _deliver_or_halve(event_ids: dict[int, int], *, at: datetime) -> Batch:
    """Deliver these reminders (`{reminder id: event id}`). If that fails, try only those of half of the events.

    The recursion ends at a single event, so that one event whose batch always fails does not block the others.
    """
    wanted = sorted(set(event_ids.values()))
    batch = attempt(lambda: _deliver_reminders(event_ids, at=at), event_ids=set(wanted))
    if len(batch.failed) <= 1:
        return batch
    half = set(wanted[: len(wanted) // 2])
    return _deliver_or_halve({pk: event_id for pk, event_id in event_ids.items() if event_id in half}, at=at)


@transactional
def _deliver_reminders(event_ids: dict[int, int], *, at: datetime) -> Batch:
    """Lock the events of these reminders (`{reminder id: event id}`), and deliver those that are still due."""
    wanted = set(event_ids.values())
    events = {event.pk: event for event in Event.objects.filter(pk__in=wanted).claim()}
    ids = [pk for pk, event_id in event_ids.items() if event_id in events]
    batch = _send_all(ids, events, at=at) or _settle_each(ids, events, at=at)
    batch.busy = wanted - set(events)
    return batch


def _send_all(ids: list[int], events: dict[int, Event], *, at: datetime) -> Batch | None:
    """Send all of these reminders, with one update and one insert. If any of them must not be sent, return None and
    write nothing.

    The reminders were read before their events were locked, so some may have been sent, changed or deleted meanwhile.
    """
    if not ids or not all(event.takes_place and not event.has_begun(at) for event in events.values()):
        return None
    try:
        with transaction.atomic():
            # This comes before the insert, because rolling back to the savepoint would not release the insert's locks
            # on users.
            if settle_armed_reminders(ids, at=at) != len(ids):
                raise _NotAllSent
            insert_reminder_notifications(ids, at=at)
    except _NotAllSent:
        return None
    stamp_notified(set(events), at=at)
    batch = Batch(handled=len(ids))
    batch.note_recipients(Subscription.objects.filter(reminders__in=ids), len(ids))
    return batch


class _NotAllSent(Exception):
    """Raised to roll back `_send_all`."""


def _settle_each(ids: list[int], events: dict[int, Event], *, at: datetime) -> Batch:
    """Decide for each of these reminders whether to send it, make it void, re-arm it, or leave it alone.

    It is left alone if another sweep or an edit has settled it meanwhile.
    """
    batch = Batch()
    to_send: dict[int, int] = {}  # reminder id -> event id
    void: list[int] = []
    stale: dict[int, list[int]] = defaultdict(list)  # event id -> subscription ids
    # Filter by ids alone, because any other condition can lead the optimizer to read all reminders of an event.
    rows = Reminder.objects.filter(pk__among=ids).values_list(
        "pk", "event_id", "subscription_id", "armed_for", "due_at"
    )
    for pk, event_id, subscription_id, armed_for, due_at in rows:
        event = events[event_id]
        if due_at is None or due_at > at:
            continue  # another sweep or an edit has settled it
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
        insert_reminder_notifications(list(to_send), at=at)
        stamp_notified(set(to_send.values()), at=at)
    settle_reminders([*to_send, *void])
    for event_id, subscription_ids in stale.items():
        rearm_subscriptions(events[event_id], subscription_ids=subscription_ids, at=at)
    batch.handled = len(to_send) + len(void) + sum(map(len, stale.values()))
    batch.note_recipients(Subscription.objects.filter(reminders__in=list(to_send)), len(to_send))
    return batch


def deliver_announcements(*, at: datetime, busy: set[int]) -> Batch:
    """Notify the next BATCH_SIZE recipients of the oldest due announcement of one event."""
    due = Announcement.objects.due(at).exclude(event_id__in=busy)
    event_id = due.values_list("event_id", flat=True).first()
    return attempt(lambda: _deliver_announcement(event_id, at=at), event_ids={event_id}) if event_id else Batch()


@transactional
def _deliver_announcement(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).claim().first()
    if event is None:
        return Batch(busy={event_id})
    announcement = Announcement.objects.due(at).filter(event=event).first()
    if announcement is None:
        return Batch()
    ids = next_recipients(announcement, limit=BATCH_SIZE)
    recipients = Subscription.objects.filter(pk__among=ids)
    if ids:
        insert_announcement_notifications(recipients, announcement, at=at)
    mark_notified(announcement, subscription_ids=ids, limit=BATCH_SIZE)
    # At least 1, so that a chunk without recipients, which only completes the delivery, counts as progress.
    batch = Batch(handled=max(1, len(ids)), filled_by=event_id if len(ids) == BATCH_SIZE else None)
    batch.note_recipients(recipients, len(ids))
    return batch


def _beat(*, at: datetime, missed: int) -> None:
    """Record that the sweep is running: at most once per HEARTBEAT_INTERVAL, and whenever reminders were missed."""
    heartbeat, _ = Heartbeat.objects.get_or_create(pk=Heartbeat.SINGLETON_ID, defaults={"swept_at": at})
    if missed or heartbeat.swept_at <= at - HEARTBEAT_INTERVAL:
        Heartbeat.objects.filter(pk=heartbeat.pk).update(swept_at=at, missed_count=F("missed_count") + missed)


STEPS: tuple[Step, ...] = (
    rearm_reminders,
    deliver_announcements,  # before reminders, so that a new start is announced before a reminder that it makes due
    deliver_reminders,
    purge_events,
    settle_account_deletions,
)
