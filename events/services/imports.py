"""Taking over events from a calendar file: each is recognised by its UID, so that a second import makes no twin."""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

from accounts.models import User
from config.database import transactional
from events.calendars import CalendarEntry
from events.exceptions import EventCancelled
from events.models import Event
from events.services.events import apply_changes, cancel_event, edit_locked_event


class Imported(StrEnum):
    """What an import did with an entry."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"


@transactional
def import_event(entry: CalendarEntry, *, actor: User, at: datetime, state: str | None = None) -> Imported:
    """Post the author's event with the entry's UID, or edit or cancel the one posted before.

    Quotas and the past do not count. An edit is announced like any other. Without a `state` a new event is private and
    one imported before stays as it is.

    Raises:
        EndBeforeStart, TimeOutOfRange, InvalidText
        EventCancelled: new and cancelled already, or cancelled here, which is final.
        EventIsDraft, EventOver: it is to be cancelled.
        HasSubscribers: it is to become a draft.
    """
    # Before the event's row, like everywhere; it also keeps two imports of one UID apart.
    User.objects.select_for_update().get(pk=actor.pk)
    digest = hashlib.sha256(entry.uid.encode()).hexdigest()
    event = Event.objects.owned_by(actor).filter(uid_digest=digest).select_for_update().first()
    if event is None:
        return _create(entry, digest=digest, actor=actor, at=at, state=state or Event.State.PRIVATE)
    if entry.is_cancelled:
        return _cancel(event, actor=actor, at=at)
    return _update(event, _fields(entry) | ({"state": state} if state else {}), at=at)


def _create(entry: CalendarEntry, *, digest: str, actor: User, at: datetime, state: str) -> Imported:
    if entry.is_cancelled:
        raise EventCancelled
    event = Event(author=actor, uid_digest=digest, created_at=at, updated_at=at)
    apply_changes(event, **_fields(entry), state=state)
    event.save()
    return Imported.CREATED


def _cancel(event: Event, *, actor: User, at: datetime) -> Imported:
    if event.is_cancelled:
        return Imported.UNCHANGED
    cancel_event(event, actor=actor, at=at)
    return Imported.CANCELLED


def _update(event: Event, changes: dict[str, Any], *, at: datetime) -> Imported:
    if event.is_cancelled:
        raise EventCancelled("It was cancelled here, and that is final.")
    revision = event.revision
    edit_locked_event(event, changes, at=at, may_start_in_past=True)
    return Imported.UPDATED if event.revision != revision else Imported.UNCHANGED


def _fields(entry: CalendarEntry) -> dict[str, Any]:
    """Return what the entry sets, named like the parameters of `create_event`."""
    return {
        "headline": entry.headline,
        "description": entry.description,
        "location": entry.location,
        "starts_at": entry.starts_at,
        "ends_at": entry.ends_at,
        "all_day": entry.all_day,
        "time_zone": entry.time_zone,
    }
