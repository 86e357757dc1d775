"""Celery's doorway to the sweep."""

from celery import shared_task

from notifications import services


@shared_task(name="notifications.sweep")
def sweep() -> None:
    services.sweep()
