"""Reminders: when each falls due, choosing leads, adjusting reminders to a new start, and settling those that were due.

To arm a reminder is to compute when it falls due for the event's start. A new start re-arms it when the subscriber is
notified; a start that moves silently, without any notification, only moves it. A reminder is void if it will never be
sent.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery

from accounts.models import validate_leads
from config.database import transactional
from events.exceptions import InvalidLeads
from events.models import Announcement, Event, Reminder, Subscription
from events.services.announced import Announced, Facts, announced
from events.services.announcements import brings_new_start
from events.starts import Start


def planned_reminders(
    *, start: Start, leads: Iterable[int], at: datetime, catch_up: bool = True
) -> dict[int, datetime | None]:
    """Return when each lead falls due for a start: `{lead: due_at}`, with None for a lead that is void.

    Leads that have already passed (`due_at <= at`) are void. With `catch_up`, the smallest of them is made up for as
    `Start.catches_up_at` says, unless another lead falls due then.
    """
    plan = {lead: due_at if (due_at := start.due_at(lead)) > at else None for lead in leads}
    passed = [lead for lead, due_at in plan.items() if due_at is None]
    caught_up_at = start.catches_up_at(at) if catch_up else None
    if passed and caught_up_at and caught_up_at not in plan.values():
        plan[min(passed)] = caught_up_at
    return plan


def checked_leads(leads: list[int]) -> list[int]:
    """Return the leads unchanged if they are valid.

    Raises:
        InvalidLeads
    """
    try:
        validate_leads(leads)
    except ValidationError as error:
        raise InvalidLeads(error.messages[0]) from error
    return leads


def arm(
    subscription: Subscription,
    *,
    known: Announced,
    leads: list[int],
    at: datetime,
    catch_up: bool,
) -> list[Reminder]:
    """Write reminders for leads that the subscription does not have yet, for the start that has been announced to it.

    The caller holds the event's lock. If the event is cancelled, they are void. Returns them. One query.
    """
    start = known.facts_for(subscription.pk).start
    plan = planned_reminders(start=start, leads=leads, at=at, catch_up=catch_up)
    if known.event.is_cancelled:
        plan = dict.fromkeys(plan)
    return Reminder.objects.bulk_create(
        Reminder(
            subscription=subscription,
            event=known.event,
            lead=lead,
            due_at=due_at,
            armed_for=start.moment,
        )
        for lead, due_at in plan.items()
    )


@transactional
def set_leads(subscription: Subscription, *, at: datetime, leads: list[int]) -> Subscription:
    """Replace the leads of a subscription. The reminders of kept leads do not change; an added lead that has already
    passed is void.

    Raises:
        InvalidLeads
        Subscription.DoesNotExist: the user has unsubscribed, or was removed, meanwhile.
    """
    checked_leads(leads)
    event = Event.objects.select_for_update().get(pk=subscription.event_id)
    subscription = Subscription.objects.get(pk=subscription.pk)
    kept = set(subscription.reminders.filter(lead__in=leads).values_list("lead", flat=True))
    subscription.reminders.exclude(lead__in=leads).delete()
    arm(
        subscription,
        known=announced([event])[event.pk],
        leads=[lead for lead in leads if lead not in kept],
        at=at,
        catch_up=False,
    )
    return subscription


def settle_chunk(event: Event, *, at: datetime, limit: int) -> dict[int, int]:
    """Adjust the reminders of the next `limit` subscriptions to a start that has moved silently.

    If the event is cancelled or deleted, the reminders become void. The caller holds the event's lock. Returns
    `{subscription id: user id}`.
    """
    rows = Subscription.objects.of_event(event).filter(id__gt=event.rearm_cursor).order_by("id")
    users = dict(rows.values_list("id", "user_id")[:limit])
    ids = list(users)
    if event.takes_place:
        move_reminders(announced([event])[event.pk], subscription_ids=ids, at=at)
    else:
        Reminder.objects.filter(subscription__pk__among=ids, due_at__isnull=False).update(due_at=None)
    event.rearm_cursor = ids[-1] if len(ids) == limit else None
    event.save(update_fields=["rearm_cursor"])
    return users


def follow_change(change: Announcement, known: Announced, *, subscription_ids: list[int], at: datetime) -> None:
    """Adjust the reminders of subscriptions that are being notified of a change to what is `known` to them then.

    A new start re-arms them. With any other change the start may have moved silently, because the edit was of the time
    zone of an all-day event, too. The caller holds the event's lock.
    """
    start = known.facts_for(subscription_ids[-1]).start  # the same for all of them
    if brings_new_start(change):
        _rearm(start, subscription_ids=subscription_ids, at=at)
    elif start != Facts.read(change.before, event=known.event).start:
        _move_to(start, subscription_ids=subscription_ids, at=at)


def _rearm(start: Start, *, subscription_ids: list[int], at: datetime) -> None:
    """Re-arm the reminders of these subscriptions, including sent ones, for a new start that is being announced.

    That announcement is the reminder of every lead that has passed by then. There is one update for each distinct lead.
    """
    reminders = Reminder.objects.filter(subscription__pk__among=subscription_ids)
    leads = reminders.values_list("lead", flat=True).distinct()
    for lead, due_at in planned_reminders(start=start, leads=leads, at=at, catch_up=False).items():
        reminders.filter(lead=lead).update(due_at=due_at, armed_for=start.moment)


def move_reminders(known: Announced, *, subscription_ids: list[int], at: datetime) -> None:
    """Move the pending reminders of these subscriptions to the start that they know, which has changed silently.

    If the move makes reminders of a subscription overdue, the one with the smallest lead is due now, and the others are
    void. Reminders that were sent stay sent. The caller holds the event's lock.
    """
    by_start: dict[Start, list[int]] = defaultdict(list)
    for pk in subscription_ids:
        by_start[known.facts_for(pk).start].append(pk)
    for start, ids in by_start.items():
        _move_to(start, subscription_ids=ids, at=at)


def _move_to(start: Start, *, subscription_ids: list[int], at: datetime) -> None:
    reminders = Reminder.objects.filter(subscription__pk__among=subscription_ids)
    pending = reminders.filter(due_at__isnull=False)
    leads = sorted(pending.values_list("lead", flat=True).distinct())
    plan = planned_reminders(start=start, leads=leads, at=at, catch_up=False)
    smallest_passed: dict[int, int] = {}  # subscription id -> reminder id
    if passed := [lead for lead in leads if plan[lead] is None]:
        rows = pending.filter(lead__in=passed).order_by("-lead").values_list("subscription_id", "pk")
        smallest_passed = dict(rows)
    for lead in leads:
        pending.filter(lead=lead).update(due_at=plan[lead])
    if smallest_passed:
        reminders.filter(pk__among=list(smallest_passed.values())).update(due_at=at)
    reminders.exclude(armed_for=start.moment).update(armed_for=start.moment)


def settle_reminders(ids: list[int]) -> None:
    """Mark reminders as no longer due, because they were sent or are void. The caller holds their events' locks."""
    Reminder.objects.filter(pk__among=ids).update(due_at=None)


def settle_armed_reminders(ids: list[int], *, at: datetime) -> int:
    """Settle those of the reminders that are due and armed for their event's current start; return their number.

    The caller holds their events' locks.
    """
    start = Event.objects.filter(pk=OuterRef("event_id")).values("starts_at")
    return Reminder.objects.due(at).filter(pk__among=ids, armed_for=Subquery(start)).update(due_at=None)


def stamp_notified(event_ids: set[int], *, at: datetime) -> None:
    """Record that reminders for the current start have been sent, unless this is recorded already.

    The caller holds the events' locks.
    """
    Event.objects.filter(pk__in=event_ids, notified_at__isnull=True).update(notified_at=at)
