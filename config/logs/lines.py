"""How a log record becomes a line: as text or as a JSON object, in both cases without secrets."""

import logging
import os
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from config.logs import context
from config.logs.processes import process_kind
from config.logs.redaction import Redaction

# Attributes that libraries add to records: objects of their own, and a second copy of the traceback.
ATTACHED = ["request", "data", "origin"]
# The control characters of C0 and C1 except for the tab, and two more that end lines, each as Python writes it.
_ESCAPED = {
    code: repr(chr(code))[1:-1] for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029) if code != ord("\t")
}


class TextLines(logging.Formatter):
    """Writes time, level, logger, the request id if there is one, the message and the traceback.

    Control characters of the message are escaped, because a URL may contain any: nobody can add a line of their own.
    """

    def __init__(self, *, secrets: Collection[str] = ()) -> None:
        super().__init__("{asctime} {levelname} {name}{origin}: {message}", style="{")
        self._redaction = Redaction(secrets)

    def format(self, record: logging.LogRecord) -> str:
        request_id = context.request_id()
        record.origin = f" [{request_id}]" if request_id else ""
        return self._redaction.of_text(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name in the base class
        return super().formatMessage(record).translate(_ESCAPED)


class JsonLines(JsonFormatter):
    """Writes an object with `time level logger message process pid request_id user_id`, and with `exception` if any.

    `time` is ISO 8601 in UTC. `request_id` and `user_id` are null if there is none. What the caller passes as `extra`
    is added.
    """

    def __init__(self, *, secrets: Collection[str] = ()) -> None:
        super().__init__(
            [],
            rename_fields={"exc_info": "exception", "stack_info": "stack"},
            reserved_attrs=[*RESERVED_ATTRS, *ATTACHED],
        )
        self._redaction = Redaction(secrets)
        self._kind = process_kind(sys.argv)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        moment = datetime.fromtimestamp(record.created, tz=UTC)
        log_data |= {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.message,
            "process": self._kind,
            "pid": record.process,
            "request_id": context.request_id() or None,
            "user_id": context.user_id(),
        }
        super().add_fields(log_data, record, message_dict)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        redacted: dict[str, Any] = self._redaction.of_value(log_data)
        return redacted


def for_granian() -> logging.Formatter:
    """Return the formatter of the settings for granian's own lines. Its main process does not set up Django.

    If the settings are refused, its workers say so.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        logging_settings: Any = settings.LOGGING
    except ImproperlyConfigured:
        return TextLines()
    options = dict(logging_settings["formatters"]["line"])
    formatter: logging.Formatter = import_string(options.pop("()"))(**options)
    return formatter
