"""The steps of the sweep that purge deleted events and accounts, and that cancel events of suspended organisers.

An event is purged only after its subscribers have been notified, and an account after its events.
"""

import logging
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist

from accounts.models import User
from accounts.services import purge_user
from config.database import transactional
from events.models import Event, PendingCancellation, Subscription
from events.services import delete_event, purge_event_chunk, settle_cancellation, unsubscribe
from notifications.delivery.batches import Batch, attempt

logger = logging.getLogger(__name__)

# How many events, and how many subscriptions, of an account are removed per round, so that reminders are not delayed.
ACCOUNT_CHUNK = 50


def purge_events(*, at: datetime, busy: set[int]) -> Batch:
    """Purge one deleted event whose subscribers have all been notified, or the next chunk of its rows."""
    event_id = Event.objects.awaiting_purge().exclude(pk__in=busy).values_list("pk", flat=True).first()
    return attempt(lambda: _purge_event(event_id), event_ids={event_id}) if event_id else Batch()


@transactional
def _purge_event(event_id: int) -> Batch:
    event = Event.objects.filter(pk=event_id).awaiting_purge().claim().first()
    if event is None:
        return Batch(busy={event_id})
    purge_event_chunk(event)
    return Batch(handled=1)


def settle_cancellations(*, at: datetime, busy: set[int]) -> Batch:
    """Cancel or delete the next events of suspended organisers, if staff have decided so."""
    batch = Batch()
    for pending in PendingCancellation.objects.order_by("requested_at", "pk"):
        try:
            batch.handled += settle_cancellation(pending, at=at, limit=ACCOUNT_CHUNK)
        except ObjectDoesNotExist:
            logger.info("another sweep is cancelling events of account %d at the same time", pending.pk)
        except Exception:
            logger.exception("cancelling events of account %d failed; it is left to the next sweep", pending.pk)
    return batch


def settle_account_deletions(*, at: datetime, busy: set[int]) -> Batch:
    """Delete the events and subscriptions of accounts whose deletion was requested, and purge accounts without any."""
    batch = Batch()
    for user in User.objects.awaiting_deletion():
        try:
            batch.handled += _settle_account_deletion(user, at=at)
        except ObjectDoesNotExist:
            logger.info("another sweep is deleting account %d at the same time", user.pk)
        except Exception:
            logger.exception("deleting account %d failed; it is left to the next sweep", user.pk)
    return batch


def _settle_account_deletion(user: User, *, at: datetime) -> int:
    """Delete the next rows of one account; return how many were handled, 0 while its events have yet to be purged."""
    events = list(Event.objects.owned_by(user)[:ACCOUNT_CHUNK])
    for event in events:
        delete_event(event, actor=user, at=at)
    subscriptions = list(Subscription.objects.filter(user=user).select_related("event")[:ACCOUNT_CHUNK])
    for subscription in subscriptions:
        unsubscribe(subscription.event, actor=user)
    handled = len(events) + len(subscriptions)
    if handled or Event.objects.filter(author=user).exists():
        return handled
    purge_user(user)
    return 1
