"""`manage.py sweep`: the sweep without Celery and without Redis, once or for ever."""

import logging
import random
import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections

from notifications import services

logger = logging.getLogger(__name__)

# The longest pause between two attempts while the database is away.
MAX_BACKOFF_SECONDS = 60.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    """A sweep is idempotent: any number may run beside each other and beside Celery's."""

    help = "Tell people what has fallen due: once, or with --loop until SIGTERM or SIGINT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help="go on until SIGTERM or SIGINT")
        parser.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="the pause of --loop (5)")

    def handle(self, *, loop: bool, every: float, **options: Any) -> None:
        if loop:
            with _stop_event() as stop:
                self._sweep_until(stop, every=every)
        else:
            self.stdout.write(_summary(services.sweep()))

    def _sweep_until(self, stop: threading.Event, *, every: float) -> None:
        """Sweep every so many seconds until told to stop; a database that is away is asked less and less often."""
        failures = 0
        while not stop.is_set():
            close_old_connections()
            try:
                report = services.sweep()
            except DatabaseError as error:
                failures += 1
                pause = _backoff(failures, every=every)
                logger.warning("the sweep failed, next attempt in %.0f s: %r", pause, error)
            except Exception:
                failures += 1
                pause = _backoff(failures, every=every)
                logger.exception("the sweep failed, next attempt in %.0f s", pause)
            else:
                failures, pause = 0, every
                if any(report.values()):
                    self.stdout.write(_summary(report))
                    self.stdout.flush()
            close_old_connections()
            stop.wait(pause)


@contextmanager
def _stop_event() -> Iterator[threading.Event]:
    """Yield an event that the first SIGTERM or SIGINT sets, so that a sweep under way is finished."""
    stop = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _backoff(failures: int, *, every: float) -> float:
    """Return how long to wait after so many failures in a row: doubling up to a cap, never all sweepers at once."""
    ceiling = max(every, min(every * 2 ** min(failures, 10), MAX_BACKOFF_SECONDS))
    return ceiling * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret


def _summary(report: dict[str, int]) -> str:
    """Say in one line what a sweep did: `deliver_reminders 3, missed 1`."""
    done = [f"{step} {count}" for step, count in report.items() if count]
    return f"Swept: {', '.join(done) or 'nothing was due'}."
