"""Events of earlier imports whose entries are no longer in their calendar's file."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath

from django.db.models import QuerySet
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
    but cannot be imported has not vanished, unless it recurs and no date of it is left. If it is not known what the
    file contains, as `is_known_completely` says, nothing counts as vanished. At most one query.
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


def vanished_remarks(
    calendar: CalendarFile, vanished: Sequence[VanishedEvent], *, name: str, actor: User
) -> tuple[str, ...]:
    """Return what people should know about these vanished events before the file is imported.

    That is that they are not known, if some were imported from a calendar of this name, or that the file may belong to
    another one. At most one query.
    """
    if is_known_completely(calendar):
        if not vanished or is_recognised(calendar, name=name, actor=actor):
            return ()
        remark = _("This may be another calendar named “%(name)s”: it has none of the events that you imported before.")
        return (remark % {"name": name},)
    if calendar.is_message or not _imported_from(name, actor).exists():
        return ()
    return (_("Part of the file can’t be read, so it isn’t known which events it no longer has."),)


def is_recognised(calendar: CalendarFile, *, name: str, actor: User) -> bool:
    """Return whether the file has an entry that was imported before from the calendar of this name.

    It depends on what was imported before, so ask before importing the file. One query.
    """
    is_in_file = _Contained(calendar)
    return any(is_in_file(uid) for uid in _imported_from(name, actor).values_list("uid", flat=True))


def _imported_from(name: str, actor: User) -> QuerySet[ImportedEntry]:
    return ImportedEntry.objects.filter(event__author=actor, event__deleted_at=None, calendar=name)


def is_known_completely(calendar: CalendarFile) -> bool:
    """Return whether it is known which events the calendar contains.

    It is not if its file is cut off, is a message about single events, or contains an event that cannot be read and
    has no UID that can.
    """
    is_whole = calendar.is_complete and not calendar.is_message
    return is_whole and all(item.uid or item.entry or not item.is_event for item in calendar.items)


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

    The key of a single date of a series is the UID, a space and the date. If the file has the whole series, or an item
    that cannot be imported, all dates with its UID count as contained, because they are not known; and if it has a
    single date, the series does.
    """

    def __init__(self, calendar: CalendarFile) -> None:
        self._keys = {item.entry.uid for item in calendar.items if item.entry}
        without_dates = {item.uid for item in calendar.items if item.has_no_dates}
        items = [item for item in calendar.items if item.uid and item.uid not in without_dates]
        self._uids = {item.uid for item in items}
        self._whole = {item.uid for item in items if not item.entry or item.entry.uid == item.uid}

    def __call__(self, key: str) -> bool:
        return key in self._keys or key in self._uids or key.rpartition(" ")[0] in self._whole


def _vanished(event: Event) -> VanishedEvent:
    return VanishedEvent(
        event_id=event.pk,
        uid=event.imported_entry.uid,
        headline=event.headline,
        times=Times.of(event),
        subscriber_count=event.subscriber_count,
    )
