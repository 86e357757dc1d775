"""Test the process that reads calendar files: its limits, and what happens if it fails."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from accounts.models import User
from events.calendars import CalendarItem, reader
from events.calendars.entries import MAX_COMPONENTS, parse_calendar
from events.exceptions import InvalidCalendar
from events.models import Event
from tests.paths import DATA

Runs = Callable[[str], None]
CONFERENCES = DATA / "conferences.ics"
EVERY_SECOND = DATA / "calendars" / "zone-changes-every-second.ics"
ROME = ZoneInfo("Europe/Rome")
TOO_COSTLY = "Reading this calendar takes too much time or memory."
UNREADABLE = "The calendar couldn’t be read."


def read(content: bytes) -> list[CalendarItem]:
    return reader.read_calendar(content, default_zone=ROME).items


def reason(content: bytes) -> str:
    with pytest.raises(InvalidCalendar) as refusal:
        read(content)
    return str(refusal.value.message)


@pytest.fixture
def process_runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Run another program instead of the reader's own."""
    return lambda code: monkeypatch.setattr(reader, "COMMAND", [sys.executable, "-c", code])


# --- What it reads ---


def test_process_answers_what_the_parser_finds() -> None:
    content = CONFERENCES.read_bytes()

    assert read(content) == parse_calendar(content, default_zone=ROME).items


def test_every_letter_crosses_the_border() -> None:
    title = "é 漢 🎷 \u2028 \x7f \\ \" ' </script>"
    content = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:{title}\nDTSTART:20270310\nEND:VEVENT\nEND:VCALENDAR\n"

    [item] = read(content.encode())

    assert [item] == parse_calendar(content.encode(), default_zone=ROME).items
    assert item.entry is not None
    assert "漢 🎷" in item.entry.headline


def test_zone_that_changes_every_second_is_unknown() -> None:
    items = read(EVERY_SECOND.read_bytes())

    remark = "Unknown time zone “My Zone”; times were read as Europe/Rome."
    assert [item.entry and item.entry.remarks for item in items] == [(remark,)] * 3


def test_reader_answers_in_the_language_of_the_caller() -> None:
    with translation.override("de"):
        [item, _] = read((DATA / "calendars" / "class-private.ics").read_bytes())

    assert item.entry is not None
    assert item.entry.remarks == (
        "In der Datei ist der Termin als nicht öffentlich gekennzeichnet (CLASS:PRIVATE), "
        "deshalb ist er es auch hier nicht.",
    )


def test_refusal_of_the_parser_crosses_the_border() -> None:
    assert reason(b"hello") == "This isn’t an iCalendar file (.ics): line 1 isn’t BEGIN:VCALENDAR."


def test_reader_works_in_a_thread() -> None:
    found: list[CalendarItem] = []
    thread = threading.Thread(target=lambda: found.extend(read(CONFERENCES.read_bytes())))

    thread.start()
    thread.join()

    assert len(found) == 4


# --- What it refuses ---


def test_reader_runs_no_code_from_the_folder_that_a_command_is_called_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "events"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)

    assert len(read(CONFERENCES.read_bytes())) > 1


def test_file_that_is_too_large_is_refused() -> None:
    assert reason(b" " * (reader.MAX_FILE_MEGABYTES * reader.MEGABYTE + 1)) == "Calendar files can be up to 10 MB."


@pytest.mark.parametrize("component", [b"BEGIN:A\nEND:A\n", b"END:VCALENDAR\nBEGIN:VCALENDAR\n"])
def test_file_with_too_many_components_is_refused(component: bytes) -> None:
    content = b"BEGIN:VCALENDAR\n" + component * MAX_COMPONENTS + b"END:VCALENDAR\n"

    assert reason(content) == "A calendar can have up to 20,000 entries."


