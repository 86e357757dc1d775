"""Run Celery as in production, but with batches so small that a kill interrupts work.

`celery --app tests.faults.small_batches worker`
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.celery import app  # noqa: E402 - needs Django set up
from notifications.delivery import batches  # noqa: E402 - needs Django set up

__all__ = ["app"]

batches.BATCH_SIZE = 50
