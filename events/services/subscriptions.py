"""Subscribing and unsubscribing."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import ngettext

from accounts.exceptions import AccountSuspended
from accounts.models import User
from config.database import transactional
from config.statements import ModelQuery
from events.exceptions import (
    AlreadySubscribed,
    EventCancelled,
    EventIsDraft,
    EventOver,
    OwnEvent,
    QuotaExceeded,
    SubscriptionRefused,
)
from events.models import Announcement, EndedSubscription, Event, Removal, Subscription
from events.querysets import LOCAL_TIMES, LONG_TEXTS, TOKEN_FORM, EventQuerySet, SubscriptionQuerySet, count_for_user
from events.services.announced import Announced, announced
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
    event = _lock_event(event.pk, actor, invite=invite)
    locked = _lock_subscriber(actor, event, at=at)
    leads = checked_leads(locked.default_leads if leads is None else leads)
    _check_open(event, actor, at=at)
    if locked.is_removed:
        _readmit(event, actor, invite=invite)
    _check_quota(locked.upcoming_count)
    if locked.is_subscribed:
        raise AlreadySubscribed
    subscription = Subscription.objects.create(user=actor, event=event, created_at=at, is_return=locked.is_return)
    known = announced([event])[event.pk] if event.has_pending_change else Announced(event, [])  # type: ignore[attr-defined]  # an annotation
    subscription.new_reminders = arm(subscription, known=known, leads=leads, at=at, catch_up=True)
    Event.objects.filter(pk=event.pk).update(subscriber_count=F("subscriber_count") + 1)
    return subscription


def _lock_event(pk: int, actor: User, *, invite: str | None) -> Event:
    """Lock the event and return it without its texts. If an invite is given, the user must be allowed to see the event.

    The caller may have checked that the user may see the event, but that was before the event was locked. In the
    meantime the invite may have been renewed, or the user may have been removed. The event is annotated with
    `has_pending_change`: whether one of its changes has not reached all subscribers yet.

    Raises:
        Event.DoesNotExist: the event has been deleted, or the user must not learn more about it.
    """
    if invite is None:
        found = _EVENT.models(pk=pk, user=None, invite="", limit=1, lock=True)
    else:
        usable_invite = invite if TOKEN_FORM.fullmatch(invite) else ""
        found = _EVENT.models(pk=pk, user=actor.pk, invite=usable_invite, limit=1, lock=True)
    if not found:
        raise Event.DoesNotExist
    event: Event = found[0]
    return event


def _event(*, pk: int, user: int | None, invite: str) -> EventQuerySet:
    """`user` must be allowed to see the event, if one is given."""
    events = Event.objects.visible_to(User(pk=user), invite) if user else Event.objects.live()
    changes = Announcement.objects.changes_for_all().pending().filter(event=OuterRef("pk")).order_by()
    return events.filter(pk=pk).annotate(has_pending_change=Exists(changes))


_EVENT = ModelQuery(
    Event,
    _event,
    fields={field.attname for field in Event._meta.concrete_fields} - {*LONG_TEXTS, *LOCAL_TIMES},
    annotations=["has_pending_change"],
    parameters={"pk": Event._meta.pk, "user": User._meta.pk, "invite": Event._meta.get_field("invite_token")},
)


def _lock_subscriber(actor: User, event: Event, *, at: datetime) -> Any:
    """Lock the user and return them with what decides whether they can subscribe to the locked event, and how.

    Raises:
        AccountSuspended
    """
    found = _SUBSCRIBER.models(user=actor.pk, event=event.pk, at=at, limit=1, lock=True)
    if not found:
        raise AccountSuspended
    return found[0]


def _subscriber(*, user: int, event: int, at: datetime) -> QuerySet[User]:
    """As in `lock_active_user`, all annotations refer to the row, so that they are evaluated once it is locked."""
    of_both: dict[str, Any] = {"user": OuterRef("pk"), "event": event}
    return (
        User.objects.active()
        .filter(pk=user)
        .annotate(
            upcoming_count=count_for_user(Subscription.objects.to_live().to_upcoming(at), "user"),
            is_removed=Exists(Removal.objects.filter(**of_both)),
            is_subscribed=Exists(Subscription.objects.filter(**of_both)),
            is_return=Exists(EndedSubscription.objects.filter(**of_both)),
        )
    )


_SUBSCRIBER = ModelQuery(
    User,
    _subscriber,
    fields=["id", "default_leads"],
    annotations=["upcoming_count", "is_removed", "is_subscribed", "is_return"],
    parameters={"user": User._meta.pk, "event": Event._meta.pk, "at": Event._meta.get_field("over_at")},
)


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


def _readmit(event: Event, actor: User, *, invite: str | None) -> None:
    """Delete the removal of a user from a locked event, if they present an invite that was renewed since.

    Raises:
        SubscriptionRefused
        Event.DoesNotExist: the event is private, and the user must not learn more about it.
    """
    removal = Removal.objects.get(event=event, user=actor)
    if invite != event.invite_token or invite == removal.barred_invite:
        raise Event.DoesNotExist if event.state == Event.State.PRIVATE else SubscriptionRefused
    removal.delete()


def _check_quota(count: int | None) -> None:
    """Check that a user with so many subscriptions to events that have not ended (None for none) may have one more.

    Raises:
        QuotaExceeded: they already have `MAX_SUBSCRIPTIONS_PER_USER`.
    """
    limit = settings.MAX_SUBSCRIPTIONS_PER_USER
    if (count or 0) >= limit:
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
