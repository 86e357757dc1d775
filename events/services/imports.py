"""Importing events from a calendar file. Events are recognised by their UID, so a second import duplicates none."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from accounts.models import User
from config.database import transactional
from config.errors import Refusal
from events.exceptions import EventCancelled
from events.models import Event
from events.services.events import apply_changes, cancel_event, edit_locked_event

if TYPE_CHECKING:
    # It imports icalendar, which most processes do not need.
    from events.calendars import CalendarEntry


class Imported(StrEnum):
    """What an import did with an entry."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"


@transactional
def import_events(
    entries: "Sequence[CalendarEntry]", *, actor: User, at: datetime, state: str | None = None
) -> list[Imported | Refusal]:
    """Post an event for each entry, or edit or cancel the event that an earlier import of its UID has posted.

    The quota does not apply, and events may start in the past. Edits are announced like any others. Without a `state`,
    new events are private and existing ones keep theirs. An entry that its file marks as not public is never public
    here: a public event becomes private, even if the rest of the entry is refused. Its subscribers stay and can still
    see it.

    Pass each UID at most once, and no more than some dozens of entries at a time, because one transaction locks all
    their events. The list that is returned has the outcome of each entry in order; a refused entry does not prevent the
    others from being imported.

    Refusals:
        EndBeforeStart, TimeOutOfRange, InvalidText
        EventCancelled: the entry is new and already cancelled, or the event was cancelled here, which is final.
        EventIsDraft, EventOver: the entry is cancelled, but its event is a draft or has ended.
        HasSubscribers: the event has subscribers and would become a draft.
    """
    # The lock makes a second import wait, so that two of them never create the same UID at once.
    User.objects.select_for_update().get(pk=actor.pk)
    digests = [hashlib.sha256(entry.uid.encode()).hexdigest() for entry in entries]
    imported_before = Event.objects.owned_by(actor).filter(uid_digest__in=digests)
    events = {event.uid_digest: event for event in imported_before.order_by("pk").select_for_update()}
    outcomes: list[Imported | Refusal] = []
    for digest, entry in zip(digests, entries, strict=True):
        event = events.get(digest)
        to_be = Event.State.PRIVATE if entry.is_private and state == Event.State.PUBLIC else state
        try:
            if event is None:
                outcome = _create(entry, digest=digest, actor=actor, at=at, state=to_be or Event.State.PRIVATE)
            else:
                outcome = _reimport(event, entry, actor=actor, at=at, state=to_be)
        except Refusal as refusal:  # nothing has been written for the entry, except perhaps that it is private
            outcomes.append(refusal)
        else:
            outcomes.append(outcome)
    return outcomes


def _create(entry: "CalendarEntry", *, digest: str, actor: User, at: datetime, state: str) -> Imported:
    if entry.is_cancelled:
        raise EventCancelled
    event = Event(author=actor, uid_digest=digest, created_at=at, updated_at=at)
    apply_changes(event, **_fields(entry), state=state)
    event.save()
    return Imported.CREATED


def _reimport(event: Event, entry: "CalendarEntry", *, actor: User, at: datetime, state: str | None) -> Imported:
    """Update an event that was imported before from its entry."""
    is_to_be_hidden = entry.is_private and event.state == Event.State.PUBLIC
    if is_to_be_hidden:
        edit_locked_event(event, {"state": Event.State.PRIVATE}, at=at, may_start_in_past=True)
    if entry.is_cancelled:
        outcome = _cancel(event, actor=actor, at=at)
    else:
        outcome = _update(event, _fields(entry) | ({"state": state} if state else {}), at=at)
    return Imported.UPDATED if is_to_be_hidden and outcome == Imported.UNCHANGED else outcome


def _cancel(event: Event, *, actor: User, at: datetime) -> Imported:
    if event.is_cancelled:
        return Imported.UNCHANGED
    cancel_event(event, actor=actor, at=at)
    return Imported.CANCELLED


def _update(event: Event, changes: dict[str, Any], *, at: datetime) -> Imported:
    if event.is_cancelled:
        raise EventCancelled("It was cancelled here, which can’t be undone.")
    revision = event.revision
    edit_locked_event(event, changes, at=at, may_start_in_past=True)
    return Imported.UPDATED if event.revision != revision else Imported.UNCHANGED


def _fields(entry: "CalendarEntry") -> dict[str, Any]:
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
