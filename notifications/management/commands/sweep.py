"""`manage.py sweep`: run the sweep without Celery and Redis, once or repeatedly."""

import threading

from notifications.delivery import sweeper
from notifications.delivery.batches import OnTurn
from notifications.health.processes import Kind
from notifications.health.record import Record
from notifications.management.loop import LoopCommand


class Command(LoopCommand):
    """Sweep. Any number of sweeps may run simultaneously, including those of Celery."""

    help = "Deliver due notifications: once, or with --loop until stopped."
    name = "the sweep"
    done = "Swept"
    # While Redis is unavailable, a notification waits for this pause and then for the feed's position check.
    pause_seconds = 2.0

    def work(self, stop: threading.Event, on_turn: OnTurn) -> dict[str, int]:
        return sweeper.sweep(on_turn=on_turn)

    def make_record(self) -> Record:
        return Record(Kind.SWEEPER)
