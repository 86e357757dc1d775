"""The sweep, which is the only code that turns facts that are due into inbox rows.

Any number of sweeps may run simultaneously. Each batch locks the events that it works on and skips those that another
sweep has locked, and the database ensures that each row is inserted at most once. After a crash before the commit,
everything is still due. After a crash after the commit, every row is in its inbox, and the feed's position check finds
the rows that were not pushed. A batch that fails is logged and delays neither other events nor other steps.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Self

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.services import purge_feed_tickets, purge_idempotency_keys, purge_sessions
from accounts.zones import RULES_VERSION
from config.database import database_now, transactional
from events.models import Announcement, EndedSubscription, Event, Reminder, Subscription
from events.services import (
    LONGEST_HOLD,
    Announced,
    Facts,
    announced,
    begin_delivery,
    facts_announced_by,
    follow_change,
    mark_notified,
    move_reminders,
    next_recipients,
    settle_armed_reminders,
    settle_chunk,
    settle_reminders,
    stamp_notified,
)
from events.starts import Start
from notifications.delivery.batches import BATCH_SIZE, Batch, Step, Turns, attempt
from notifications.delivery.cleanup import purge_events, settle_account_deletions
from notifications.delivery.local_times import keep_local_times
from notifications.delivery.rows import insert_announcement_notifications, insert_reminder_notifications
from notifications.delivery.superseding import (
    DueReminder,
    move_sent_reminders,
    supersede_by_announcement,
    supersede_by_reminders,
    supersede_reminders,
    supersede_reminders_besides,
)
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
    began_at: datetime | None = None
    is_announcing = False  # whether there may be announcements that are due
    progressed = True
    while progressed:
        progressed, missed = False, 0
        for step in STEPS:
            at = clock()
            began_at = began_at or at
            busy = {event_id for event_id, until in held.items() if until > at}
            passed_over = turns[step.__name__].passed_over
            left_out = busy | failed[step.__name__] | passed_over
            if step is deliver_reminders and is_announcing:
                left_out |= _being_announced(at=at, began_at=began_at) - failed[deliver_announcements.__name__]
            batch = step(at=at, busy=left_out)
            pusher.push(batch, at=at)
            turns[step.__name__].note(batch, at=at)
            report[step.__name__] += batch.handled
            report["failed"] += len(batch.failed)
            missed += batch.missed
            progressed = progressed or bool(batch.handled or passed_over or (batch.busy | batch.failed) - left_out)
            failed[step.__name__] |= batch.failed
            held |= dict.fromkeys(batch.busy, at + BUSY_FOR)
            if step is deliver_announcements:
                is_announcing = bool(batch.handled or batch.busy or left_out)
        report["missed"] += missed
        _beat(at=at, missed=missed)
    pusher.finish()
    purge_feed_tickets(at=at)
    purge_sessions(at=at)
    purge_idempotency_keys(at=at)
    return report


def _being_announced(*, at: datetime, began_at: datetime) -> set[int]:
    """Return the ids of the events of which a change is being announced, unless that is overdue. One query.

    No reminder of theirs is sent before that. A change that fell due before the sweep began counts from then, so that
    a sweep which was down announces the changes first.
    """
    changes = Announcement.objects.changes().due(at)
    if at >= began_at + LONGEST_HOLD:
        changes = changes.filter(due_at__gt=at - LONGEST_HOLD)
    return set(changes.order_by().values_list("event_id", flat=True))


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


def settle_reminders_of_events(*, at: datetime, busy: set[int]) -> Batch:
    """Move the reminders of one event whose start moved silently, or make them void if it is cancelled or deleted."""
    event_id = Event.objects.awaiting_rearm().exclude(pk__in=busy).values_list("pk", flat=True).first()
    return attempt(lambda: _settle_event(event_id, at=at), event_ids={event_id}) if event_id else Batch()


@transactional
def _settle_event(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).awaiting_rearm().claim().first()
    if event is None:
        return Batch(busy={event_id})
    users = settle_chunk(event, at=at, limit=BATCH_SIZE)
    if users and not event.takes_place:
        supersede_reminders(event, user_ids=users.values(), at=at)
    elif users and not announced([event])[event.pk].pending:
        move_sent_reminders(event, user_ids=users.values())
    # At least 1, so that a chunk without subscriptions, which only completes the work, counts as progress.
    return Batch(handled=max(1, len(users)), filled_by=event_id if len(users) >= BATCH_SIZE else None)


def settle_ended_subscriptions(*, at: datetime, busy: set[int]) -> Batch:
    """Supersede the reminders that were sent to people who have unsubscribed from one event since.

    For those who have subscribed again, that are only the reminders of another start than they know now.
    """
    ended = EndedSubscription.objects.unsettled().exclude(event_id__in=busy).order_by("event_id")
    event_id = ended.values_list("event_id", flat=True).first()
    return attempt(lambda: _settle_ended(event_id, at=at), event_ids={event_id}) if event_id else Batch()


@transactional
def _settle_ended(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).claim().first()
    if event is None:
        return Batch(busy={event_id})
    ended = EndedSubscription.objects.unsettled().filter(event=event)
    users = dict(ended.values_list("pk", "user_id")[:BATCH_SIZE])
    returned = Subscription.objects.of_event(event).filter(user__pk__among=set(users.values()))
    users_by_start: dict[Start, set[int]] = defaultdict(set)
    known = announced([event])[event.pk]
    for pk, user_id in returned.values_list("pk", "user_id"):
        users_by_start[known.facts_for(pk).start].add(user_id)
    for start, user_ids in users_by_start.items():
        supersede_reminders_besides(start, event, user_ids=user_ids, at=at)
    supersede_reminders(event, user_ids=set(users.values()).difference(*users_by_start.values()), at=at)
    EndedSubscription.objects.filter(pk__among=list(users)).update(settled_at=at)
    return Batch(handled=max(1, len(users)), filled_by=event_id if len(users) >= BATCH_SIZE else None)


def deliver_reminders(*, at: datetime, busy: set[int]) -> Batch:
    """Turn up to BATCH_SIZE due reminders into inbox rows, of each subscription only the one with the smallest lead."""
    reminders = Reminder.objects.due(at).exclude(event_id__in=busy)
    due = DueReminder.read(reminders.order_by("due_at")[:BATCH_SIZE])
    if not due:
        return Batch()
    is_full = len(due) == BATCH_SIZE
    if is_full:
        due = _with_smaller_leads(due, reminders)
    batch = _deliver_or_halve(due, at=at)
    if is_full and len(wanted := {each.event_id for each in due}) == 1:
        [batch.filled_by] = wanted
    return batch


def _with_smaller_leads(due: list[DueReminder], reminders: QuerySet[Reminder]) -> list[DueReminder]:
    """Add what else is due of these subscriptions, so that no batch sends a reminder that the next one outdoes.

    A smaller lead falls due later, or at the same moment if the event is all-day. If nothing is due later than all of
    these, there is nothing to add for other events.
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

    It is left alone if another sweep or an edit has settled it meanwhile, and if it must wait for a change.
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
            # The previous version arms reminders of all-day events for hours before midnight.
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
    """What reminders have in common that are sent with one statement.

    That are those of all timed events, and of all-day events with the same first day. If a change of an event is
    pending, its reminders have what is known of it in common, because the event itself is not what is known.
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
    # If no reminder of an event had been sent for its start when one fell due, there is none with a larger lead.
    first_sent = {pk: event.notified_at or at for pk, event in events.items()}
    replacing = [each for each in due if alike.facts or each.is_return or first_sent[each.event_id] < each.due_at]
    if replacing:
        starts = {pk: Start.of(alike.facts or event) for pk, event in events.items()}
        supersede_by_reminders(replacing, starts=starts, at=at)
    insert_reminder_notifications([each.pk for each in due], at=at, day=alike.day, facts=alike.facts)
    if unstamped := {pk for pk, event in events.items() if event.notified_at is None}:
        stamp_notified(unstamped, at=at)


def deliver_announcements(*, at: datetime, busy: set[int]) -> Batch:
    """Notify the next BATCH_SIZE recipients of the oldest due announcement of one event."""
    due = Announcement.objects.due(at).exclude(event_id__in=busy)
    event_id = due.values_list("event_id", flat=True).first()
    return attempt(lambda: _deliver_announcement(event_id, at=at), event_ids={event_id}) if event_id else Batch()


@transactional
def _deliver_announcement(event_id: int, *, at: datetime) -> Batch:
    """Notify the next recipients, and in the same transaction supersede earlier notifications and adjust their
    reminders to a change, so that no crash comes between.
    """
    event = Event.objects.filter(pk=event_id).claim().first()
    if event is None:
        return Batch(busy={event_id})
    announcements = list(Announcement.objects.filter(event=event).due_or_changes(at))
    announcement = next((each for each in announcements if each.is_due(at)), None)
    if announcement is None:
        return Batch()
    begin_delivery(announcement, event)
    users = next_recipients(announcement, limit=BATCH_SIZE)
    ids = list(users)
    if ids:
        earlier = [each for each in announcements if each.is_change and each.pk < announcement.pk]
        others = [each for each in announcements if each.is_change_for_all and each.due_at and each != announcement]
        known = Announced(event, pending=others)  # once they have been notified
        facts = facts_announced_by(announcement, known)
        supersede_by_announcement(announcement, earlier, facts=facts, user_ids=users.values(), at=at)
        recipients = Subscription.objects.filter(pk__among=ids)
        insert_announcement_notifications(recipients, announcement, facts=facts, at=at)
        if announcement.is_change:
            follow_change(announcement, known, subscription_ids=ids, at=at)
    mark_notified(announcement, subscription_ids=ids, limit=BATCH_SIZE)
    # At least 1, so that a chunk without recipients, which only completes the delivery, counts as progress.
    batch = Batch(handled=max(1, len(ids)), filled_by=event_id if len(ids) == BATCH_SIZE else None)
    batch.note_recipients(list(users.values()))
    return batch


def _beat(*, at: datetime, missed: int) -> None:
    """Record that the sweep is running: at most once per HEARTBEAT_INTERVAL, and whenever reminders were missed."""
    first = {"swept_at": at, "zone_rules": RULES_VERSION}
    heartbeat, _ = Heartbeat.objects.get_or_create(pk=Heartbeat.SINGLETON_ID, defaults=first)
    if missed or heartbeat.swept_at <= at - HEARTBEAT_INTERVAL:
        Heartbeat.objects.filter(pk=heartbeat.pk).update(
            swept_at=at, zone_rules=RULES_VERSION, missed_count=F("missed_count") + missed
        )


STEPS: tuple[Step, ...] = (
    keep_local_times,  # first, so that no reminder is sent by rules of time zones that are out of date
    settle_reminders_of_events,
    settle_ended_subscriptions,
    deliver_announcements,  # before reminders, so that a new start is announced before a reminder that it makes due
    deliver_reminders,
    purge_events,
    settle_account_deletions,
)
