"""The step of the sweep that notifies subscribers of announcements."""

import logging
from datetime import datetime

from django.db import transaction

from config.database import transactional
from config.logs.context import on_behalf_of
from events.models import Announcement, Event, Subscription
from events.services import (
    Announced,
    begin_delivery,
    facts_announced_by,
    follow_change,
    mark_notified,
    next_recipients,
)
from notifications.delivery import batches
from notifications.delivery.batches import Batch, attempt
from notifications.delivery.rows import insert_announcement_notifications
from notifications.delivery.superseding import supersede_by_announcement

logger = logging.getLogger(__name__)


def deliver_announcements(*, at: datetime, busy: set[int]) -> Batch:
    """Notify the next BATCH_SIZE recipients of the oldest due announcement of one event."""
    due = Announcement.objects.due(at).exclude(event_id__in=busy)
    oldest = due.values_list("event_id", "request_id").first()
    if oldest is None:
        return Batch()
    event_id, request_id = oldest
    with on_behalf_of(request_id):
        return attempt(lambda: _deliver_announcement(event_id, at=at), event_ids={event_id})


@transactional
def _deliver_announcement(event_id: int, *, at: datetime) -> Batch:
    """Notify the next recipients of the event's oldest due announcement.

    The same transaction supersedes their earlier notifications and adjusts their reminders to a change, so that no
    crash can come between.
    """
    event = Event.objects.filter(pk=event_id).claim().first()
    if event is None:
        return Batch(busy={event_id})
    announcements = list(Announcement.objects.filter(event=event).due_or_changes(at))
    announcement = next((each for each in announcements if each.is_due(at)), None)
    if announcement is None:
        return Batch()
    begin_delivery(announcement, event)
    users = next_recipients(announcement, limit=batches.BATCH_SIZE)
    ids = list(users)
    if ids:
        earlier = [each for each in announcements if each.is_change and each.pk < announcement.pk]
        others = [each for each in announcements if each.is_change_for_all and each.due_at and each != announcement]
        known = Announced(event, pending=others)  # what they know once they have been notified
        facts = facts_announced_by(announcement, known)
        supersede_by_announcement(announcement, earlier, facts=facts, user_ids=users.values(), at=at)
        recipients = Subscription.objects.filter(pk__among=ids)
        insert_announcement_notifications(recipients, announcement, facts=facts, at=at)
        # A cancellation or a deletion makes the reminders void, perhaps before all have been notified of the change.
        if announcement.is_change and event.takes_place:
            follow_change(announcement, known, subscription_ids=ids, at=at)
    mark_notified(announcement, subscription_ids=ids, limit=batches.BATCH_SIZE)
    done = (announcement.pk, announcement.kind, event_id, len(ids))
    transaction.on_commit(
        lambda: logger.info("announcement %d (%s) of event %d: %d subscribers notified", *done), robust=True
    )
    # At least 1, so that a chunk without recipients, which only completes the delivery, counts as progress.
    batch = Batch(handled=max(1, len(ids)), filled_by=event_id if len(ids) == batches.BATCH_SIZE else None)
    batch.note_recipients(list(users.values()))
    return batch
