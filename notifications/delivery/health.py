"""The health of the sweep: when it last ran, how far behind it is, and how many reminders it has missed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from events.models import Announcement, Reminder
from notifications.models import Heartbeat

# Sweeps run every second and write the heartbeat every ten seconds. After this long they are considered dead.
STALE_AFTER = timedelta(seconds=60)
# Counting due reminders stops here, so that it is cheap however large the backlog is.
MAX_COUNTED = 10_000


@dataclass(frozen=True)
class SweepHealth:
    """The health of the sweep at one moment of the database's clock."""

    # None before the first sweep.
    swept_at: datetime | None
    # None before the first sweep; otherwise never negative.
    seconds_since_sweep: float | None
    # How long ago the oldest reminder or announcement that has not been sent was due; 0 if there is none.
    lag_seconds: float
    # Reminders that are due and have not been sent, at most MAX_COUNTED.
    due_count: int
    # Reminders that were due, but whose event had started before a sweep could send them, since the first sweep.
    missed_count: int

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


def heartbeat_age(at: datetime) -> timedelta | None:
    """Return how long ago the heartbeat was last written, or None before the first sweep. One query."""
    swept_at = Heartbeat.objects.filter(pk=Heartbeat.SINGLETON_ID).values_list("swept_at", flat=True).first()
    return at - swept_at if swept_at else None


def sweep_health(at: datetime) -> SweepHealth:
    """Return the sweep's health at `at`, a time of the database's clock. At most four queries, each on an index."""
    heartbeat = Heartbeat.objects.filter(pk=Heartbeat.SINGLETON_ID).first()
    due = Reminder.objects.due(at)
    oldest_reminder = due.order_by("due_at").values_list("due_at", flat=True).first()
    announcements = Announcement.objects.due(at).order_by("due_at")
    oldest_announcement = announcements.values_list("due_at", flat=True).first()
    waiting_since = min((each for each in (oldest_reminder, oldest_announcement) if each), default=at)
    return SweepHealth(
        swept_at=heartbeat.swept_at if heartbeat else None,
        seconds_since_sweep=max(0.0, (at - heartbeat.swept_at).total_seconds()) if heartbeat else None,
        lag_seconds=(at - waiting_since).total_seconds(),
        due_count=due[:MAX_COUNTED].count() if oldest_reminder else 0,
        missed_count=heartbeat.missed_count if heartbeat else 0,
    )
