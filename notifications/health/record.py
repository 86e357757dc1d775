"""How a process records its work: in the database, for its watchdog and in its metrics."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from config import metrics, watchdog
from notifications.health.heartbeats import HeartbeatWriter
from notifications.health.processes import Kind

# A turn of the sweep takes seconds. If the database freezes, its clients give up within a minute, see
# DB_READ_TIMEOUT_SECONDS. So after this long, something hangs that has no time limit of its own.
SWEEP_PATIENCE_SECONDS = 300.0
# The numbers among what a turn reports that count notifications or emails.
DELIVERED = ("deliver_reminders", "deliver_announcements", "sent")


class Record:
    """Records the passes and turns of one process. `patience_seconds` is the longest time that a turn may take."""

    def __init__(self, kind: Kind, *, patience_seconds: float = SWEEP_PATIENCE_SECONDS) -> None:
        self.kind = kind
        self._heartbeat = HeartbeatWriter(kind)
        self._patience_seconds = patience_seconds

    @contextmanager
    def one_pass(self) -> Iterator[None]:
        """Record a pass. An exception that ends it counts as a failure, and is raised again."""
        watchdog.arm(self._patience_seconds)
        began = time.perf_counter()
        try:
            yield
        except Exception:
            if connection.errors_occurred:
                connection.close()  # so that the failure can be noted through a new one
            metrics.FAILURES.labels(self.kind).inc()
            self._heartbeat.note_failure()
            raise
        finally:
            metrics.PASS_SECONDS.labels(self.kind).observe(time.perf_counter() - began)
            watchdog.disarm()

    def turn(self, at: datetime, done: Mapping[str, int]) -> None:
        """Record a turn that ended at `at`, with what it has done.

        `failed` counts batches of a sweep. An email that a server refused is no failure of the mailer.
        """
        watchdog.arm(self._patience_seconds)
        failed = 0 if self.kind == Kind.MAILER else done.get("failed", 0)
        metrics.FAILURES.labels(self.kind).inc(failed)
        for step, count in done.items():
            if count:
                metrics.HANDLED.labels(self.kind, step).inc(count)
        self._heartbeat.note(at=at, failed=failed, delivered=sum(done.get(name, 0) for name in DELIVERED))
