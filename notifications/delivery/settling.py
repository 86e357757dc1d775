"""The steps of the sweep that settle reminders which no announcement adjusts.

They are those of events that have moved silently, or were cancelled or deleted, and of people who have unsubscribed.
"""

from collections import defaultdict
from datetime import datetime

from config.database import transactional
from events.models import EndedSubscription, Event, Subscription
from events.services import announced, settle_chunk
from events.starts import Start
from notifications.delivery import batches
from notifications.delivery.batches import Batch, attempt
from notifications.delivery.superseding import (
    move_sent_reminders,
    supersede_reminders,
    supersede_reminders_besides,
)


def settle_reminders_of_events(*, at: datetime, busy: set[int]) -> Batch:
    """Move the reminders of one event whose start moved silently, or make them void if it is cancelled or deleted."""
    event_id = Event.objects.awaiting_rearm().exclude(pk__in=busy).values_list("pk", flat=True).first()
    return attempt(lambda: _settle_event(event_id, at=at), event_ids={event_id}) if event_id else Batch()


@transactional
def _settle_event(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).awaiting_rearm().claim().first()
    if event is None:
        return Batch(busy={event_id})
    users = settle_chunk(event, at=at, limit=batches.BATCH_SIZE)
    if users and not event.takes_place:
        supersede_reminders(event, user_ids=users.values(), at=at)
    elif users and not announced([event])[event.pk].pending:
        move_sent_reminders(event, user_ids=users.values())
    # At least 1, so that a chunk without subscriptions, which only completes the work, counts as progress.
    return Batch(handled=max(1, len(users)), filled_by=event_id if len(users) >= batches.BATCH_SIZE else None)


def settle_ended_subscriptions(*, at: datetime, busy: set[int]) -> Batch:
    """Supersede the reminders that people got before they unsubscribed from one event.

    If they have subscribed again, only reminders of another start than the one they know now are superseded.
    """
    ended = EndedSubscription.objects.unsettled().exclude(event_id__in=busy).order_by("event_id")
    event_id = ended.values_list("event_id", flat=True).first()
    return attempt(lambda: _settle_ended(event_id, at=at), event_ids={event_id}) if event_id else Batch()


@transactional
def _settle_ended(event_id: int, *, at: datetime) -> Batch:
    event = Event.objects.filter(pk=event_id).claim().first()
    if event is None:
        return Batch(busy={event_id})
    ended = EndedSubscription.objects.unsettled().filter(event=event)
    users = dict(ended.values_list("pk", "user_id")[: batches.BATCH_SIZE])
    returned = Subscription.objects.of_event(event).filter(user__pk__among=set(users.values()))
    users_by_start: dict[Start, set[int]] = defaultdict(set)
    known = announced([event])[event.pk]
    for pk, user_id in returned.values_list("pk", "user_id"):
        users_by_start[known.facts_for(pk).start].add(user_id)
    for start, user_ids in users_by_start.items():
        supersede_reminders_besides(start, event, user_ids=user_ids, at=at)
    supersede_reminders(event, user_ids=set(users.values()).difference(*users_by_start.values()), at=at)
    EndedSubscription.objects.filter(pk__among=list(users)).update(settled_at=at)
    return Batch(handled=max(1, len(users)), filled_by=event_id if len(users) >= batches.BATCH_SIZE else None)
