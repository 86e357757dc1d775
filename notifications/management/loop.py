"""Commands that do their work once, or repeatedly until SIGTERM or SIGINT."""

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

from config import metrics
from config.logs import context
from notifications.delivery.batches import OnTurn, ignore_turn
from notifications.health.readiness import readiness
from notifications.health.record import Record

logger = logging.getLogger(__name__)

# The longest pause between two attempts while the database is away.
MAX_BACKOFF_SECONDS = 10.0
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class LoopCommand(BaseCommand):
    """A command whose `work` may run any number of times, even simultaneously.

    `name` is how log messages refer to it, `done` is how its reports begin, and `pause_seconds` is the default pause
    between runs with --loop.
    """

    name = ""
    done = ""
    pause_seconds = 5.0
    # All checks would import all pages, which take 12 MB that most passes never need.
    requires_system_checks = ["mail"]

    def work(self, stop: threading.Event, on_turn: OnTurn) -> dict[str, int]:
        """Do what is due, and return how much was done by kind. Work that may take long ends early if `stop` is set."""
        raise NotImplementedError

    def make_record(self) -> Record:
        """Return what records the passes with --loop. A single pass is not recorded, as it shows no running process."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        pause = self.pause_seconds
        parser.add_argument("--loop", action="store_true", help="repeat until SIGTERM or SIGINT")
        parser.add_argument(
            "--every",
            type=float,
            default=pause,
            metavar="SECONDS",
            help=f"pause between runs with --loop (default: {pause:g})",
        )

    def handle(self, *, loop: bool, every: float, **options: Any) -> None:
        if loop:
            with _stop_event() as stop:
                self._work_until(stop, every=every)
        else:
            self.stdout.write(self._summary(self.work(threading.Event(), ignore_turn)))

    def _work_until(self, stop: threading.Event, *, every: float) -> None:
        """Work at intervals of `every` seconds until `stop` is set. After failures, the pauses become longer.

        Each pass is logged with an id of its own.
        """
        failures = 0
        record = self.make_record()
        metrics.serve(lambda: readiness(record.kind))
        while not stop.is_set():
            close_old_connections()
            context.begin()
            try:
                with record.one_pass():
                    report = self.work(stop, record.turn)
            except DatabaseError as error:
                failures += 1
                pause = _backoff(failures, every=every)
                logger.warning("%s failed, next attempt in %.0f s: %r", self.name, pause, error)
            except Exception:
                failures += 1
                pause = _backoff(failures, every=every)
                logger.exception("%s failed, next attempt in %.0f s", self.name, pause)
            else:
                failures, pause = 0, every
                if any(report.values()):
                    logger.info(self._summary(report))
            close_old_connections()
            stop.wait(pause)

    def _summary(self, report: dict[str, int]) -> str:
        """Return one line about what was done, such as `Swept: deliver_reminders 3, missed 1.`"""
        done = [f"{step} {count}" for step, count in report.items() if count]
        return f"{self.done}: {', '.join(done) or 'nothing was due'}."


@contextmanager
def _stop_event() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM or SIGINT sets, so that work in progress is finished before the process ends."""
    stop = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stop.set()) for number in STOP_SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _backoff(failures: int, *, every: float) -> float:
    """Return how many seconds to wait after so many consecutive failures.

    The pause doubles with each failure, up to MAX_BACKOFF_SECONDS, or `every` if that is longer. It is shortened by up
    to half at random, so that several processes do not retry at the same moment.
    """
    ceiling = max(every, min(every * 2 ** min(failures, 10), MAX_BACKOFF_SECONDS))
    return ceiling * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret
