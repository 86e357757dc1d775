"""Reminders: when each falls due, choosing leads, adjusting reminders to a new start, and settling those that were due.

To arm a reminder is to compute when it falls due for the event's start; a new start re-arms it. A reminder is void if
it will never be sent.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Subquery

from accounts.models import validate_leads
from config.database import transactional
from events.exceptions import InvalidLeads
from events.models import Event, Reminder, Subscription


def planned_reminders(
    *, starts_at: datetime, leads: Iterable[int], at: datetime, catch_up: bool = True
) -> dict[int, datetime | None]:
    """Return when each lead falls due for a start: `{lead: due_at}`, with None for a lead that is void.

    Leads that have already passed (`starts_at - lead <= at`) are void. With `catch_up`, the smallest of them falls due
    immediately, unless the event has started.
    """
    due = {lead: starts_at - timedelta(minutes=lead) for lead in leads}
    passed = [lead for lead, due_at in due.items() if due_at <= at]
    plan: dict[int, datetime | None] = {lead: None if lead in passed else due_at for lead, due_at in due.items()}
    if passed and catch_up and starts_at > at:
        plan[min(passed)] = at
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
    event: Event,
    leads: list[int],
    at: datetime,
    catch_up: bool,
) -> None:
    """Write reminders for leads that the subscription does not have yet. The caller holds the event's lock.

    If the event is cancelled, they are void.
    """
    plan = planned_reminders(starts_at=event.starts_at, leads=leads, at=at, catch_up=catch_up)
    if event.is_cancelled:
        plan = dict.fromkeys(plan)
    Reminder.objects.bulk_create(
        Reminder(
            subscription=subscription,
            event=event,
            lead=lead,
            due_at=due_at,
            armed_for=event.starts_at,
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
        event=event,
        leads=[lead for lead in leads if lead not in kept],
        at=at,
        catch_up=False,
    )
    return subscription


def rearm_chunk(event: Event, *, at: datetime, limit: int) -> int:
    """Adjust the reminders of the next `limit` subscriptions to the event as it is now; return how many subscriptions.

    The caller holds the event's lock. If the event is cancelled or deleted, the reminders become void.
    """
    ids = list(
        Subscription.objects.of_event(event)
        .filter(id__gt=event.rearm_cursor)
        .order_by("id")
        .values_list("id", flat=True)[:limit]
    )
    if not event.takes_place:
        Reminder.objects.filter(subscription_id__in=ids, due_at__isnull=False).update(due_at=None)
    else:
        rearm_subscriptions(event, subscription_ids=ids, at=at)
    event.rearm_cursor = ids[-1] if len(ids) == limit else None
    event.save(update_fields=["rearm_cursor"])
    return len(ids)


def rearm_subscriptions(event: Event, *, subscription_ids: list[int], at: datetime) -> None:
    """Re-arm those reminders of these subscriptions that were armed for another start, including sent ones.

    The caller holds the event's lock. There is one update for each distinct lead. If leads have passed and the event
    has not started, the smallest of them falls due immediately for each subscription, which takes one more query and
    at most one more update for each passed lead.
    """
    stale = Reminder.objects.filter(subscription_id__in=subscription_ids).exclude(armed_for=event.starts_at)
    leads = sorted(stale.values_list("lead", flat=True).distinct())
    passed = [lead for lead in leads if event.starts_at - timedelta(minutes=lead) <= at]
    smallest_passed: dict[int, list[int]] = {lead: [] for lead in passed}
    if passed and not event.has_begun(at):
        seen: set[int] = set()
        rows = stale.filter(lead__in=passed).order_by("lead").values_list("pk", "subscription_id", "lead")
        for pk, subscription_id, lead in rows:
            if subscription_id not in seen:
                seen.add(subscription_id)
                smallest_passed[lead].append(pk)
    for lead in leads:
        plan = planned_reminders(starts_at=event.starts_at, leads=[lead], at=at, catch_up=False)
        catching_up = smallest_passed.get(lead, [])
        if catching_up:
            Reminder.objects.filter(pk__among=catching_up).update(due_at=at, armed_for=event.starts_at)
        stale.filter(lead=lead).update(due_at=plan[lead], armed_for=event.starts_at)


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
