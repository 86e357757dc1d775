"""Log the failures of a server once per outage, with the reason, rather than once per request."""

import logging
import time
from threading import Lock


def reason(error: BaseException) -> str:
    """Return why something failed, in one line. The timeouts of asyncio have no message of their own."""
    said = " ".join(str(error).split())
    if not said:
        said = "no answer in time" if isinstance(error, TimeoutError) else "no reason given"
    return f"{type(error).__name__}: {said}"


class Outage:
    """Logs one line when an outage begins, one for each further kind of error, and one when it ends."""

    def __init__(self, logger: logging.Logger, what: str, *, meanwhile: str) -> None:
        self._logger = logger
        self._what = what
        self._meanwhile = meanwhile
        self._lock = Lock()
        self._kinds: set[type[BaseException]] = set()
        self._began_at = 0.0

    def note(self, error: BaseException) -> None:
        """Record a failure, which may begin an outage."""
        with self._lock:
            if not self._kinds:
                self._began_at = time.monotonic()
            is_new = type(error) not in self._kinds
            self._kinds.add(type(error))
        if is_new:
            self._logger.warning("%s fails, %s: %s", self._what, self._meanwhile, reason(error))

    def end(self) -> None:
        """Record a success, which ends an outage. It takes no lock while there is none."""
        if not self._kinds:
            return
        with self._lock:
            was_away, self._kinds = bool(self._kinds), set()
            seconds = time.monotonic() - self._began_at
        if was_away:
            self._logger.warning("%s works again after %.0f s", self._what, seconds)


class _Minutes:
    """Remembers when each kind of failure was logged last."""

    QUIET_SECONDS = 60

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def is_first(self, kind: str) -> bool:
        """Return whether the kind has not been logged within the last minute, and if so, remember that it is now."""
        now = time.monotonic()
        if kind in self._logged_at and now - self._logged_at[kind] < self.QUIET_SECONDS:
            return False
        # Forget the others, because the kinds may be any number.
        recent = {each: at for each, at in self._logged_at.items() if now - at < self.QUIET_SECONDS}
        self._logged_at = recent | {kind: now}
        return True


class OnceAMinute(logging.Filter):
    """Logs each kind of failure at most once a minute, without its traceback, for libraries that retry for ever."""

    def __init__(self) -> None:
        super().__init__()
        self._minutes = _Minutes()

    def filter(self, record: logging.LogRecord) -> bool:
        error = _error_of(record)
        if error is None:
            return True
        _replace_traceback(record, error)
        return self._minutes.is_first(f"{record.name} {type(error).__name__}")


class TracebackOnceAMinute(logging.Filter):
    """Logs every failure, but the traceback of each kind at most once a minute, for what fails during an outage."""

    def __init__(self) -> None:
        super().__init__()
        self._minutes = _Minutes()

    def filter(self, record: logging.LogRecord) -> bool:
        error = _error_of(record)
        if error is not None and not self._minutes.is_first(f"{record.name} {reason(error)}"):
            _replace_traceback(record, error)
        return True


def _error_of(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info else None


def _replace_traceback(record: logging.LogRecord, error: BaseException) -> None:
    """Put the reason of the error in place of its traceback."""
    record.exc_info, record.exc_text = None, None
    # celery.beat writes the stack into the message itself.
    what, why = record.getMessage().partition("\n")[0], reason(error)
    record.msg, record.args = ("%s", (what,)) if str(error) in what else ("%s %s", (what, why))
