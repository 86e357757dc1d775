"""End a process that is stuck, so that whatever supervises it starts it again."""

import faulthandler

from django.conf import settings

# Of stderr. Celery replaces sys.stderr with an object that is no file.
STDERR = 2


def arm(seconds: float) -> None:
    """End this process with exit code 1 unless `arm` or `disarm` is called within `seconds`.

    The traceback of every thread is written to stderr first. This needs neither the interpreter's lock nor a signal, so
    it also works if the process hangs in C code. Its clock does not run while the machine sleeps.

    The embedded deployment has no watchdog, because nothing would start its processes again.
    """
    if not settings.EMBEDDED:
        faulthandler.dump_traceback_later(seconds, exit=True, file=STDERR)


def disarm() -> None:
    if not settings.EMBEDDED:
        faulthandler.cancel_dump_traceback_later()
