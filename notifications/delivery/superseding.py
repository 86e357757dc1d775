"""Record which notifications are no longer current, because others have replaced them or they no longer hold.

`NotificationQuerySet.current` says what superseded means. The caller has locked the events.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple, Self

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from events.models import Announcement, Event, Reminder
from events.services import Facts, brings_new_start, covered_by
from events.starts import Start
from notifications.delivery.rows import reminder_source
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet

_REMINDERS = Q(kind=Notification.Kind.REMINDER)


class DueReminder(NamedTuple):
    """A reminder that was due when it was read."""

    pk: int
    event_id: int
    subscription_id: int
    user_id: int
    # Whether the subscriber had unsubscribed before.
    is_return: bool
    lead: int
    due_at: datetime

    @classmethod
    def read(cls, reminders: QuerySet[Reminder]) -> list[Self]:
        names = ("pk", "event_id", "subscription_id", "subscription__user_id", "subscription__is_return")
        return [cls(*row) for row in reminders.values_list(*names, "lead", "due_at")]


def supersede_by_announcement(
    announcement: Announcement,
    earlier: Iterable[Announcement],
    *,
    facts: Facts,
    user_ids: Collection[int],
    at: datetime,
) -> None:
    """Supersede earlier notifications of these subscribers, as far as the announcement replaces them.

    It replaces those of the `earlier` changes whose every part it changes again. A cancellation also replaces all
    reminders, and a new start those of any other start than that in `facts`. After any other change, reminders stay
    current and get the `facts`. At most one query.
    """
    covered = Q(source__in=[f"announcement:{each.pk}" for each in covered_by(announcement, earlier)])
    rows = _rows_of(announcement.event_id, user_ids)
    if announcement.kind == Announcement.Kind.CANCELLED:
        _withdraw(rows.filter(covered | _REMINDERS), at=at)
    elif brings_new_start(announcement):
        _withdraw(rows.filter(covered | _reminders_besides(facts.start)), at=at)
    elif announcement.is_change:
        shown = {"starts_at": facts.starts_at, "time_zone": facts.time_zone, "location": facts.location}
        outdated = _REMINDERS & ~Q(**shown)
        rows.filter(covered | outdated, superseded_at__isnull=True).update(
            superseded_at=Case(When(covered, then=Value(at))),
            **{name: Case(When(outdated, then=Value(value)), default=name) for name, value in shown.items()},
        )


def supersede_reminders(event: Event, *, user_ids: Collection[int], at: datetime) -> None:
    """Supersede the reminders that these users have received, because they will not take part. One query."""
    _withdraw(_rows_of(event.pk, user_ids).filter(_REMINDERS), at=at)


def supersede_reminders_besides(start: Start, event: Event, *, user_ids: Collection[int], at: datetime) -> None:
    """Supersede the reminders that these users have received of other starts than this one. One query."""
    _withdraw(_rows_of(event.pk, user_ids).filter(_reminders_besides(start)), at=at)


def move_sent_reminders(event: Event, *, user_ids: Collection[int]) -> None:
    """Give the reminders that these users have received the event's start, which has moved silently. One query."""
    rows = _rows_of(event.pk, user_ids).filter(_REMINDERS, superseded_at__isnull=True)
    rows.exclude(starts_at=event.starts_at).update(starts_at=event.starts_at, time_zone=event.time_zone)


def supersede_by_reminders(reminders: Collection[DueReminder], *, starts: Mapping[int, Start], at: datetime) -> None:
    """Supersede the reminders that these will replace: those of the same event with larger leads.

    `starts` are the events' starts by their ids. For somebody who has subscribed again, everything that they received
    before is replaced, except for the very same reminder. If that was read or emailed, it becomes current again.
    Otherwise it is deleted, so that a new row takes its place: with its old id it would never be emailed. One query,
    and at most one for each of the three outcomes.
    """
    new = {(each.event_id, each.user_id): each for each in reminders}
    returned = {each.user_id for each in reminders if each.is_return}
    is_current = Q(superseded_at__isnull=True)
    rows = Notification.objects.filter(
        is_current | Q(recipient__pk__among=returned) if returned else is_current,
        kind=Notification.Kind.REMINDER,
        event_id__in={each.event_id for each in reminders},
        recipient__pk__among={each.user_id for each in reminders},
    )
    outdone: list[int] = []
    current_again: list[int] = []
    replaced: list[int] = []
    names = ("pk", "event_id", "recipient_id", "lead", "source", "superseded_at", "read_at", "emailed_at", "mail_id")
    for pk, event_id, user_id, lead, source, superseded_at, *seen in rows.values_list(*names):
        reminder = new.get((event_id, user_id))
        if reminder is None:
            continue
        is_same = reminder.is_return and source == reminder_source(event_id, reminder.lead, starts[event_id])
        if superseded_at is None:
            if lead > reminder.lead or (reminder.is_return and not is_same):
                outdone.append(pk)
        elif is_same:
            (current_again if any(seen) else replaced).append(pk)
    if outdone:
        Notification.objects.filter(pk__among=outdone).update(superseded_at=at, has_later_reminder=True)
    if current_again:
        Notification.objects.filter(pk__among=current_again).update(superseded_at=None, has_later_reminder=False)
    if replaced:
        Notification.objects.filter(pk__among=replaced).delete()


def _rows_of(event_id: int, user_ids: Collection[int]) -> NotificationQuerySet:
    """Return the event's notifications of these users. The index on (event, recipient) serves this."""
    return Notification.objects.filter(event_id=event_id, recipient__pk__among=user_ids)


def _reminders_besides(start: Start) -> Q:
    """Return the condition that a notification is a reminder of another start."""
    return _REMINDERS & ~Q(starts_at=start.moment, all_day=start.all_day)


def _withdraw(rows: NotificationQuerySet, *, at: datetime) -> None:
    """Supersede rows that no longer hold, including those that only a later reminder has superseded so far."""
    rows.filter(Q(superseded_at__isnull=True) | Q(has_later_reminder=True)).update(
        superseded_at=Coalesce("superseded_at", Value(at)), has_later_reminder=False
    )
