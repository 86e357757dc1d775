"""The process that `reader` starts, with a time zone and a language. It reads a calendar file and writes JSON."""

import json
import resource
import sys
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.utils import translation

from events.calendars.contents import CalendarFile
from events.calendars.entries import parse_calendar
from events.calendars.reader import MAX_ANSWER_BYTES, MAX_MEMORY_BYTES, MAX_SECONDS, OUT_OF_MEMORY, PROJECT
from events.calendars.stored import calendar_as_json
from events.exceptions import InvalidCalendar

LIMITS = {
    # `reader` ends the process after as many seconds. This limit ends it even if `reader` itself has ended.
    resource.RLIMIT_CPU: MAX_SECONDS,
    # macOS refuses or ignores this limit.
    resource.RLIMIT_AS: MAX_MEMORY_BYTES,
    resource.RLIMIT_FSIZE: MAX_ANSWER_BYTES,
    resource.RLIMIT_CORE: 0,
}


def main(zone: str, language: str) -> None:
    """Read a calendar file from standard input and write what it contains to standard output.

    Exits with status `OUT_OF_MEMORY` if that takes too much memory.
    """
    for limit, most in LIMITS.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    # Loading the project's own settings would take half a second and read secrets.
    settings.configure(LOCALE_PATHS=[PROJECT / "locale"], FORMAT_MODULE_PATH="config.formats")
    # For translations. `django.setup` would also import what answers requests, which takes a third of the start.
    apps.populate(())
    try:
        with translation.override(language):
            answer = _read(sys.stdin.buffer.read(), ZoneInfo(zone))
        json.dump(answer, sys.stdout)
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    sys.stdout.flush()


def _read(content: bytes, zone: ZoneInfo) -> dict[str, Any]:
    try:
        calendar = parse_calendar(content, default_zone=zone)
    except InvalidCalendar as refusal:
        return calendar_as_json(CalendarFile([])) | {"refusal": refusal.message}
    return calendar_as_json(calendar) | {"refusal": ""}


if __name__ == "__main__":
    main(*sys.argv[1:])
