"""Keeping the local times of events when the rules of their time zones change: what was to start at 18:00 still does.

Everything else uses an event's instants. Its local times are stored beside them, with the version of the rules by which
the two agree. A sweep that has later rules moves the instants.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from accounts.zones import RULES_VERSION
from config.database import update_each
from events.local_time import day_start
from events.models import Event
from events.services.ends import set_end

MOVED = ("starts_at", "ends_at", "over_at", "has_ended", "length_class", "revision", "updated_at")
STORED = ("starts_local", "ends_local", "zone_rules", "local_times_of", "rearm_cursor")


class Times(NamedTuple):
    """The times of an event, from which its local times follow."""

    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    time_zone: str

    @classmethod
    def of(cls, event: Event) -> "Times":
        return cls(event.starts_at, event.ends_at, event.all_day, event.time_zone)

    def __str__(self) -> str:
        """Return what `Event.local_times_of` contains."""
        moments = (f"{moment:%Y-%m-%dT%H:%M:%S}" if moment else "-" for moment in (self.starts_at, self.ends_at))
        return " ".join([*moments, "days" if self.all_day else "times", self.time_zone])


def has_local_times(event: Event) -> bool:
    """Return whether the event's local times are stored and belong to its present instants."""
    return bool(event.zone_rules) and event.local_times_of == str(Times.of(event))


def local_days(event: Event) -> tuple[date, date]:
    """Return the first day of an all-day event, and the day after its last."""
    if has_local_times(event) and event.starts_local and event.ends_local:
        return event.starts_local.date(), event.ends_local.date()
    return event.first_day, event.last_day + timedelta(days=1)


def store_local_times(event: Event, *, before: Times | None = None) -> None:
    """Set the local times of an event whose instants have been set, by the rules of this process.

    A start or an end that is the same as `before` keeps its local time, so that a process with older rules does not
    change it. If nothing has changed, nothing is set.
    """
    times = Times.of(event)
    is_known = before is not None and bool(event.zone_rules) and event.local_times_of == str(before)
    if is_known and times == before:
        return
    is_same_zone = is_known and before is not None and times[2:] == before[2:]
    keeps_start = is_same_zone and before is not None and times.starts_at == before.starts_at
    keeps_end = is_same_zone and before is not None and times.ends_at == before.ends_at and times.ends_at is not None
    if not keeps_start:
        event.starts_local = _local(event.starts_at, event)
    if not keeps_end:
        event.ends_local = _local(event.ends_at, event) if event.ends_at else None
    event.zone_rules = min(event.zone_rules, RULES_VERSION) if keeps_start or keeps_end else RULES_VERSION
    event.local_times_of = str(times)


def apply_zone_rules(events: Iterable[Event], *, at: datetime) -> int:
    """Move the events whose local times are other instants by the rules of this process; return how many.

    The caller holds the events' locks and has left out those with later rules. Nobody is notified, because nothing
    changes for people who go by the local time: reminders that are still to come move, and those that were sent stay
    sent. Events that a previous version has written get their local times instead. At most three queries.
    """
    moved: list[Event] = []
    stored: list[Event] = []
    others: list[int] = []
    for event in events:
        if not has_local_times(event):
            store_local_times(event)
            # The previous version counted the reminders of all-day events from midnight.
            event.rearm_cursor = 0 if event.all_day and _has_reminders(event, at=at) else event.rearm_cursor
            stored.append(event)
        elif _move(event, at=at):
            moved.append(event)
        else:
            others.append(event.pk)
    if moved:
        update_each(moved, [*MOVED, *STORED])
    if stored:
        update_each(stored, STORED)
    if others:
        Event.objects.filter(pk__among=others).update(zone_rules=RULES_VERSION)
    return len(moved)


def _move(event: Event, *, at: datetime) -> bool:
    """Set the event's instants from its local times, and return whether they have changed."""
    starts_at, ends_at = _instants(event)
    if (starts_at, ends_at) == (event.starts_at, event.ends_at):
        return False
    event.starts_at, event.ends_at = starts_at, ends_at
    set_end(event)
    event.zone_rules, event.local_times_of = RULES_VERSION, str(Times.of(event))
    event.revision, event.updated_at = event.revision + 1, at
    event.rearm_cursor = 0 if _has_reminders(event, at=at) else event.rearm_cursor
    return True


def _has_reminders(event: Event, *, at: datetime) -> bool:
    """Return whether reminders of the event may still be to come."""
    return event.takes_place and not event.is_over(at) and event.subscriber_count > 0


def _instants(event: Event) -> tuple[datetime, datetime | None]:
    """Return the instants of the event's local times. If the end would not be after the start, the duration is kept."""
    start = _instant(event.starts_at, event.starts_local, event)
    if event.ends_at is None:
        return start, None
    end = _instant(event.ends_at, event.ends_local, event)
    return start, end if end > start else start + (event.ends_at - event.starts_at)


def _instant(instant: datetime, local: datetime | None, event: Event) -> datetime:
    """Return the instant of a local time: the given one, if that still has this local time.

    A time that the clocks skip takes the offset before. The times of all-day events are the beginnings of days.
    """
    if local is None:
        return instant
    if event.all_day:
        return day_start(local.date(), event.zone)
    if _local(instant, event) == local:
        return instant
    return local.replace(tzinfo=event.zone, fold=0).astimezone(UTC)


def _local(instant: datetime, event: Event) -> datetime:
    """Return the local time of an instant; of all-day events the midnight of its day, even if the clocks skip it."""
    local = instant.astimezone(event.zone).replace(tzinfo=None)
    return datetime.combine(local.date(), time()) if event.all_day else local
