"""The Celery task that sweeps."""

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from config import metrics
from notifications.delivery import sweeper
from notifications.health.processes import Kind
from notifications.health.readiness import readiness
from notifications.health.record import Record

record = Record(Kind.WORKER)


@shared_task(name="notifications.sweep")
def sweep() -> None:
    with record.one_pass():
        sweeper.sweep(on_turn=record.turn)


@worker_ready.connect
def serve_metrics(**options: Any) -> None:
    """Serve the metrics of the worker by its main process, once that has started those that sweep."""
    metrics.serve(lambda: readiness(record.kind))
