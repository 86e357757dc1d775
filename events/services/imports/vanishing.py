"""Events of earlier imports whose entries are no longer in their calendar's file."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath

from django.utils.translation import gettext as _

from accounts.models import User
from config.database import transactional
from events.calendars import CalendarFile
from events.models import MAX_CALENDAR_NAME_LENGTH, Event, ImportedEntry
from events.querysets import EventQuerySet
from events.services.events import cancel_event
from events.services.imports.results import VanishedEvent
from events.services.local_times import Times

# What browsers append to the name of a file that they download again.
COPY_NUMBER = re.compile(r"( ?\(\d+\))+$")


def calendar_name(calendar: CalendarFile, *, file_name: str) -> str:
    """Return the name under which a calendar is recognised when its file is imported again.

    That is its own name, or without one the name of the file, without the extension and the number of a copy. File
    systems write accents in different ways, which makes no difference.
    """
    stem = PurePath(file_name).stem
    name = calendar.name or COPY_NUMBER.sub("", stem) or stem
    # Names of files can be bytes that are no text.
    text = name.encode(errors="replace").decode()
    return unicodedata.normalize("NFC", text)[:MAX_CALENDAR_NAME_LENGTH]


def vanished_events(calendar: CalendarFile, *, name: str, actor: User, at: datetime) -> list[VanishedEvent]:
    """Return the events that were imported from the calendar of this name and are not in the file, by their start.

    Only those are returned that can be cancelled: neither drafts nor cancelled nor ended. An item that is in the file
    but cannot be imported has not vanished. If it is not known what the file contains, as `is_known_completely` says,
    nothing counts as vanished. At most one query.
    """
    return [_vanished(event) for event in _missing(calendar, name=name, actor=actor, at=at)]


@transactional
def cancel_vanished(
    calendar: CalendarFile, *, name: str, actor: User, at: datetime, event_ids: Collection[int]
) -> list[VanishedEvent]:
    """Cancel those of these events that have vanished from the file, and notify their subscribers; return them.

    Those that have been edited so that they ended, cancelled, deleted or imported from another calendar meanwhile are
    left alone. Pass at most BATCH_SIZE ids, because one transaction locks all their events.
    """
    chosen = Event.objects.filter(pk__in=event_ids).order_by("pk").select_for_update()
    events = _missing(calendar, name=name, actor=actor, at=at, among=chosen)
    for event in events:
        cancel_event(event, actor=actor, at=at)
    return [replace(_vanished(event), is_cancelled=True) for event in events]


def vanished_remarks(calendar: CalendarFile, *, name: str, actor: User) -> tuple[str, ...]:
    """Return what people should know about events that may have vanished: that it is not known, if they imported some.

    At most one query.
    """
    if is_known_completely(calendar) or not ImportedEntry.objects.filter(event__author=actor, calendar=name).exists():
        return ()
    return (_("Part of the file can’t be read, so it isn’t known which events it no longer has."),)


def is_known_completely(calendar: CalendarFile) -> bool:
    """Return whether it is known which events the calendar contains.

    It is not if its file is cut off, or contains an event that cannot be read and has no UID that can.
    """
    return calendar.is_complete and all(item.uid or item.entry or not item.is_event for item in calendar.items)


def _missing(
    calendar: CalendarFile, *, name: str, actor: User, at: datetime, among: EventQuerySet | None = None
) -> list[Event]:
    if not is_known_completely(calendar):
        return []
    events = Event.objects.all() if among is None else among
    own = events.filter(author_id=actor.pk, deleted_at__isnull=True, has_ended__in=[False])
    imported = own.to_be_cancelled(at).filter(imported_entry__calendar=name).select_related("imported_entry")
    is_in_file = _Contained(calendar)
    missing = [
        event
        for event in imported.defer("description", "search_text")
        # Collations may treat different names as equal.
        if event.imported_entry.calendar == name and not is_in_file(event.imported_entry.uid)
    ]
    return sorted(missing, key=lambda event: (event.starts_at, event.pk))


class _Contained:
    """Whether a calendar file contains the entry with a key.

    The key of a single date of a series is the UID, a space and the date. If an item cannot be imported, its date is
    not known, so that all dates with its UID count as contained.
    """

    def __init__(self, calendar: CalendarFile) -> None:
        self._keys = {item.entry.uid if item.entry else item.uid for item in calendar.items}
        self._skipped = {item.uid for item in calendar.items if item.uid and not item.entry}

    def __call__(self, key: str) -> bool:
        return key in self._keys or key.rpartition(" ")[0] in self._skipped


def _vanished(event: Event) -> VanishedEvent:
    return VanishedEvent(
        event_id=event.pk,
        uid=event.imported_entry.uid,
        headline=event.headline,
        times=Times.of(event),
        subscriber_count=event.subscriber_count,
    )
