"""What the background processes record of themselves, by which others judge whether they work."""

from datetime import UTC, datetime, timedelta

from django.db import Error as DatabaseError
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from config.database import database_now
from notifications.health.processes import Kind
from notifications.models import ProcessHeartbeat

WRITE_INTERVAL = timedelta(seconds=10)
# A kind works again once none of its processes has failed for this long. One good turn does not show that: it may have
# skipped the event that fails because another sweep had just locked it. The longest pause between two attempts is 10 s.
CALM = timedelta(seconds=30)


class HeartbeatWriter:
    """Records what one process does in the row of its kind.

    It writes at most once per WRITE_INTERVAL, and whenever a failure follows a success or a success a failure.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._written_at = datetime.min.replace(tzinfo=UTC)
        self._was_failing = False
        self._failures = 0
        self._delivered_at: datetime | None = None

    def note(self, *, at: datetime, failed: int = 0, delivered: int = 0) -> None:
        """Note a turn that ended at `at`, how many of its batches failed, and how many notifications or emails it sent.

        Two queries if it writes, otherwise none.
        """
        self._failures += failed
        self._delivered_at = at if delivered else self._delivered_at
        is_failing = bool(failed)
        # Earlier than the last time: the clock of the database was set back, so the row is in the future.
        is_recent = self._written_at <= at < self._written_at + WRITE_INTERVAL
        if is_failing == self._was_failing and is_recent:
            return
        _write(self.kind, at=at, failures=self._failures, delivered_at=self._delivered_at)
        self._written_at, self._was_failing = at, is_failing
        self._failures, self._delivered_at = 0, None

    def note_failure(self) -> None:
        """Note that a pass has ended with an exception, if the database can be reached to note it."""
        try:
            self.note(at=database_now(), failed=1)
        except DatabaseError:
            # The row grows old, which shows that nothing is done.
            self._was_failing = True


def _write(kind: Kind, *, at: datetime, failures: int, delivered_at: datetime | None) -> None:
    """Record a turn, so that several processes of a kind may do it simultaneously."""
    row, _ = ProcessHeartbeat.objects.get_or_create(kind=kind, defaults={"worked_at": at})
    changes: dict[str, object] = {"worked_at": at}
    if delivered_at:
        changes["delivered_at"] = delivered_at
    rows = ProcessHeartbeat.objects.filter(pk=row.pk)
    if failures:
        changes["failing_since"] = Coalesce("failing_since", Value(at))
        changes["failed_at"] = at
        changes["failure_count"] = F("failure_count") + failures
    elif row.failing_since:
        calm = {"failing_since": None, "failed_at": None, "failure_count": 0}
        is_over = Q(failed_at__lte=at - CALM) | Q(failed_at__gte=at + CALM)  # later only if the clock was set back
        rows.filter(is_over).update(**calm)
    rows.update(**changes)
