"""Events of earlier imports whose entries are no longer in their calendar's file."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING

from accounts.models import User
from config.database import transactional
from events.models import MAX_CALENDAR_NAME_LENGTH, Event
from events.querysets import EventQuerySet
from events.services.events import cancel_event
from events.services.imports.memory import uid_digest
from events.services.imports.results import VanishedEvent
from events.services.local_times import Times

if TYPE_CHECKING:
    # It imports icalendar, which most processes do not need.
    from events.calendars import CalendarFile

# What browsers append to the name of a file that they download again.
COPY_NUMBER = re.compile(r"( ?\(\d+\))+$")


def calendar_name(calendar: "CalendarFile", *, file_name: str) -> str:
    """Return the name under which a calendar is recognised when its file is imported again.

    That is its own name, or without one the name of the file, without the extension and the number of a copy. File
    systems write accents in different ways, which makes no difference.
    """
    name = calendar.name or COPY_NUMBER.sub("", PurePath(file_name).stem)
    return unicodedata.normalize("NFC", name)[:MAX_CALENDAR_NAME_LENGTH]


def vanished_events(calendar: "CalendarFile", *, name: str, actor: User, at: datetime) -> list[VanishedEvent]:
    """Return the events that were imported from the calendar of this name and are not in the file, by their start.

    Only those are returned that can be cancelled: neither drafts nor cancelled nor ended. An item that is in the file
    but cannot be imported has not vanished. If the file is cut off, or contains an event whose UID cannot be read, it
    is not known what the calendar contains, and nothing counts as vanished. One query.
    """
    return [_vanished(event) for event in _missing(calendar, name=name, actor=actor, at=at)]


@transactional
def cancel_vanished(
    calendar: "CalendarFile", *, name: str, actor: User, at: datetime, event_ids: Collection[int]
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


def is_known_completely(calendar: "CalendarFile") -> bool:
    """Return whether it is known which events the file contains."""
    return calendar.is_complete and all(item.uid or not item.is_event for item in calendar.items)


def _missing(
    calendar: "CalendarFile", *, name: str, actor: User, at: datetime, among: EventQuerySet | None = None
) -> list[Event]:
    if not is_known_completely(calendar):
        return []
    events = (Event.objects.all() if among is None else among).filter(
        author_id=actor.pk, deleted_at__isnull=True, imported_entry__calendar=name, has_ended__in=[False]
    )
    candidates = events.to_be_cancelled(at).select_related("imported_entry").defer("description", "search_text")
    in_file = {uid_digest(uid) for item in calendar.items for uid in (item.uid, item.entry.uid if item.entry else "")}
    return sorted(
        (e for e in candidates if e.uid_digest not in in_file and e.imported_entry.calendar == name),
        key=lambda event: (event.starts_at, event.pk),
    )


def _vanished(event: Event) -> VanishedEvent:
    return VanishedEvent(
        event_id=event.pk,
        uid=event.imported_entry.uid,
        headline=event.headline,
        times=Times.of(event),
        subscriber_count=event.subscriber_count,
    )
