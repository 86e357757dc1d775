"""Removing subscribers on behalf of the event's organiser, and allowing them to subscribe again."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from config.database import transactional
from events.models import Event, Removal, Subscription
from events.services.events import lock_own_event
from events.services.subscriptions import end_subscriptions

# The most subscribers that `remove_old_invite_subscribers` removes at once; its page shows as many.
MAX_REMOVED_AT_ONCE = 100


@transactional
def remove_subscriber(event: Event, *, actor: User, user_id: int, at: datetime) -> bool:
    """Remove a user with their reminders, and keep them out; return whether they were subscribed.

    They can subscribe again once the organiser allows it, or with an invite that is renewed after this. A user who has
    just unsubscribed is kept out too, so it does not matter which of the two comes first. For an unknown user, and for
    the organiser, nothing is written.

    Raises:
        NotAuthor
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    # The lock prevents the account from being purged before the removal that refers to it is written.
    user = User.objects.select_for_update().filter(pk=user_id).exclude(pk=actor.pk).first()
    if user is None:
        return False
    _keep_out(event, [user.pk], barred_invite=event.invite_token, at=at)
    return end_subscriptions(event, Subscription.objects.of_event(event).filter(user=user)) > 0


@transactional
def remove_old_invite_subscribers(event: Event, *, actor: User, subscription_ids: Iterable[int], at: datetime) -> int:
    """Remove those of these subscriptions that are from before the invite was last renewed; return their number.

    The users can subscribe again with the current invite if somebody sends it to them. At most MAX_REMOVED_AT_ONCE are
    removed.

    Raises:
        NotAuthor
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    chosen = Subscription.objects.by_old_invites(event).filter(pk__in=list(subscription_ids))
    user_ids = list(chosen.order_by("user_id").values_list("user_id", flat=True)[:MAX_REMOVED_AT_ONCE])
    users = User.objects.select_for_update().filter(pk__in=user_ids).order_by("pk")
    user_ids = list(users.values_list("pk", flat=True))
    _keep_out(event, user_ids, barred_invite="", at=at)
    return end_subscriptions(event, Subscription.objects.of_event(event).filter(user_id__in=user_ids))


@transactional
def allow_again(event: Event, *, actor: User, user_id: int) -> bool:
    """Allow a user who was removed to subscribe again; return whether they had been removed.

    Raises:
        NotAuthor
        Event.DoesNotExist: the event has been deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    # The user is looked up by their own primary key, which can be compared with integers of any size.
    deleted, _ = Removal.objects.filter(event=event, user__in=User.objects.filter(pk=user_id)).delete()
    return bool(deleted)


def _keep_out(event: Event, user_ids: list[int], *, barred_invite: str, at: datetime) -> None:
    """Write removals of these users and delete their earlier ones. The caller has locked the event and the users."""
    Removal.objects.filter(event=event, user_id__in=user_ids).delete()
    Removal.objects.bulk_create(
        Removal(event=event, user_id=user_id, removed_at=at, barred_invite=barred_invite) for user_id in user_ids
    )
