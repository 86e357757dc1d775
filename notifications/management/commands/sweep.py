"""`manage.py sweep`: the sweep without Celery and without Redis, once or for ever."""

import threading

from notifications.delivery import sweeper
from notifications.management.loop import LoopCommand


class Command(LoopCommand):
    """A sweep is idempotent: any number may run beside each other and beside Celery's."""

    help = "Deliver due notifications: once, or with --loop until stopped."
    name = "the sweep"
    done = "Swept"
    # While Redis is away a notification waits for this and then for the feed's position check.
    pause_seconds = 2.0

    def work(self, stop: threading.Event) -> dict[str, int]:
        return sweeper.sweep()
