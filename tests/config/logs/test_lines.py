"""Test the lines of a log: their fields, and that no part of them contains a secret."""

import json
import logging
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from config.logs import context
from config.logs.lines import JsonLines, TextLines
from config.logs.processes import process_kind

SECRET = "database-password"


def record(message: object, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("events.x", logging.WARNING, "x", 1, message, args, None)
    made.created = datetime(2030, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC).timestamp()
    vars(made).update(extra)
    return made


def as_object(made: logging.LogRecord) -> dict[str, Any]:
    line = JsonLines(secrets=[SECRET]).format(made)
    assert "\n" not in line
    read: dict[str, Any] = json.loads(line)
    return read


def test_object_has_these_fields() -> None:
    context.begin("a-request")
    context.identify(7)

    fields = as_object(record("%d of %d", 1, 2))

    assert isinstance(fields.pop("pid"), int)
    assert fields.pop("process")
    assert fields == {
        "time": "2030-01-02T03:04:05.678Z",
        "level": "WARNING",
        "logger": "events.x",
        "message": "1 of 2",
        "request_id": "a-request",
        "user_id": 7,
    }


def test_text_of_a_stranger_makes_no_line_of_its_own() -> None:
    made = record("the database failed: GET %s", "/a\n2030-01-02 03:04:05,678 ERROR forged: \x1b[2J\r\x85\u2028\tb")

    line = TextLines().format(made)

    assert line.endswith(r"failed: GET /a\n2030-01-02 03:04:05,678 ERROR forged: \x1b[2J\r\x85\u2028" + "\tb")


def test_every_part_is_redacted_before_it_is_encoded() -> None:
    try:
        raise ValueError('{"refresh": "hush"}')
    except ValueError:
        made = record("to %s", "ada@example.org", where={"a\nb": ["/?invite=hush", SECRET]}, who=object(), n=Decimal(1))
        made.exc_info = sys.exc_info()

    fields = as_object(made)

    assert fields["message"] == "to [redacted]"
    assert fields["where"] == {"a\nb": ["/?invite=[redacted]", "[redacted]"]}
    assert fields["n"] == "1"
    assert fields["who"].startswith("<object object")
    assert fields["exception"].splitlines()[-1] == 'ValueError: {"refresh": "[redacted]"}'


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "\ud800", datetime(2030, 1, 2, tzinfo=UTC), {1, 2}, b"\xff"]
)
def test_any_value_can_be_read_as_json(value: object) -> None:
    line = JsonLines().format(record("x", value=value))

    assert json.loads(line, parse_constant=pytest.fail)["value"] is not None


def test_dictionary_as_a_message_becomes_fields() -> None:
    assert as_object(record({"step": "/?invite=hush"}))["step"] == "/?invite=[redacted]"


def test_objects_of_libraries_are_left_out() -> None:
    assert {"request", "data"} & as_object(record("x", request=object(), data={"args": ()})).keys() == set()


def test_text_names_the_id_if_there_is_one() -> None:
    context.begin("a-request")
    with_id = TextLines().format(record("hello"))
    with context.on_behalf_of("another-request"):
        of_another = TextLines().format(record("hello"))

    assert with_id.endswith("WARNING events.x [a-request]: hello")
    assert of_another.endswith("WARNING events.x [another-request]: hello")


def test_work_without_a_cause_keeps_the_id_of_its_pass() -> None:
    own_id = context.begin()
    context.identify(7)

    with context.on_behalf_of("", user_id=8):
        inside = context.request_id(), context.user_id()

    assert inside == (own_id, 8)
    assert (context.request_id(), context.user_id()) == (own_id, 7)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (["/venv/bin/granian", "--interface", "wsgi"], "web"),
        (["/venv/bin/daphne", "config.asgi:application"], "feed"),
        (["/site/notifications/feed/server.py", "--verbosity", "0", "config.asgi:application"], "feed"),
        (["/venv/bin/celery", "--app", "config", "--quiet", "worker"], "worker"),
        (["/venv/bin/celery", "--app", "config", "beat"], "beat"),
        (["/venv/bin/celery", "--app", "config", "inspect", "ping"], "celery"),
        (["manage.py", "send_mail", "--loop"], "mailer"),
        (["manage.py", "sweep", "--loop"], "sweeper"),
        (["manage.py", "migrate"], "migrate"),
        (["manage.py"], "manage.py"),
        ([], ""),
    ],
)
def test_kind_of_a_process_follows_from_its_command(arguments: list[str], kind: str) -> None:
    assert process_kind(arguments) == kind
