"""The scheduler of Celery beat, which shows that it ticks and does not let beat hang."""

import logging
from pathlib import Path
from typing import Any

from celery.beat import Scheduler
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
