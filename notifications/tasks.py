"""The Celery task that sweeps."""

from celery import shared_task

from notifications.delivery import sweeper


@shared_task(name="notifications.sweep")
def sweep() -> None:
    sweeper.sweep()
