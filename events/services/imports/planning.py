"""Read what an import would do, without writing anything."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from accounts.models import User
from events.calendars import CalendarFile, CalendarItem
from events.models import Announcement, Event, Subscription
from events.services.announcements import differ, material_facts
from events.services.imports.deciding import Decision, Quota, Rules, decide
from events.services.imports.importing import result_of, unreadable
from events.services.imports.memory import known_events, uid_digest
from events.services.imports.results import Imported, ImportReport, ItemResult
from events.services.imports.vanishing import vanished_events, vanished_remarks

# Entries whose events are read at once.
CHUNK = 500


def plan_import(
    calendar: CalendarFile,
    *,
    name: str,
    actor: User,
    at: datetime,
    state: str | None = None,
    new_state: str = Event.State.PRIVATE,
    upcoming_limit: int | None = None,
    cancel: Collection[int] | None = None,
) -> ImportReport:
    """Return what importing all items of the file would do now. Writes nothing.

    The parameters are those of `import_items`; `name` is its `calendar`. With `cancel`, only vanished events with these
    ids are returned and counted. One query for each CHUNK of entries, and at
    most seven more.
    """
    own = Event.objects.owned_by(actor)
    quota = Quota(upcoming_limit, 0 if upcoming_limit is None else own.upcoming(at).count())
    rules = Rules(actor, at, state, new_state, quota)
    results: list[ItemResult] = []
    notifying = _Notifying(at)
    for start in range(0, len(calendar.items), CHUNK):
        for item, decision in _decisions(calendar.items[start : start + CHUNK], rules=rules):
            if decision and item.entry:
                results.append(result_of(item, item.entry, decision))
                notifying.add(decision)
            else:
                results.append(unreadable(item))
    vanished = vanished_events(calendar, name=name, actor=actor, at=at)
    vanished = [event for event in vanished if cancel is None or event.event_id in cancel]
    notified, with_vanished = notifying.counts([event.event_id for event in vanished if event.subscriber_count])
    remarks = (*calendar.remarks, *vanished_remarks(calendar, vanished, name=name, actor=actor))
    return ImportReport(name, results, vanished, remarks, notified, with_vanished)


def _decisions(items: Sequence[CalendarItem], *, rules: Rules) -> Iterator[tuple[CalendarItem, Decision | None]]:
    """Yield each item with what an import would do with its entry, or None if it has none. One query."""
    digests = [uid_digest(item.entry.uid) if item.entry else "" for item in items]
    events = {event.uid_digest: event for event in known_events(rules.actor, filter(None, digests))}
    for item, digest in zip(items, digests, strict=True):
        decision = decide(item.entry, events.get(digest), digest=digest, rules=rules) if item.entry else None
        yield item, decision


class _Notifying:
    """Collects the events whose subscribers an import would notify, as `record_change` and `cancel_event` would."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._cancelled: list[int] = []
        # What the event would be, and whether nobody cares because it has ended and stays so: by the event's id.
        self._changed: dict[int, tuple[dict[str, Any], bool]] = {}

    def add(self, decision: Decision) -> None:
        event, edited = decision.event, decision.edit and decision.edit.edited
        if event is None or not event.subscriber_count:
            return
        if decision.outcome == Imported.CANCELLED:
            self._cancelled.append(event.pk)
        elif edited and differ(material_facts(event), after := material_facts(edited)):
            self._changed[event.pk] = after, event.is_over(self._at) and edited.is_over(self._at)

    def counts(self, vanished: list[int]) -> tuple[int, int]:
        """Return how many people would be notified, without and with cancelling these events. At most three queries."""
        waiting = _waiting_changes(list(self._changed))
        withdrawn = [change for pk, change in waiting.items() if not differ(change.before, self._changed[pk][0])]
        notified = [
            pk
            for pk, (_after, stays_over) in self._changed.items()
            if pk not in {change.event_id for change in withdrawn} and (pk in waiting or not stays_over)
        ]
        count = _count_people([*self._cancelled, *notified], withdrawn)
        both = _count_people([*self._cancelled, *notified, *vanished], withdrawn) if vanished else count
        return count, both


def _waiting_changes(event_ids: list[int]) -> dict[int, Announcement]:
    """Return the changes that `waiting_change` would return, by their events' ids."""
    changes = Announcement.objects.changes_for_all().filter(event__pk__among=event_ids)
    newest = {change.event_id: change for change in changes}
    return {pk: change for pk, change in newest.items() if change.is_waiting}


def _count_people(event_ids: list[int], withdrawn: list[Announcement]) -> int:
    """Return how many people are subscribed to any of these events, or have while one of these changes was waiting."""
    people = Subscription.objects.filter(event__pk__among=event_ids)
    changes = {"event__announcements__pk__among": [change.pk for change in withdrawn]}
    since = Subscription.objects.filter(**changes, id__gt=F("event__announcements__last_subscription_id"))
    # Each is distinct, because Django leaves out the union if one of them has no ids to look for.
    users, later_users = (rows.order_by().values("user_id").distinct() for rows in (people, since))
    return users.union(later_users).count()
