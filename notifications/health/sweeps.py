"""The health of delivery: whether reminders and announcements are sent, how late they are, and how many were missed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from events.models import Announcement, Reminder
from events.services import LONGEST_HOLD
from notifications.health.processes import STALE_AFTER, Kind, ProcessHealth, State, process_healths
from notifications.models import Heartbeat

# Reminders and announcements that are overdue by more than this are late, unless sweeps are busy sending others ...
LATE_AFTER = timedelta(seconds=30)
# ... which excuses a delay of this much: a million recipients take about a minute.
LATE_WHILE_DELIVERING_AFTER = timedelta(minutes=5)
# Counting due reminders stops here, so that it is cheap however large the backlog is.
MAX_COUNTED = 10_000


@dataclass(frozen=True)
class SweepHealth:
    """The health of the sweep at one moment of the database's clock."""

    # None before the first sweep.
    swept_at: datetime | None
    # None before the first sweep; otherwise never negative.
    seconds_since_sweep: float | None
    # How long ago the oldest reminder or announcement that has not been sent was due; 0 if there is none. Reminders
    # that wait for a change to be announced first do not count.
    lag_seconds: float
    # Reminders that are due and have not been sent, at most MAX_COUNTED; 0 if all of them wait for a change.
    due_count: int
    # Reminders that were due, but whose event had started before a sweep could send them, since the first sweep.
    missed_count: int
    # The kinds of process that this deployment runs.
    processes: tuple[ProcessHealth, ...] = ()

    @property
    def state(self) -> State:
        """How delivery is doing, whichever process does it."""
        sweeping = [each for each in self.processes if each.kind != Kind.MAILER]
        if self.is_stale:
            return State.STOPPED
        if any(each.state == State.FAILING for each in sweeping):
            return State.FAILING
        return State.LATE if self.is_late else State.WORKING

    @property
    def is_late(self) -> bool:
        """Whether something is overdue by more (`>`) than LATE_AFTER, or than the longer limit if others are sent."""
        delays = [each.seconds_since_delivery for each in self.processes if each.kind != Kind.MAILER]
        is_delivering = any(delay is not None and delay <= LATE_AFTER.total_seconds() for delay in delays)
        limit = LATE_WHILE_DELIVERING_AFTER if is_delivering else LATE_AFTER
        return self.lag_seconds > limit.total_seconds()

    def state_of(self, kind: Kind) -> State:
        """Return the state of one kind of process; of a working one that sweeps, `late` if delivery is."""
        own = next((each.state for each in self.processes if each.kind == kind), State.STOPPED)
        return State.LATE if own == State.WORKING and kind != Kind.MAILER and self.is_late else own

    @property
    def is_stale(self) -> bool:
        """Whether sweeps are considered dead: the heartbeat is missing or older than STALE_AFTER (`>`)."""
        return self.seconds_since_sweep is None or self.seconds_since_sweep > STALE_AFTER.total_seconds()

    @property
    def is_due_count_capped(self) -> bool:
        return self.due_count == MAX_COUNTED

    @property
    def overdue_text(self) -> str:
        """How many reminders are overdue, and how long the oldest reminder or announcement has been, in words."""
        numbers = {"count": self.due_count, "lag": floatformat(self.lag_seconds, 0)}
        if self.is_due_count_capped:
            return _("Overdue reminders: %(count)s or more. Longest delay: %(lag)s s.") % numbers
        if self.lag_seconds:
            return _("Overdue reminders: %(count)s. Longest delay: %(lag)s s.") % numbers
        return _("Nothing overdue.")


def sweep_health(at: datetime) -> SweepHealth:
    """Return the sweep's health at `at`, a time of the database's clock.

    At most five queries, or seven if something is late. Each is on an index and reads at most MAX_COUNTED rows.
    """
    heartbeat = Heartbeat.objects.filter(pk=Heartbeat.SINGLETON_ID).first()
    oldest_reminder = _oldest_reminder(at)
    announcements = Announcement.objects.due(at).order_by("due_at")
    oldest_announcement = announcements.values_list("due_at", flat=True).first()
    waiting_since = min((each for each in (oldest_reminder, oldest_announcement) if each), default=at)
    return SweepHealth(
        swept_at=heartbeat.swept_at if heartbeat else None,
        seconds_since_sweep=max(0.0, (at - heartbeat.swept_at).total_seconds()) if heartbeat else None,
        lag_seconds=(at - waiting_since).total_seconds(),
        due_count=Reminder.objects.due(at)[:MAX_COUNTED].count() if oldest_reminder else 0,
        missed_count=heartbeat.missed_count if heartbeat else 0,
        processes=process_healths(at),
    )


def _oldest_reminder(at: datetime) -> datetime | None:
    """Return when the oldest due reminder fell due, except for those that wait for a change to be announced first."""
    due = Reminder.objects.due(at).order_by("due_at")
    oldest = due.values_list("due_at", flat=True).first()
    if oldest is None or oldest >= at - LATE_AFTER:
        return oldest
    changes = Announcement.objects.changes().filter(due_at__gt=at - LONGEST_HOLD)
    held = set(changes.order_by().values_list("event_id", flat=True))
    if not held:
        return oldest
    first = due.values_list("event_id", "due_at")[:MAX_COUNTED]
    return next((due_at for event_id, due_at in first if event_id not in held), None)
