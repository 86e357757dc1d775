"""What the last import of an entry has read, so that the next one applies only what its file has changed since."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from accounts.zones import zone_of
from config.database import update_each
from events.calendars import CalendarEntry
from events.models import Event, ImportedEntry
from events.querysets import EventQuerySet
from events.services.local_times import Times

REMEMBERED = ("uid", "sequence", "digests", "calendar")

# What is applied or left as a whole: the fields of each unit, named like the parameters of `create_event`.
UNITS = {
    "headline": ("headline",),
    "description": ("description",),
    "location": ("location",),
    "times": ("starts_at", "ends_at", "all_day", "time_zone"),
}
CANCELLATION = "cancellation"


def uid_digest(uid: str) -> str:
    """Return what `Event.uid_digest` contains for a UID."""
    return hashlib.sha256(uid.encode()).hexdigest()


def known_events(actor: User, digests: Iterable[str]) -> EventQuerySet:
    """Return the person's events that were imported under UIDs with these digests, with what is remembered of them."""
    return Event.objects.owned_by(actor).filter(uid_digest__in=digests).select_related("imported_entry")


def memory_of(event: Event) -> ImportedEntry | None:
    """Return what is remembered of an event from `known_events`; None if an earlier version has imported it."""
    return getattr(event, "imported_entry", None)


def fields_of(entry: CalendarEntry, units: Iterable[str] = tuple(UNITS)) -> dict[str, Any]:
    """Return the fields of these units as the entry sets them."""
    return {name: getattr(entry, name) for unit in units for name in UNITS[unit]}


def digests_of(entry: CalendarEntry) -> dict[str, str]:
    """Return the digest of each unit of the entry, and of whether it is cancelled.

    It is that of what the file says: neither the time zone that was assumed nor the language of the reader matters.
    """
    times = Times(entry.starts_at, entry.ends_at, entry.all_day, entry.time_zone)
    if entry.is_floating:
        zone = zone_of(entry.time_zone)
        starts_at, ends_at = (moment and moment.astimezone(zone).replace(tzinfo=None) for moment in times[:2])
        times = times._replace(starts_at=starts_at, ends_at=ends_at, time_zone="")
    values = {
        "headline": "" if entry.is_untitled else entry.headline,
        "description": entry.description,
        "location": entry.location,
        "times": str(times),
        CANCELLATION: "cancelled" if entry.is_cancelled else "",
    }
    return {unit: hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest() for unit, value in values.items()}


def remember(
    imported: Iterable[tuple[Event, CalendarEntry, dict[str, str]]],
    *,
    memories: Mapping[int, ImportedEntry],
    calendar: str,
    at: datetime,
) -> None:
    """Write what has been read about events, with the digests of it. What is the same in `memories` is not written.

    `memories` are what was remembered before, by the events' ids. The caller holds the events' locks. One statement for
    all new ones, and one for each that has changed.
    """
    new: list[ImportedEntry] = []
    changed: list[ImportedEntry] = []
    for event, entry, digests in imported:
        known = memories.get(event.pk)
        values = (entry.uid, entry.sequence, digests, calendar)
        memory = ImportedEntry(event=event, **dict(zip(REMEMBERED, values, strict=True)), imported_at=at)
        if known is None:
            new.append(memory)
        elif any(getattr(known, name) != getattr(memory, name) for name in REMEMBERED):
            changed.append(memory)
    if new:
        ImportedEntry.objects.bulk_create(new)
    if changed:
        update_each(changed, [*REMEMBERED, "imported_at"])
