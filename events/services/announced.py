"""Announced facts: what each subscriber of an event has been notified of.

While a change waits, or is being delivered and has not reached a subscriber yet, they are the facts from before it.
Reminders follow them, and not an edit that can still be undone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from events.models import Announcement, Event
from events.starts import Start

# A change whose delivery is overdue by this much no longer holds reminders back.
LONGEST_HOLD = timedelta(minutes=2)


@dataclass(frozen=True)
class Facts:
    """What a notification shows of an event besides its headline. `starts_at` is aware."""

    starts_at: datetime
    all_day: bool
    time_zone: str
    location: str

    @classmethod
    def of(cls, event: Event) -> "Facts":
        return cls(event.starts_at, event.all_day, event.time_zone, event.location)

    @classmethod
    def read(cls, facts: dict[str, Any], *, event: Event) -> "Facts":
        """Read the `before` or the `after` of an announcement.

        If the previous version has left it waiting, it lacks `all_day` and `time_zone`, which are then taken from the
        event.
        """
        return cls(
            starts_at=datetime.fromisoformat(facts["starts_at"]),
            all_day=facts.get("all_day", event.all_day),
            time_zone=facts.get("time_zone", event.time_zone),
            location=facts["location"],
        )

    @property
    def start(self) -> Start:
        return Start.of(self)


@dataclass(frozen=True)
class Announced:
    """What has been announced to the subscribers of one event.

    `pending` are its changes of which not everybody has been notified, the oldest first.
    """

    event: Event
    pending: list[Announcement]

    def facts_for(self, subscription_id: int) -> Facts:
        """Return what has been announced to the subscriber with this subscription."""
        unheard = next((change for change in self.pending if change.is_to_reach(subscription_id)), None)
        return Facts.read(unheard.before, event=self.event) if unheard else Facts.of(self.event)

    def holds_back(self, subscription_id: int, *, due_at: datetime, at: datetime) -> bool:
        """Return whether a reminder that fell due at `due_at` must wait for a change that was made before that."""
        return any(
            change.is_to_reach(subscription_id)
            and change.created_at <= due_at
            and change.due_at is not None
            and at < change.due_at + LONGEST_HOLD
            for change in self.pending
        )


def announced(events: Iterable[Event]) -> dict[int, Announced]:
    """Return what has been announced to the subscribers of these events, by the events' ids. One query.

    The caller holds the events' locks.
    """
    by_id = {event.pk: Announced(event, []) for event in events}
    for change in Announcement.objects.changes_for_all().pending().filter(event_id__in=by_id):
        by_id[change.event_id].pending.append(change)
    return by_id


def facts_for_all(event: Event, waiting: Announcement | None) -> Facts:
    """Return what has been announced to all subscribers. `waiting` is the event's change that still waits, if any."""
    return Facts.read(waiting.before, event=event) if waiting else Facts.of(event)
