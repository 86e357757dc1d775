"""Celery beat: a scheduler that shows that it ticks and does not let beat hang, and beat as a thread of a worker."""

import logging
import os
import signal
from pathlib import Path
from threading import Thread
from typing import Any

from celery import bootsteps
from celery.beat import Scheduler, Service
from django.conf import settings

from config import watchdog

# A tick takes milliseconds. While beat waits for Redis, it shows life after each attempt, at most 30 s apart. Only a
# Redis that accepts connections and does not answer holds beat up for longer. Restarting beat then loses nothing.
PATIENCE_SECONDS = 300.0

# Its messages are logged at most once a minute.
logger = logging.getLogger("celery.beat")


class TickingScheduler(Scheduler):
    """Celery's scheduler in memory. It touches BEAT_TICK_FILE at each tick, and after each attempt to reach Redis."""

    def tick(self, **options: Any) -> float:
        show_life()
        pause: float = super().tick(**options)
        show_life()
        return pause

    def _ensure_connected(self) -> Any:
        """Wait for Redis as Celery does, and show life meanwhile."""

        def note(error: Exception, interval: float) -> None:
            logger.error("beat: Connection error: %s. Trying again in %s seconds...", error, interval)
            show_life()

        return self.connection.ensure_connection(note, self.app.conf.broker_connection_max_retries)


def show_life() -> None:
    """Give the watchdog PATIENCE_SECONDS again, and touch BEAT_TICK_FILE."""
    watchdog.arm(PATIENCE_SECONDS)
    if settings.BEAT_TICK_FILE:
        Path(settings.BEAT_TICK_FILE).touch()


class BeatStep(bootsteps.StartStopStep):
    """Runs beat in a thread of a worker that is started with `--beat-thread`.

    Celery's own `--beat` forks a process of 60 MB, and does not notice if that dies.
    """

    def __init__(self, worker: Any, *, beat_thread: bool = False, **options: Any) -> None:
        self.enabled = beat_thread
        super().__init__(worker, **options)

    def create(self, worker: Any) -> "BeatThread":
        return BeatThread(worker.app)


class BeatThread(Thread):
    """Requests sweeps as `celery beat` does. If that fails, the worker ends."""

    def __init__(self, app: Any) -> None:
        super().__init__(name="beat", daemon=True)
        self._service = Service(app, scheduler_cls=TickingScheduler, remote_control=False)

    def run(self) -> None:
        try:
            self._service.start()
        except Exception:
            os.kill(os.getpid(), signal.SIGTERM)
            raise

    def stop(self) -> None:
        """Ask it to stop, without waiting: it may be waiting for Redis."""
        self._service.stop()
