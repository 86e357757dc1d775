"""`manage.py import_calendar`: import events from a calendar file."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.exceptions import AccountSuspended
from accounts.models import User
from accounts.zones import zone_of
from config.database import database_now
from events.calendars import CalendarFile, CalendarItem, read_calendar
from events.exceptions import InvalidCalendar
from events.local_time import zone_named
from events.models import Event
from events.services import (
    BATCH_SIZE,
    Imported,
    ImportReport,
    ItemResult,
    Times,
    VanishedEvent,
    calendar_name,
    cancel_vanished,
    import_items,
    is_recognised,
    plan_import,
    vanished_events,
    vanished_remarks,
)

# The exit status with which shells report Ctrl-C.
INTERRUPTED = 130
UNIT_NAMES = {
    "headline": "title",
    "description": "description",
    "location": "location",
    "times": "times",
    "state": "visibility",
}
# What follows the list of events that are no longer in the file.
NOT_ASKED = "Run it again with --cancel-vanished to cancel the events that are no longer in the file."
NOT_CANCELLED = "They were not cancelled, because the file has none of the events that were imported before."
# What the last line mentions only if there is any.
RARE = {Imported.OLDER, "vanished"}


class Command(BaseCommand):
    help = (
        "Import events from an iCalendar file. Events are recognised by their UID, so importing the file again applies "
        "what has changed in it since, and an interrupted import can simply be run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the .ics file")
        parser.add_argument("--author", required=True, metavar="USERNAME", help="organiser of the imported events")
        parser.add_argument(
            "--state",
            choices=Event.State.values,
            help=(
                "visibility of all imported events; by default new ones are private and existing ones keep theirs. "
                "Events that the file marks as not public (CLASS) are never made public"
            ),
        )
        parser.add_argument(
            "--calendar",
            metavar="NAME",
            help=(
                "name by which the calendar is recognised, to find the events that its file no longer has; "
                "by default the calendar's own name, or that of the file"
            ),
        )
        parser.add_argument("--dry-run", action="store_true", help="print what would be done, and write nothing")
        parser.add_argument(
            "--cancel-vanished",
            action="store_true",
            help=(
                "cancel upcoming events that earlier imports of this calendar have posted and the file no longer has, "
                "unless it has none of what they have posted"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        author, path = _author(options["author"]), options["file"]
        calendar = _read(path, author)
        calendar = replace(calendar, name=options["calendar"] or calendar.name)
        name = calendar_name(calendar, file_name=path.name)
        if options["dry_run"]:
            plan = plan_import(calendar, name=name, actor=author, at=database_now(), state=options["state"])
            self.stdout.write("\n".join([*_planned(plan), f"{path.name} would be: {_counts(plan)}.", _people(plan)]))
        else:
            self._import(calendar, options, name=name, author=author)

    def _import(self, calendar: CalendarFile, options: dict[str, Any], *, name: str, author: User) -> None:
        """Import the calendar, and print what was done even if it is interrupted."""
        file_name = options["file"].name
        vanished = vanished_events(calendar, name=name, actor=author, at=database_now())
        remarks = (*calendar.remarks, *vanished_remarks(calendar, vanished, name=name, actor=author))
        may_cancel = options["cancel_vanished"] and is_recognised(calendar, name=name, actor=author)
        results: list[ItemResult] = []
        vanished = []
        started_at = time.monotonic()
        try:
            for batch in _batches(calendar.items, title=file_name):
                at = database_now()
                results += import_items(batch, actor=author, at=at, calendar=name, state=options["state"])
            vanished = vanished_events(calendar, name=name, actor=author, at=database_now())
            if may_cancel:
                vanished = _cancel(vanished, calendar, name=name, author=author)
        except KeyboardInterrupt:
            message = f"Interrupted after {len(results):,} of {len(calendar.items):,}. Run it again to import the rest."
            raise CommandError(message, returncode=INTERRUPTED) from None
        except AccountSuspended as refusal:
            raise CommandError(refusal.message) from refusal
        finally:
            seconds = time.monotonic() - started_at
            report = ImportReport(name, results, vanished, remarks)
            hint = NOT_CANCELLED if options["cancel_vanished"] else NOT_ASKED
            self.stdout.write(
                "\n".join([*_done(report, hint=hint), f"{file_name}: {_counts(report)}, in {seconds:.1f} s."])
            )


def _author(username: str) -> User:
    author = User.objects.active().filter(username=username).first()
    if author is None:
        raise CommandError(f"There is no active user called “{username}”.")
    return author


def _read(path: Path, author: User) -> CalendarFile:
    try:
        return read_calendar(path.read_bytes(), default_zone=zone_named(author.time_zone))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    except InvalidCalendar as refusal:
        raise CommandError(f"{path}: {refusal.message}") from refusal


def _batches(items: list[CalendarItem], *, title: str) -> Iterator[list[CalendarItem]]:
    """Yield the items in batches, and show on a terminal how many of them have been imported."""
    with tqdm(total=len(items), desc=title, unit="event", disable=None, leave=False) as bar:
        for start in range(0, len(items), BATCH_SIZE):
            batch = items[start : start + BATCH_SIZE]
            yield batch
            bar.update(len(batch))


def _cancel(vanished: list[VanishedEvent], calendar: CalendarFile, *, name: str, author: User) -> list[VanishedEvent]:
    """Cancel these events, and return those that still were to be cancelled."""
    cancelled: list[VanishedEvent] = []
    for start in range(0, len(vanished), BATCH_SIZE):
        ids = [event.event_id for event in vanished[start : start + BATCH_SIZE]]
        cancelled += cancel_vanished(calendar, name=name, actor=author, at=database_now(), event_ids=ids)
    return cancelled


def _planned(plan: ImportReport) -> Iterator[str]:
    """Yield the lines about what would be done."""
    yield from plan.remarks
    for result in plan.results:
        if result.outcome == Imported.CREATED and result.times:
            yield f"{result.outcome} {result}: {_times(result.times)}"
        for change in result.changes:
            yield f"{result.outcome} {result}: {UNIT_NAMES[change.unit]}: {_value(change.old)} → {_value(change.new)}"
        if result.outcome == Imported.CANCELLED:
            yield f"{result.outcome} {result}"
        yield from _notes(result)
    yield from map(_vanished, plan.vanished)


def _done(report: ImportReport, *, hint: str) -> Iterator[str]:
    """Yield the lines about what people should know of what was done."""
    yield from report.remarks
    for result in report.results:
        yield from _notes(result)
    yield from map(_vanished, report.vanished)
    if any(not event.is_cancelled for event in report.vanished):
        yield hint


def _notes(result: ItemResult) -> Iterator[str]:
    recurrence = f"{result.recurrence} – first date only, for now" if result.recurrence else ""
    for note in filter(None, [result.reason, recurrence, *result.remarks]):
        yield f"{result.outcome} {result}: {note}"


def _vanished(event: VanishedEvent) -> str:
    outcome = Imported.CANCELLED if event.is_cancelled else "vanished"
    return (
        f"{outcome} event {event.event_id}, “{event.headline}”: {_times(event.times)}, "
        f"{event.subscriber_count:,} subscribed"
    )


def _counts(report: ImportReport) -> str:
    """Return how many items have each outcome, and which are rare only if there are any."""
    counts = {outcome: report.counts[outcome] for outcome in Imported} | {"vanished": len(report.vanished)}
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count or name not in RARE)


def _people(plan: ImportReport) -> str:
    also = f"; {plan.notified_with_vanished:,} with --cancel-vanished" if plan.vanished else ""
    return f"People who would be notified: {plan.notified:,}{also}."


def _value(value: str | Times) -> str:
    return _times(value) if isinstance(value, Times) else f"“{value}”"


def _times(times: Times) -> str:
    """Return the times in their zone, or the days: “2026-07-01 18:00 – 2026-07-01 19:00 Europe/Rome”."""
    zone = zone_of(times.time_zone)
    moments = [moment.astimezone(zone) for moment in (times.starts_at, times.ends_at) if moment]
    if times.all_day:
        # The end is exclusive.
        days = dict.fromkeys([moments[0].date(), (moments[-1] - timedelta(microseconds=1)).date()])
        return " – ".join(map(str, days))
    return f"{' – '.join(f'{moment:%Y-%m-%d %H:%M}' for moment in moments)} {zone.key}"
