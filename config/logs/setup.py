"""Set up logging in every process: Django calls `configure`, which is LOGGING_CONFIG in the settings."""

import logging
import logging.config
import sys
import threading
from types import TracebackType
from typing import Any

from django.conf import settings

logger = logging.getLogger("python")


def configure(config: dict[str, Any]) -> None:
    """Apply LOGGING. With LOG_FORMAT=json, log crashes as JSON, and with SENTRY_DSN, report errors to Sentry."""
    logging.config.dictConfig(config)
    if settings.LOG_FORMAT == "json":
        _log_what_python_prints()
    if settings.SENTRY_DSN:
        from config.logs import sentry  # it costs memory and time, and few sites use it

        sentry.start(secrets=settings.LOG_SECRETS)


def _log_what_python_prints() -> None:
    """Log warnings, and the tracebacks of programs and threads that have failed. Python prints them as text."""
    logging.captureWarnings(True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_crash_of_thread
    sys.unraisablehook = _log_unraisable


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.critical("the process failed", exc_info=(kind, error, trace))


def _log_crash_of_thread(failure: threading.ExceptHookArgs) -> None:
    if failure.exc_value is None or issubclass(failure.exc_type, SystemExit):
        return
    name = failure.thread.name if failure.thread else "unknown"
    logger.error("thread %s failed", name, exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback))


def _log_unraisable(failure: Any) -> None:
    """Log an error that Python could not raise, for example one of a `__del__`."""
    error = failure.exc_value
    details = (failure.exc_type, error, failure.exc_traceback) if error is not None else None
    logger.error("%s %r", failure.err_msg or "ignored an exception in", failure.object, exc_info=details)