def test_components_nested_without_end_are_read() -> None:
    content = b"BEGIN:VCALENDAR\n" + b"BEGIN:A\n" * 20_000 + b"END:A\n" * 20_000 + b"END:VCALENDAR\n"

    assert [item.reason for item in read(content)] == ["This isn’t an event (A)."]


# --- What becomes of a process that fails ---


def answered(item: str) -> str:
    """Return the code of a process that answers with one item."""
    return f"""print('{{"items": [{item}], "name": "", "remarks": [], "is_complete": true, "refusal": ""}}')"""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os._exit(7)", UNREADABLE),
        ("raise RuntimeError", UNREADABLE),
        ("import os; os.abort()", UNREADABLE),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", TOO_COSTLY),
        ("", UNREADABLE),
        ("print('rubbish')", UNREADABLE),
        ("print(5)", UNREADABLE),
        ("print('[' * 100_000)", UNREADABLE),
        ("import os; os.write(1, bytes(range(256)))", UNREADABLE),
        ("print('{}')", UNREADABLE),
        (answered('{"line": 1}'), UNREADABLE),
        (answered('{"line": 1, "entry": {"starts_at": 5}}'), UNREADABLE),
        (answered('{"line": 1, "entry": null, "__class__": 1}'), UNREADABLE),
        (f"print(' ' * {reader.MAX_ANSWER_BYTES})", TOO_COSTLY),
    ],
)
def test_process_that_dies_or_answers_rubbish_is_one_refusal(process_runs: Runs, code: str, message: str) -> None:
    process_runs(code)

    # More than fits in a pipe that nobody reads.
    assert reason(b"BEGIN:VCALENDAR\n" * 100_000) == message


def test_process_that_takes_too_long_is_ended(process_runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_SECONDS", 1)
    process_runs("import time; time.sleep(600)")  # which takes no time of the processor, whose limit is another

    assert reason(b"") == TOO_COSTLY


@pytest.mark.skipif(sys.platform == "darwin", reason="its kernel limits no memory; the time limit holds")
def test_process_that_takes_too_much_memory_is_ended(process_runs: Runs) -> None:
    process_runs(
        "import sys; from events.calendars import __main__ as process\n"
        "process.parse_calendar = lambda *args, **options: bytearray(process.MAX_MEMORY_BYTES)\n"
        "process.main(*sys.argv[1:])"
    )

    assert reason(b"") == TOO_COSTLY


def test_process_limits_what_it_writes(process_runs: Runs) -> None:
    process_runs(
        "import sys; from events.calendars import __main__ as process\n"
        "process._read = lambda *args: ['x' * 2**20] * 40\n"
        "process.main(*sys.argv[1:])"
    )

    assert reason(b"") == TOO_COSTLY


def test_process_inherits_no_secret(process_runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret")
    monkeypatch.setenv("LD_LIBRARY_PATH", os.environ.get("LD_LIBRARY_PATH", ""))
    process_runs(
        "import json, os; answer = {'items': [], 'name': '', 'remarks': [], 'is_complete': True};"
        "print(json.dumps({**answer, 'refusal': ' '.join(os.environ)}))"
    )

    assert set(reason(b"").split()) <= {
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH",
        "PYTHONPATH",
        "PYTHONTZPATH",
    }


@pytest.mark.django_db
def test_command_ends_with_one_clear_line_and_imports_nothing(organiser: User, process_runs: Runs) -> None:
    process_runs("import os; os.abort()")

    with pytest.raises(CommandError, match=r"conferences\.ics: The calendar couldn’t be read\.$") as error:
        call_command("import_calendar", str(CONFERENCES), "--author", "organiser")

    assert error.value.returncode == 1
    assert not Event.objects.exists()


def test_long_line_that_cannot_be_read_costs_little() -> None:
    line = "X-FOO;" + "'" * 200_000
    content = (
        f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Concert\nDTSTART:20270310T180000Z\n{line}\nEND:VEVENT\nEND:VCALENDAR"
    )

    [item] = read(content.encode())

    assert item.entry is not None
