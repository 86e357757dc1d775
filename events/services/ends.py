"""What follows from events' times, so that indexes find upcoming events, and those that span a moment.

Services that set the times of an event also set these facts, by `set_end`. The sweep records that events have ended.
"""

from datetime import datetime, timedelta

from django.db.models import F, Q

from config.database import transactional
from events.models import Event
from events.querysets import EventQuerySet, length_class, length_class_in_sql

# That an event has ended is recorded so long after its end. Until then lists ask for its end, so that a process whose
# clock is behind does not leave it out too early.
RECORDED_AFTER = timedelta(hours=1)
# Events per transaction. Few enough that their rows are locked for only some hundredths of a second.
CHUNK = 1_000


def set_end(event: Event) -> None:
    """Set what follows from the start and the end of an event, without saving it."""
    over_at = event.ends_at or event.starts_at
    if event.over_at != over_at:
        event.over_at, event.has_ended = over_at, False
    event.length_class = length_class(over_at - event.starts_at)


def record_ends(*, at: datetime) -> int:
    """Record of some events that they have ended, or that they have not after all; return of how many.

    They have not if a previous version has moved their end, or if the database's clock was set back. The classes of
    lengths are recorded, too, because previous versions don't. Issues three queries if there is nothing to record.
    """
    events = Event.objects.all()
    return (
        _record(events.recorded_too_early(at), has_ended=False)
        + _record(events.without_length_class(), has_ended=False)
        + _record(events.ended_unrecorded(at - RECORDED_AFTER), has_ended=True)
    )


def correct_ends(*, at: datetime) -> int:
    """Record anew what a previous version has changed without the record; return of how many events. Reads all events.

    It waits for events that another transaction has locked. What matters is that no event is missing in lists and
    months, so that a record of an end may be missing afterwards. The sweep makes up for that.
    """
    events = Event.objects.annotate(expected_class=length_class_in_sql())
    is_wrong = Q(has_ended=True, over_at__gt=at) | Q(length_class=None) | ~Q(length_class=F("expected_class"))
    wrong, corrected = events.filter(is_wrong), 0
    while ids := _some(wrong):
        corrected += _write(wrong, ids, has_ended=False)
    return corrected


def _record(events: EventQuerySet, *, has_ended: bool) -> int:
    ids = _some(events)
    return _write_free(events, ids, has_ended=has_ended) if ids else 0


def _some(events: EventQuerySet) -> list[int]:
    return list(events.order_by().values_list("pk", flat=True)[:CHUNK])


@transactional
def _write_free(events: EventQuerySet, ids: list[int], *, has_ended: bool) -> int:
    """Write the record of those of the events that no other transaction has locked."""
    free = Event.objects.filter(pk__in=ids).claim().values_list("pk", flat=True)
    return _write(events, list(free), has_ended=has_ended)


@transactional
def _write(events: EventQuerySet, ids: list[int], *, has_ended: bool) -> int:
    """Write the record of those of the events that still lack it."""
    return events.filter(pk__in=ids).order_by().update(has_ended=has_ended, length_class=length_class_in_sql())
