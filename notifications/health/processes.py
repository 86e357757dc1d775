"""The health of the background processes: worker (with beat), sweeper and mailer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from notifications.models import ProcessHeartbeat

Kind = ProcessHeartbeat.Kind

# Sweeps run every second and write their heartbeats every ten seconds. After this long they are considered dead.
STALE_AFTER = timedelta(seconds=60)


class State(TextChoices):
    WORKING = "working", _("Working")
    # It works, but something is overdue.
    LATE = "late", _("Late")
    # It runs, but what it does fails.
    FAILING = "failing", _("Failing")
    # It has not done anything for long, or never has.
    STOPPED = "stopped", _("Stopped")


@dataclass(frozen=True)
class ProcessHealth:
    """The health of one kind of process at one moment of the database's clock. Times are None if it never did that."""

    kind: Kind
    seconds_since_work: float | None
    seconds_since_delivery: float | None = None
    # For how long its work has been failing, and how many batches or passes have failed since then.
    failing_seconds: float | None = None
    failure_count: int = 0

    @property
    def state(self) -> State:
        if self.seconds_since_work is None or self.seconds_since_work > stale_after(self.kind).total_seconds():
            return State.STOPPED
        return State.WORKING if self.failing_seconds is None else State.FAILING

    @property
    def text(self) -> str:
        """What an operator reads about it, in a sentence."""
        if self.seconds_since_work is None:
            return gettext("No run yet.")
        age = gettext("Last run %(seconds)d s ago.") % {"seconds": self.seconds_since_work}
        if self.failing_seconds is None:
            return age
        failures = ngettext(
            "%(count)d failure in the last %(seconds)d s.",
            "%(count)d failures in the last %(seconds)d s.",
            self.failure_count,
        )
        return f"{age} {failures % {'count': self.failure_count, 'seconds': self.failing_seconds}}"


def stale_after(kind: Kind) -> timedelta:
    """Return after how long without a sign of life a kind of process is considered dead.

    The mailer may wait for the mail server in vain twice: for the answer to a command, and to end the connection.
    """
    waiting = timedelta(seconds=2 * settings.EMAIL_TIMEOUT) if kind == Kind.MAILER else timedelta(0)
    return STALE_AFTER + waiting


def expected_kinds() -> tuple[Kind, ...]:
    """Return the kinds of process that this deployment runs. Only production has a sweeper."""
    return (Kind.WORKER, Kind.MAILER) if settings.EMBEDDED else (Kind.WORKER, Kind.SWEEPER, Kind.MAILER)


def process_healths(at: datetime) -> tuple[ProcessHealth, ...]:
    """Return the health of each expected kind, also if it has never run. One query."""
    rows = {row.kind: row for row in ProcessHeartbeat.objects.all()}
    return tuple(_health(kind, rows.get(kind), at=at) for kind in expected_kinds())


def _health(kind: Kind, row: ProcessHeartbeat | None, *, at: datetime) -> ProcessHealth:
    if row is None:
        return ProcessHealth(kind, None)

    def seconds_since(moment: datetime | None) -> float | None:
        return max(0.0, (at - moment).total_seconds()) if moment else None

    return ProcessHealth(
        kind,
        seconds_since_work=seconds_since(row.worked_at),
        seconds_since_delivery=seconds_since(row.delivered_at),
        failing_seconds=seconds_since(row.failing_since),
        failure_count=row.failure_count,
    )
