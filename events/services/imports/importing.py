"""Import the items of a calendar file, a batch per transaction."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Subquery

from accounts.models import User
from accounts.services import lock_active_user
from config.database import transactional
from events.calendars import CalendarEntry, CalendarItem
from events.models import Event
from events.querysets import count_for_user
from events.services.events import cancel_event, edit_locked_event
from events.services.imports.deciding import Decision, Quota, Rules, decide
from events.services.imports.memory import known_events, memory_of, remember, uid_digest
from events.services.imports.results import Imported, ItemResult
from events.services.local_times import Times

# Items per transaction. On SQLite a commit costs more than an event, but nobody else can write during a transaction.
BATCH_SIZE = 50


@transactional
def import_items(
    items: Sequence[CalendarItem],
    *,
    actor: User,
    at: datetime,
    calendar: str,
    state: str | None = None,
    new_state: str = Event.State.PRIVATE,
    upcoming_limit: int | None = None,
) -> list[ItemResult]:
    """Post an event for each item, or edit or cancel the event that an earlier import of its UID has posted.

    Only what differs from the last import is applied, so what was edited here stays unless the file has changed it,
    too. Without a `state`, new events get `new_state` and existing ones keep theirs. An entry that its file marks as
    not public is never public here: a public event becomes private, even if the rest of the entry is refused. Its
    subscribers stay and can still see it. Edits are announced like any others, and events may start in the past.

    `calendar` is the name under which the calendar is recognised: `calendar_name`. With an `upcoming_limit`, entries by
    which the organiser would have more upcoming events are refused; without one, no quota applies.

    Pass each UID at most once, and at most BATCH_SIZE items, because one transaction locks all their events. Returns
    the result of each item in order; a refused item does not prevent the others from being imported.

    Raises:
        AccountSuspended
    """
    entries = {uid_digest(item.entry.uid): item.entry for item in items if item.entry}
    # Events before the person, in the same order as `update_event`, to avoid deadlocks. The person's lock makes another
    # import wait, so that two of them never create the same UID at once. What it has created meanwhile is read then.
    events = _locked_events(actor, list(entries))
    limited = {} if upcoming_limit is None else {"upcoming_count": _upcoming_count(at)}
    locked = lock_active_user(actor, **limited)
    events |= _locked_events(actor, [digest for digest in entries if digest not in events])
    rules = Rules(actor, at, state, new_state, Quota(upcoming_limit, getattr(locked, "upcoming_count", None) or 0))
    decisions = {
        digest: decide(entry, events.get(digest), digest=digest, rules=rules) for digest, entry in entries.items()
    }
    _create([each.event for each in decisions.values() if each.outcome == Imported.CREATED and each.event])
    for decision in decisions.values():
        _apply(decision, actor=actor, at=at)
    remember(
        [
            (each.event, entries[digest], each.digests)
            for digest, each in decisions.items()
            if each.event and each.digests
        ],
        memories={event.pk: memory for event in events.values() if (memory := memory_of(event))},
        calendar=calendar,
        at=at,
    )
    return [
        result_of(item, item.entry, decisions[uid_digest(item.entry.uid)]) if item.entry else unreadable(item)
        for item in items
    ]


def result_of(item: CalendarItem, entry: CalendarEntry, decision: Decision) -> ItemResult:
    """Return the result of an item with this entry."""
    return ItemResult(
        line=item.line,
        uid=item.uid,
        headline=item.summary,
        times=Times(entry.starts_at, entry.ends_at, entry.all_day, entry.time_zone),
        outcome=decision.outcome,
        reason=decision.reason,
        remarks=(*entry.remarks, *decision.remarks),
        recurrence=entry.recurrence,
        changes=decision.edit.changes if decision.edit else (),
        event_id=decision.event.pk if decision.event else None,
    )


def unreadable(item: CalendarItem) -> ItemResult:
    """Return the result of an item without an entry."""
    return ItemResult(item.line, item.uid, item.summary, times=None, outcome=Imported.SKIPPED, reason=item.reason)


def _locked_events(actor: User, digests: list[str]) -> dict[str, Event]:
    """Lock the person's events with these digests of UIDs and return them by digest."""
    if not digests:
        return {}
    events = known_events(actor, digests).order_by("pk").select_for_update()
    return {event.uid_digest: event for event in events}


def _upcoming_count(at: datetime) -> Subquery:
    return count_for_user(Event.objects.live().upcoming(at), "author")


def _create(events: list[Event]) -> None:
    """Insert the events. MySQL does not return their ids, so they are read there."""
    if not events:
        return
    Event.objects.bulk_create(events)
    if all(event.pk for event in events):
        return
    created = known_events(events[0].author, [event.uid_digest or "" for event in events])
    ids = dict(created.values_list("uid_digest", "pk"))
    for event in events:
        event.pk = ids[event.uid_digest]


def _apply(decision: Decision, *, actor: User, at: datetime) -> None:
    """Edit or cancel the event of a decision, which the caller has locked."""
    if decision.event is None:
        return
    if decision.edit:
        edit_locked_event(decision.event, decision.edit.fields, at=at, may_start_in_past=True)
    if decision.outcome == Imported.CANCELLED:
        cancel_event(decision.event, actor=actor, at=at)
