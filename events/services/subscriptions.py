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
    EventCancelled,
    EventIsDraft,
    EventOver,
    OwnEvent,
    QuotaExceeded,
    SubscriptionRefused,
)
from events.models import EndedSubscription, Event, Removal, Subscription
from events.querysets import SubscriptionQuerySet
from events.services.reminders import arm, checked_leads


@transactional
def subscribe(
    event: Event, *, actor: User, at: datetime, leads: list[int] | None = None, invite: str | None = None
) -> Subscription:
    """Subscribe to an event, with a reminder `leads` minutes before the start (the user's default leads if None).

    If some leads have already passed, the smallest of them reminds immediately and the others never do. Once the event
    has started, none does, except at ALL_DAY_REMINDER_HOUR of the first day of an all-day event. With an empty list
    there are no reminders, and the user is only notified of changes. `invite` is the token that the user presented, or
    None if the caller does not require one.

    Raises:
        AccountSuspended, InvalidLeads, OwnEvent, EventIsDraft, EventCancelled, EventOver, AlreadySubscribed
        SubscriptionRefused: the organiser has removed the user, and `invite` does not readmit them.
        QuotaExceeded: the user already has `MAX_SUBSCRIPTIONS_PER_USER` subscriptions to events that have not ended.
        Event.DoesNotExist: the event has been deleted meanwhile, or is private and no longer visible to the user.
    """
    # Lock the event before the user. A sweep does the same: it locks events, and then users through the foreign key of
    # the inbox rows that it inserts.
    event = Event.objects.live().select_for_update().get(pk=event.pk)
    actor = lock_active_user(actor)
    leads = checked_leads(actor.default_leads if leads is None else leads)
    _check_open(event, actor, at=at)
    _admit(event, actor, invite=invite)
    _check_quota(actor, at=at)
    is_return = EndedSubscription.objects.filter(event=event, user=actor).exists()
    try:
        with transaction.atomic():
            subscription = Subscription.objects.create(user=actor, event=event, created_at=at, is_return=is_return)
    except IntegrityError as error:
        raise AlreadySubscribed from error
    arm(subscription, event=event, leads=leads, at=at, catch_up=True)
    Event.objects.filter(pk=event.pk).update(subscriber_count=F("subscriber_count") + 1)
    return subscription


def _check_open(event: Event, actor: User, *, at: datetime) -> None:
    """Check that the user can subscribe to the event at this time.

    Raises:
        OwnEvent, EventIsDraft, EventCancelled, EventOver
    """
    if event.author_id == actor.pk:
        raise OwnEvent
    if event.is_draft:
        raise EventIsDraft
    if event.is_cancelled:
        raise EventCancelled
    if event.is_over(at):
        raise EventOver


def _admit(event: Event, actor: User, *, invite: str | None) -> None:
    """Admit a user to a locked event, and delete their removal if they present an invite that was renewed since.

    The view has checked that they may see the event, but that was before the event was locked. In the meantime the
    invite may have been renewed, or the user may have been removed.

    Raises:
        SubscriptionRefused
        Event.DoesNotExist: the event is private, and the user must not learn more about it.
    """
    is_private = event.state == Event.State.PRIVATE
    if is_private and invite is not None:
        Event.objects.visible_to(actor, invite).only("pk").get(pk=event.pk)
    removal = Removal.objects.filter(event=event, user=actor).first()
    if removal is None:
        return
    if invite != event.invite_token or invite == removal.barred_invite:
        raise Event.DoesNotExist if is_private else SubscriptionRefused
    removal.delete()


def _check_quota(actor: User, *, at: datetime) -> None:
    """Check that the user may have one more subscription to an event that has not ended.

    Raises:
        QuotaExceeded
    """
    limit = settings.MAX_SUBSCRIPTIONS_PER_USER
    if Subscription.objects.owned_by(actor).to_upcoming(at).count() >= limit:
        raise QuotaExceeded(
            ngettext(
                "You’ve reached the limit of %(n)d subscription to upcoming events.",
                "You’ve reached the limit of %(n)d subscriptions to upcoming events.",
                limit,
            )
            % {"n": limit}
        )


@transactional
def unsubscribe(event: Event, *, actor: User) -> bool:
    """Unsubscribe from an event; return whether the user was subscribed."""
    Event.objects.select_for_update().filter(pk=event.pk).first()
    return end_subscriptions(event, Subscription.objects.of_event(event).filter(user=actor)) > 0


def end_subscriptions(event: Event, subscriptions: SubscriptionQuerySet) -> int:
    """Delete these subscriptions to an event, with their reminders; return their number.

    It is recorded that they have ended. The caller holds the event's lock.
    """
    user_ids = list(subscriptions.values_list("user_id", flat=True))
    _, deleted = subscriptions.delete()
    count = deleted.get(Subscription._meta.label, 0)
    if count:
        EndedSubscription.objects.filter(event=event, user_id__in=user_ids).delete()
        EndedSubscription.objects.bulk_create(EndedSubscription(event=event, user_id=user_id) for user_id in user_ids)
        Event.objects.filter(pk=event.pk).update(subscriber_count=F("subscriber_count") - count)
    return count
