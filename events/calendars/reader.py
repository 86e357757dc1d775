"""Read calendar files in a separate process with limited time and memory, because they may come from anybody."""

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.calendars.contents import CalendarFile
from events.calendars.stored import OTHER_FORM, calendar_from_json
from events.exceptions import InvalidCalendar

logger = logging.getLogger(__name__)

MEGABYTE = 2**20
MAX_FILE_MEGABYTES = 10
# The limits of the process, whose start alone takes a fifth of a second and 30 MB.
MAX_SECONDS = 10
MAX_MEMORY_BYTES = 300 * MEGABYTE
# The answer is larger than the file, because JSON writes some characters as six bytes.
MAX_ANSWER_BYTES = 32 * MEGABYTE
OUT_OF_MEMORY = 3

# A new interpreter can be started from threads and from Celery workers, which must not fork, and it inherits neither
# the database connection nor secrets. The inherited variables say where the system keeps libraries and time zones.
COMMAND = [sys.executable, "-m", "events.calendars"]
INHERITED = {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONTZPATH"}
PROJECT = Path(__file__).parents[2]


def read_calendar(content: bytes, *, default_zone: ZoneInfo) -> CalendarFile:
    """Return what `parse_calendar` returns for a file, with remarks in the active language.

    Raises:
        InvalidCalendar: `parse_calendar` refuses the file, or the file is too large or takes too much time or memory.
    """
    if len(content) > MAX_FILE_MEGABYTES * MEGABYTE:
        raise too_large(MAX_FILE_MEGABYTES)
    answer = _answer(content, default_zone.key, get_language() or settings.LANGUAGE_CODE)
    try:
        found = json.loads(answer)
        refusal = found.pop("refusal")
        calendar = calendar_from_json(found)
    except OTHER_FORM as error:
        raise _unreadable(repr(error)) from error
    if refusal:
        raise InvalidCalendar(str(refusal))
    return calendar


def too_large(megabytes: int) -> InvalidCalendar:
    """Return the refusal of a file that is larger than this."""
    return InvalidCalendar(_("Calendar files can be up to %(limit)s MB.") % {"limit": megabytes})


def _answer(content: bytes, *arguments: str) -> bytes:
    """Start the process and return its answer.

    Raises:
        InvalidCalendar: the process died or reached a limit.
    """
    inherited = {name: value for name, value in os.environ.items() if name in INHERITED}
    # The answer is written to a file, because the system can limit the size of a file.
    with TemporaryFile() as answer:
        try:
            done = subprocess.run(  # noqa: S603 - no part of the file is in the command
                [*COMMAND, *arguments],
                # Python looks for modules in the working directory first. In another directory it might import a module
                # that happens to have the name of a library.
                cwd=PROJECT,
                env=inherited,
                input=content,
                stdout=answer,
                stderr=subprocess.DEVNULL,
                timeout=MAX_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise _too_costly() from error
        size = answer.seek(0, os.SEEK_END)
        if size >= MAX_ANSWER_BYTES or done.returncode in {OUT_OF_MEMORY, -signal.SIGKILL, -signal.SIGXCPU}:
            raise _too_costly()
        if done.returncode:
            raise _unreadable(f"exit status {done.returncode}")
        answer.seek(0)
        return answer.read()


def _too_costly() -> InvalidCalendar:
    return InvalidCalendar(_("Reading this calendar takes too much time or memory."))


def _unreadable(reason: str) -> InvalidCalendar:
    logger.error("the process that reads a calendar gave no answer: %s", reason)
    return InvalidCalendar(_("The calendar couldn’t be read."))
