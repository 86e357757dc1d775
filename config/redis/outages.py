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


class OnceAMinute(logging.Filter):
    """Logs each kind of failure at most once a minute, without its traceback, for libraries that retry for ever."""

    QUIET_SECONDS = 60

    def __init__(self) -> None:
        super().__init__()
        self._passed_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info or not record.exc_info[1]:
            return True
        error, record.exc_info, record.exc_text = record.exc_info[1], None, None
        # celery.beat writes the stack into the message itself.
        what, why = record.getMessage().partition("\n")[0], reason(error)
        record.msg, record.args = ("%s", (what,)) if str(error) in what else ("%s %s", (what, why))
        now, kind = time.monotonic(), f"{record.name} {type(error).__name__}"
        if now - self._passed_at.get(kind, -self.QUIET_SECONDS) < self.QUIET_SECONDS:
            return False
        self._passed_at[kind] = now
        return True
