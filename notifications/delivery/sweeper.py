"""The sweep, which is the only code that turns facts that are due into inbox rows.

Any number of sweeps may run simultaneously. Each batch locks the events that it works on and skips those that another
sweep has locked, and the database ensures that each row is inserted at most once. After a crash before the commit,
everything is still due. After a crash after the commit, every row is in its inbox, and the feed's position check finds
the rows that were not pushed. A batch that fails is logged and delays neither other events nor other steps.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db.models import F

from accounts.services import purge_feed_tickets, purge_idempotency_keys, purge_sessions
from accounts.zones import RULES_VERSION
from config.database import database_now
from events.models import Announcement
from events.services import LONGEST_HOLD, purge_imports, record_ends
from notifications.delivery.announcing import deliver_announcements
from notifications.delivery.batches import Batch, OnTurn, Step, Turns, ignore_turn
from notifications.delivery.cleanup import purge_events, settle_account_deletions, settle_cancellations
from notifications.delivery.local_times import keep_local_times
from notifications.delivery.reminding import deliver_reminders
from notifications.delivery.settling import settle_ended_subscriptions, settle_reminders_of_events
from notifications.feed import push
from notifications.models import Heartbeat

logger = logging.getLogger(__name__)

HEARTBEAT_INTERVAL = timedelta(seconds=10)
WAKE_INTERVAL = timedelta(seconds=1)
# How long a sweep skips an event that another transaction has locked, before it tries the event again.
BUSY_FOR = timedelta(seconds=1)


def sweep(*, clock: Callable[[], datetime] = database_now, on_turn: OnTurn = ignore_turn) -> dict[str, int]:
    """Act on every fact that is due, in small transactions, and push the new notifications.

    The steps are repeated until none of them finds anything to do. Returns how many rows each step has handled, by the
    step's name, how many reminders were `missed`, and for how many events a batch `failed`.

    `clock` should be the database's, so that a wrong clock of a host does not send reminders early or late. It is read
    before each batch, because the rows contain its time and the feed searches for rows of the last minute.

    `on_turn` is called after each turn, in which every step has handled one batch, with the numbers of that turn.
    """
    report = Counter({step.__name__: 0 for step in STEPS} | {"missed": 0, "failed": 0})
    held: dict[int, datetime] = {}  # event id -> until when
    failed: dict[str, set[int]] = defaultdict(set)  # name of the step -> event ids
    turns = {step.__name__: Turns() for step in STEPS}
    pusher = _Pusher()
    began_at: datetime | None = None
    is_announcing = False  # whether there may be announcements that are due
    progressed = True
    while progressed:
        progressed = False
        turn: Counter[str] = Counter()
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
            turn.update({step.__name__: batch.handled, "failed": len(batch.failed), "missed": batch.missed})
            progressed = progressed or bool(batch.handled or passed_over or (batch.busy | batch.failed) - left_out)
            failed[step.__name__] |= batch.failed
            held |= dict.fromkeys(batch.busy, at + BUSY_FOR)
            if step is deliver_announcements:
                is_announcing = bool(batch.handled or batch.busy or left_out)
        report.update(turn)
        _beat(at=at, missed=turn["missed"])
        on_turn(at, turn)
    pusher.finish()
    purge_feed_tickets(at=at)
    purge_sessions(at=at)
    purge_idempotency_keys(at=at)
    purge_imports(at=at)
    record_ends(at=at)
    return dict(report)


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


def _beat(*, at: datetime, missed: int) -> None:
    """Record that the sweep is running: at most once per HEARTBEAT_INTERVAL, and whenever reminders were missed."""
    first = {"swept_at": at, "zone_rules": RULES_VERSION}
    heartbeat, _ = Heartbeat.objects.get_or_create(pk=Heartbeat.SINGLETON_ID, defaults=first)
    # A heartbeat in the future would hide for long that sweeps have stopped. The clock of the database was set back.
    if missed or abs(at - heartbeat.swept_at) >= HEARTBEAT_INTERVAL:
        Heartbeat.objects.filter(pk=heartbeat.pk).update(
            swept_at=at, zone_rules=RULES_VERSION, missed_count=F("missed_count") + missed
        )


STEPS: tuple[Step, ...] = (
    keep_local_times,  # first, so that no reminder is sent by rules of time zones that are out of date
    settle_reminders_of_events,
    settle_ended_subscriptions,
    settle_cancellations,  # before announcements, so that subscribers are notified at once
    deliver_announcements,  # before reminders, so that a new start is announced before a reminder that it makes due
    deliver_reminders,
    purge_events,
    settle_account_deletions,
)
