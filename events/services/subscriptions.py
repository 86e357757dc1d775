"""Subscribing and unsubscribing."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import ngettext

from accounts.models import User
from accounts.services import lock_active_user
from config.database import transactional
from events.exceptions import (
    AlreadySubscribed,
    EventBegun,
    EventCancelled,
    EventIsDraft,
    OwnEvent,
    QuotaExceeded,
)
from events.models import Event, Subscription
from events.services.reminders import arm, checked_leads


@transactional
def subscribe(event: Event, *, actor: User, at: datetime, leads: list[int] | None = None) -> Subscription:
    """Follow an event, reminded at `leads` minutes before the start (the user's own default when None).

    Leads that have already passed: the smallest reminds at once, the others never. An empty list: changes only.

    Raises:
        AccountLocked, InvalidLeads, OwnEvent, EventIsDraft, EventCancelled, EventBegun, AlreadySubscribed
        QuotaExceeded: the user already follows `MAX_SUBSCRIPTIONS_PER_USER` events not over.
        Event.DoesNotExist: it was deleted meanwhile.
    """
    # The event first: a sweep holds events, and then users by the foreign key of their inbox rows.
    event = Event.objects.live().select_for_update().get(pk=event.pk)
    actor = lock_active_user(actor)
    leads = checked_leads(actor.default_leads if leads is None else leads)
    if event.author_id == actor.pk:
        raise OwnEvent
    if event.is_draft:
        raise EventIsDraft
    if event.is_cancelled:
        raise EventCancelled
    if event.has_begun(at):
        raise EventBegun
    if Subscription.objects.owned_by(actor).to_upcoming(at).count() >= settings.MAX_SUBSCRIPTIONS_PER_USER:
        raise QuotaExceeded(
            ngettext(
                "You follow %(n)d event that is not over; that is the limit.",
                "You follow %(n)d events that are not over; that is the limit.",
                settings.MAX_SUBSCRIPTIONS_PER_USER,
            )
            % {"n": settings.MAX_SUBSCRIPTIONS_PER_USER}
        )
    try:
        with transaction.atomic():
            subscription = Subscription.objects.create(user=actor, event=event, created_at=at)
    except IntegrityError as error:
        raise AlreadySubscribed from error
    arm(subscription, event=event, leads=leads, at=at, catch_up=True)
    Event.objects.filter(pk=event.pk).update(subscriber_count=F("subscriber_count") + 1)
    return subscription


@transactional
def unsubscribe(event: Event, *, actor: User) -> bool:
    """Stop following an event; returns whether the user did follow it."""
    Event.objects.select_for_update().filter(pk=event.pk).first()
    deleted, _ = Subscription.objects.filter(event=event, user=actor).delete()
    if deleted:
        Event.objects.filter(pk=event.pk).update(subscriber_count=F("subscriber_count") - 1)
    return bool(deleted)
