"""The doorway of calendar files."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from tqdm import tqdm

from accounts.models import User
from config.errors import Refusal
from events.calendars import CalendarItem, read_calendar
from events.exceptions import InvalidCalendar
from events.models import Event
from events.services import Imported, import_event
from events.zones import zone_named

SKIPPED = "skipped"
# Ctrl-C, as shells report it.
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Import the events of an iCalendar file. Each is recognised by its UID: importing the file again updates what "
        "has changed. Every event is one transaction, so that an interrupted import can simply be run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the .ics file, in UTF-8")
        parser.add_argument("--author", required=True, metavar="USERNAME", help="whose events they are")
        parser.add_argument(
            "--state",
            choices=Event.State.values,
            help="of all of them; otherwise new ones are private and those imported before stay as they are",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        author = _author(options["author"])
        items = _read(options["file"], author)
        outcomes: Counter[str] = Counter()
        notes: list[str] = []
        started_at = time.monotonic()
        try:
            # Without a terminal there is no bar.
            for item in tqdm(items, desc=options["file"].name, unit="event", disable=None, leave=False):
                outcome, remarks = _import(item, author=author, state=options["state"])
                outcomes[outcome] += 1
                notes += [f"{outcome} {item}: {remark}" for remark in remarks]
        except KeyboardInterrupt:
            message = f"Interrupted after {outcomes.total():,} of {len(items):,}. Run it again to import the rest."
            raise CommandError(message, returncode=INTERRUPTED) from None
        finally:
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
        return read_calendar(path.read_bytes(), default_zone=zone_named(author.time_zone))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from error
    except InvalidCalendar as refusal:
        raise CommandError(f"{path}: {refusal.message}") from refusal


def _import(item: CalendarItem, *, author: User, state: str | None) -> tuple[str, tuple[str, ...]]:
    """Return what became of an item, and what people should know about it."""
    if item.entry is None:
        return SKIPPED, (item.reason,)
    try:
        outcome = import_event(item.entry, actor=author, at=timezone.now(), state=state)
    except Refusal as refusal:
        field = f"{refusal.field}: " if refusal.field else ""
        return SKIPPED, (field + refusal.message,)
    return outcome, item.entry.remarks
