"""`manage.py import_calendar`: import events from a calendar file."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import User
from config.database import database_now
from config.errors import Refusal
from events.calendars import CalendarItem, read_calendar
from events.exceptions import InvalidCalendar
from events.local_time import zone_named
from events.models import Event
from events.services import Imported, import_events

SKIPPED = "skipped"
# Events per transaction. On SQLite a commit costs more than an event, but nobody else can write during a transaction.
BATCH_SIZE = 50
# The exit status with which shells report Ctrl-C.
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Import events from an iCalendar file. Events are recognised by their UID, so importing the file again updates "
        "those that have changed, and an interrupted import can simply be run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the .ics file, encoded in UTF-8")
        parser.add_argument("--author", required=True, metavar="USERNAME", help="organiser of the imported events")
        parser.add_argument(
            "--state",
            choices=Event.State.values,
            help=(
                "visibility of all imported events; by default new ones are private and existing ones keep theirs. "
                "Events that the file marks as not public (CLASS) are never made public"
            ),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        author = _author(options["author"])
        items = _read(options["file"], author)
        outcomes: Counter[str] = Counter()
        notes: list[str] = []
        started_at = time.monotonic()
        # `disable=None` shows the bar only on a terminal.
        bar = tqdm(total=len(items), desc=options["file"].name, unit="event", disable=None, leave=False)
        try:
            for batch in _batches(items):
                for item, outcome, remarks in _import(batch, author=author, state=options["state"]):
                    outcomes[outcome] += 1
                    notes += [f"{outcome} {item}: {remark}" for remark in remarks]
                bar.update(len(batch))
        except KeyboardInterrupt:
            message = f"Interrupted after {outcomes.total():,} of {len(items):,}. Run it again to import the rest."
            raise CommandError(message, returncode=INTERRUPTED) from None
        finally:
            bar.close()
            seconds = time.monotonic() - started_at
            counts = ", ".join(f"{outcomes[name]:,} {name}" for name in [*Imported, SKIPPED])
            self.stdout.write("\n".join([*notes, f"{options['file'].name}: {counts}, in {seconds:.1f} s."]))


def _author(username: str) -> User:
    author = User.objects.active().filter(username=username).first()
    if author is None:
        raise CommandError(f"There is no active user called “{username}”.")
    return author


def _read(path: Path, author: User) -> list[CalendarItem]:
    try:
        return read_calendar(path.read_bytes(), default_zone=zone_named(author.time_zone)).items
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    except InvalidCalendar as refusal:
        raise CommandError(f"{path}: {refusal.message}") from refusal


def _batches(items: list[CalendarItem]) -> Iterator[list[CalendarItem]]:
    return (items[start : start + BATCH_SIZE] for start in range(0, len(items), BATCH_SIZE))


def _import(
    batch: Sequence[CalendarItem], *, author: User, state: str | None
) -> Iterator[tuple[CalendarItem, str, tuple[str, ...]]]:
    """Import a batch, and yield each item with its outcome and with remarks for the person who runs the import."""
    entries = [item.entry for item in batch if item.entry]
    outcomes = iter(import_events(entries, actor=author, at=database_now(), state=state))
    for item in batch:
        if item.entry is None:
            yield item, SKIPPED, (item.reason,)
            continue
        outcome = next(outcomes)
        if isinstance(outcome, Refusal):
            field = f"{outcome.field}: " if outcome.field else ""
            yield item, SKIPPED, (field + str(outcome), *item.entry.remarks)
        else:
            yield item, outcome, item.entry.remarks
