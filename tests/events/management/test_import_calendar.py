"""Test `manage.py import_calendar`."""

from dataclasses import replace
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from config.database import database_now
from events.calendars import CalendarEntry, CalendarFile, CalendarItem
from events.management.commands import import_calendar
from events.models import Announcement, Event, ImportedEntry
from events.services import subscribe
from tests.paths import DATA

CONFERENCES = DATA / "conferences.ics"


def run(*args: Any, **options: Any) -> list[str]:
    """Run the command and return its lines without the seconds that it took."""
    output = StringIO()
    call_command("import_calendar", *map(str, args), stdout=output, **options)
    return [line.split(", in ")[0] for line in output.getvalue().splitlines()]


@pytest.fixture
def calendar_file(tmp_path: Path) -> Path:
    return tmp_path / "calendar.ics"


def test_import_twice_creates_then_changes_nothing(organiser: User) -> None:
    first = run(CONFERENCES, "--author", "organiser", "--state", "public")
    second = run(CONFERENCES, "--author", "organiser")

    assert first == ["conferences.ics: 4 created, 0 updated, 0 cancelled, 0 unchanged, 0 skipped"]
    assert second == ["conferences.ics: 0 created, 0 updated, 0 cancelled, 4 unchanged, 0 skipped"]
    assert Event.objects.owned_by(organiser).filter(state="public").count() == 4
    assert [event.headline for event in Event.objects.matching("kraków")] == ["BSides Kraków"]


def test_import_is_private_by_itself(organiser: User) -> None:
    run(CONFERENCES, "--author", "organiser")

    assert set(Event.objects.values_list("state", flat=True)) == {"private"}


def test_import_reports_what_it_skips_and_guesses(organiser: User, calendar_file: Path) -> None:
    calendar_file.write_text(
        "BEGIN:VCALENDAR\n"
        "BEGIN:VEVENT\nUID:one\nSUMMARY:Weekly\nDTSTART:20260701T180000Z\nRRULE:FREQ=WEEKLY\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:two\nSUMMARY:Undated\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:three\nSUMMARY:Off\nDTSTART:20260701T180000Z\nSTATUS:CANCELLED\nEND:VEVENT\n"
        "END:VCALENDAR\n"
    )

    assert run(calendar_file, "--author", "organiser") == [
        "created line 2, “Weekly”, UID one: Every week on Wednesday – first date only, for now",
        "skipped line 8, “Undated”, UID two: It has no start (DTSTART).",
        "skipped line 12, “Off”, UID three: The event has been cancelled.",
        "calendar.ics: 1 created, 0 updated, 0 cancelled, 0 unchanged, 2 skipped",
    ]


def test_import_reads_times_without_a_zone_in_the_organisers_zone(organiser: User, calendar_file: Path) -> None:
    organiser.time_zone = "Asia/Tokyo"
    organiser.save()
    calendar_file.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:one\nSUMMARY:Tea\nDTSTART:20260701T180000\nEND:VEVENT\nEND:VCALENDAR\n"
    )

    run(calendar_file, "--author", "organiser")

    assert Event.objects.get().time_zone == "Asia/Tokyo"


