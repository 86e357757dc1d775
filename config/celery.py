"""The Celery application: `celery -A config worker` and `celery -A config beat`."""

import logging
import os
import sys
from typing import Any, TextIO

from celery import Celery
from celery.signals import setup_logging, task_prerun
from click import Option
from django.conf import settings
from django.utils.log import configure_logging

from config.logs import context

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks would import all pages, which take 12 MB that neither worker nor beat needs.
os.environ.setdefault("CELERY_SKIP_CHECKS", "true")

app = Celery("events")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.user_options["worker"].add(
    Option(["--beat-thread"], is_flag=True, help="Run beat as well, in a thread, as the embedded deployment does.")
)
app.steps["worker"].add("config.beat:BeatStep")


@setup_logging.connect
def _log_as_others_do(**_: Any) -> None:
    """Set up logging as in all other processes. Celery then adds no handlers, formats or levels of its own."""
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    if settings.LOG_FORMAT == "json":
        from celery.apps import worker  # beat does not need it

        worker.safe_say = _say


@task_prerun.connect
def _begin_task(task_id: str, **_: Any) -> None:
    context.begin(task_id)


def _say(text: str, _stream: TextIO | None = None) -> None:
    """Write a line of the log with what the worker says when it is asked to stop.

    This runs in a signal handler, where a logger could wait for a lock that the interrupted code holds.
    """
    record = logging.LogRecord("celery.worker", logging.INFO, __file__, 0, text, (), None)
    [handler, *_] = logging.getLogger().handlers
    os.write(sys.stderr.fileno(), f"{handler.format(record)}\n".encode())
