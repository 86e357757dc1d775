"""The steps of the sweep that remove what is to go: deleted events, and accounts, once everybody has been told."""

import logging
from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist

from accounts.models import User
from accounts.services import purge_user
from config.database import transactional
from events.models import Event, Subscription
from events.services import delete_event, purge_event_chunk, unsubscribe
from notifications.delivery.batches import Batch, attempt

logger = logging.getLogger(__name__)

# How many events and subscriptions of an account to be deleted a round deals with, so that reminders need not wait.
ACCOUNT_CHUNK = 50


def purge_events(*, at: datetime, busy: set[int]) -> Batch:
    """Remove one deleted event, or its next chunk, once everybody who must know has been told."""
    event_id = Event.objects.awaiting_purge().exclude(pk__in=busy).values_list("pk", flat=True).first()
    return attempt(lambda: _purge_event(event_id), event_ids={event_id}) if event_id else Batch()


@transactional
def _purge_event(event_id: int) -> Batch:
    event = Event.objects.filter(pk=event_id).awaiting_purge().claim().first()
    if event is None:
        return Batch(busy={event_id})
    purge_event_chunk(event)
    return Batch(handled=1)


def settle_account_deletions(*, at: datetime, busy: set[int]) -> Batch:
    """Delete the events and subscriptions of accounts that are to go, and the account once its events are purged."""
    batch = Batch()
    for user in User.objects.awaiting_deletion():
        try:
            batch.handled += _settle_account_deletion(user, at=at)
        except ObjectDoesNotExist:
            logger.info("another sweep was first with the deletion of account %d", user.pk)
        except Exception:
            logger.exception("the deletion of account %d waits for the next sweep", user.pk)
    return batch


def _settle_account_deletion(user: User, *, at: datetime) -> int:
    """Go on with one account; returns how many rows were dealt with, 0 while its events are being purged."""
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
