"""Celery's doorway to the sweep."""

from celery import shared_task

from notifications.delivery import sweeper


@shared_task(name="notifications.sweep")
def sweep() -> None:
    sweeper.sweep()
