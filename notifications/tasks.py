"""The Celery task that sweeps."""

from celery import shared_task

from notifications.delivery import sweeper
from notifications.delivery.record import Kind, Record

record = Record(Kind.WORKER)


@shared_task(name="notifications.sweep")
def sweep() -> None:
    with record.one_pass():
        sweeper.sweep(on_turn=record.turn)