def write(path: Path, *events: str, name: str = "") -> None:
    """Write a calendar of events, each as its UID, its title and further lines, separated by commas."""
    lines = ["BEGIN:VCALENDAR", *([f"X-WR-CALNAME:{name}"] if name else [])]
    for uid, summary, *others in (event.split(",") for event in events):
        given = [*others, *([] if "DTSTART" in "".join(others) else ["DTSTART:20270701T180000Z"])]
        lines += ["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *given, "END:VEVENT"]
    path.write_text("\n".join([*lines, "END:VCALENDAR", ""]))


def test_dry_run_prints_the_plan_and_writes_nothing(
    organiser: User, subscriber: User, calendar_file: Path, at: datetime
) -> None:
    write(calendar_file, "one,Moved", "two,Off", "three,Same", "four,Gone", "five,Older,SEQUENCE:2")
    run(calendar_file, "--author", "organiser", "--state", "public")
    events = {event.headline: event for event in Event.objects.all()}
    for headline in ("Moved", "Gone"):
        subscribe(events[headline], actor=subscriber, at=at)
    write(
        calendar_file,
        "one,Much moved,DTSTART:20270702T180000Z,DTEND:20270702T190000Z",
        "two,Off,STATUS:CANCELLED",
        "three,Same",
        "five,Oldest,SEQUENCE:1",
        "six,New,DTSTART;VALUE=DATE:20270701,DTEND;VALUE=DATE:20270703",
        "seven,Undated,DTSTART:never",
    )
    before = [list(model.objects.order_by("pk").values()) for model in (Event, ImportedEntry, Announcement)]

    lines = run(calendar_file, "--author", "organiser", "--dry-run")

    assert before == [list(model.objects.order_by("pk").values()) for model in (Event, ImportedEntry, Announcement)]
    assert lines[:4] == [
        "updated line 2, “Much moved”, UID one: title: “Moved” → “Much moved”",
        "updated line 2, “Much moved”, UID one: times: 2027-07-01 18:00 UTC → 2027-07-02 18:00 – 2027-07-02 19:00 UTC",
        "cancelled line 8, “Off”, UID two",
        "older line 19, “Oldest”, UID five: "
        "The last import had a newer version, so nothing changes (SEQUENCE 2 there, 1 here).",
    ]
    assert lines[4] == "created line 25, “New”, UID six: 2027-07-01 – 2027-07-02"
    assert lines[5].startswith("skipped line 31, “Undated”, UID seven: ")
    assert lines[6:] == [
        f"vanished event {events['Gone'].pk}, “Gone”: 2027-07-01 18:00 UTC, 1 subscribed",
        "calendar.ics would be: 1 created, 1 updated, 1 cancelled, 1 unchanged, 1 older, 1 skipped, 1 vanished.",
        "People who would be notified: 1; 1 with --cancel-vanished.",
    ]


def test_recurrence_and_remarks_on_the_file_are_reported(
    entry: CalendarEntry, organiser: User, calendar_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly = replace(entry, recurrence="Every week")
    calendar = CalendarFile([CalendarItem(2, "one", "Concert", weekly)], remarks=("A line was left out.",))
    monkeypatch.setattr(import_calendar, "read_calendar", lambda *_args, **_options: calendar)
    calendar_file.touch()

    assert run(calendar_file, "--author", "organiser") == [
        "A line was left out.",
        "created line 2, “Concert”, UID one: Every week – first date only, for now",
        "calendar.ics: 1 created, 0 updated, 0 cancelled, 0 unchanged, 0 skipped",
    ]


def test_organiser_who_is_suspended_meanwhile_is_one_clear_line(
    organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = import_calendar.read_calendar

    def suspend(*args: Any, **options: Any) -> CalendarFile:
        User.objects.filter(pk=organiser.pk).update(is_active=False)
        return whole(*args, **options)

    monkeypatch.setattr(import_calendar, "read_calendar", suspend)
    with pytest.raises(CommandError, match=r"^This account is no longer active\.$"):
        run(CONFERENCES, "--author", "organiser")

    assert not Event.objects.exists()


def test_import_applies_what_the_dry_run_says(organiser: User, calendar_file: Path) -> None:
    write(calendar_file, "one,Moved", "two,Off")
    run(calendar_file, "--author", "organiser", "--state", "public")
    write(calendar_file, "one,Moved,LOCATION:Rome", "two,Off,STATUS:CANCELLED", "three,New")

    *_, planned, people = run(calendar_file, "--author", "organiser", "--dry-run")
    *_, done = run(calendar_file, "--author", "organiser")

    assert planned == "calendar.ics would be: 1 created, 1 updated, 1 cancelled, 0 unchanged, 0 skipped."
    assert people == "People who would be notified: 0."
    assert done == "calendar.ics: 1 created, 1 updated, 1 cancelled, 0 unchanged, 0 skipped"


def test_vanished_events_are_listed_and_cancelled_on_demand(
    organiser: User, subscriber: User, calendar_file: Path, at: datetime
) -> None:
    write(calendar_file, "one,Here", "two,Gone")
    run(calendar_file, "--author", "organiser", "--state", "public")
    gone = Event.objects.get(headline="Gone")
    subscribe(gone, actor=subscriber, at=at)
    write(calendar_file, "one,Here")

    listed = run(calendar_file, "--author", "organiser")
    cancelled = run(calendar_file, "--author", "organiser", "--cancel-vanished")
    again = run(calendar_file, "--author", "organiser", "--cancel-vanished")

    line = f"event {gone.pk}, “Gone”: 2027-07-01 18:00 UTC, 1 subscribed"
    counts = "calendar.ics: 0 created, 0 updated, 0 cancelled, 1 unchanged, 0 skipped"
    hint = "Run it again with --cancel-vanished to cancel the events that are no longer in the file."
    assert listed == [f"vanished {line}", hint, f"{counts}, 1 vanished"]
    assert cancelled == [f"cancelled {line}", f"{counts}, 1 vanished"]
    assert again == [counts]
    assert list(Event.objects.exclude(cancelled_at=None)) == [gone]
    assert gone.announcements.get().kind == "cancelled"


def test_calendar_is_recognised_by_the_name_that_is_given(organiser: User, tmp_path: Path) -> None:
    first, second = tmp_path / "may.ics", tmp_path / "june.ics"
    write(first, "one,Gone", name="May")
    write(second, "two,Here", name="June")
    run(first, "--author", "organiser", "--calendar", "Choir")

    assert len(run(second, "--author", "organiser")) == 1
    assert run(second, "--author", "organiser", "--calendar", "Choir")[1].startswith("vanished event ")


@pytest.mark.parametrize("events", [[], ["two,Other"]])
def test_file_without_any_event_that_was_imported_before_cancels_none(
    organiser: User, calendar_file: Path, events: list[str]
) -> None:
    write(calendar_file, "one,Here")
    run(calendar_file, "--author", "organiser", "--state", "public")
    write(calendar_file, *events)

    remark, vanished, hint, _counts = run(calendar_file, "--author", "organiser", "--cancel-vanished")

    assert remark == (
        "This may be another calendar named “calendar”: it has none of the events that you imported before."
    )
    assert vanished.startswith("vanished event ")
    assert hint == "They were not cancelled, because the file has none of the events that were imported before."
    assert not Event.objects.exclude(cancelled_at=None).exists()


def test_import_keeps_private_entries_from_the_public_and_says_so(organiser: User) -> None:
    lines = run(DATA / "calendars" / "class-private.ics", "--author", "organiser", "--state", "public")

    assert lines == [
        "created line 4, “Doctor”, UID a12@example.org: "
        "The file marks it as not public (CLASS:PRIVATE), so it isn’t public here.",
        "created line 12, “Job interview”, UID a12b@example.org: "
        "The file marks it as not public (CLASS:CONFIDENTIAL), so it isn’t public here.",
        "class-private.ics: 2 created, 0 updated, 0 cancelled, 0 unchanged, 0 skipped",
    ]
    assert set(Event.objects.values_list("state", flat=True)) == {"private"}


def test_import_says_of_an_entry_whose_event_was_cancelled_that_it_is_not_public(
    organiser: User, calendar_file: Path
) -> None:
    event = "BEGIN:VEVENT\nUID:one\nSUMMARY:Doctor\nDTSTART:20260701T180000Z\n{}END:VEVENT\n"
    for lines in ("", "CLASS:PRIVATE\n"):
        calendar_file.write_text(f"BEGIN:VCALENDAR\n{event.format(lines)}END:VCALENDAR\n")
        report = run(calendar_file, "--author", "organiser", "--state", "public")
        Event.objects.update(cancelled_at=database_now())

    assert [line.rpartition(": ")[2] for line in report[:-1]] == [
        "The file marks it as not public (CLASS:PRIVATE), so it isn’t public here.",
        "It was cancelled here.",
    ]
    assert Event.objects.get().state == "private"


def test_missing_file_is_one_clear_line(organiser: User, calendar_file: Path) -> None:
    with pytest.raises(CommandError, match=r"calendar\.ics: No such file or directory\.$"):
        run(calendar_file, "--author", "organiser")


def test_folder_is_one_clear_line(organiser: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r": Is a directory\.$"):
        run(tmp_path, "--author", "organiser")


def test_file_that_is_no_calendar_is_one_clear_line_and_imports_nothing(organiser: User, calendar_file: Path) -> None:
    calendar_file.write_bytes(b"<!DOCTYPE html>")

    with pytest.raises(
        CommandError, match=r"calendar\.ics: This isn’t an iCalendar file \(\.ics\): line 1 isn’t BEGIN"
    ):
        run(calendar_file, "--author", "organiser")

    assert not Event.objects.exists()


@pytest.mark.parametrize("is_known", [True, False])
def test_unknown_or_inactive_author_is_refused_in_one_clear_line(organiser: User, is_known: bool) -> None:
    User.objects.filter(pk=organiser.pk).update(is_active=False)

    with pytest.raises(CommandError, match=r"^There is no active user called “"):
        run(CONFERENCES, "--author", "organiser" if is_known else "nobody")


def test_unknown_state_is_refused(organiser: User) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'foo'"):
        run(CONFERENCES, "--author", "organiser", "--state", "foo")


def test_interrupted_import_keeps_what_it_has_and_can_go_on(organiser: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_calendar, "BATCH_SIZE", 2)
    whole = import_calendar.import_items

    def interrupted(*args: Any, **options: Any) -> Any:
        if Event.objects.exists():
            raise KeyboardInterrupt
        return whole(*args, **options)

    monkeypatch.setattr(import_calendar, "import_items", interrupted)
    with pytest.raises(CommandError, match=r"^Interrupted after 2 of 4\.") as error:
        run(CONFERENCES, "--author", "organiser")
    monkeypatch.setattr(import_calendar, "import_items", whole)

    assert error.value.returncode == 130
    assert run(CONFERENCES, "--author", "organiser") == [
        "conferences.ics: 2 created, 0 updated, 0 cancelled, 2 unchanged, 0 skipped"
    ]
