"""Removing subscribers on behalf of the event's author, and letting them back in."""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from config.database import transactional
from events.models import Event, Removal, Subscription
from events.services.events import lock_own_event
from events.services.subscriptions import end_subscriptions

# `remove_old_invite_subscribers` removes at most as many at once as its page shows.
MAX_REMOVED_AT_ONCE = 100


@transactional
def remove_subscriber(event: Event, *, actor: User, user_id: int, at: datetime) -> bool:
    """Remove somebody, with their reminders, and keep them out; returns whether they were subscribed.

    They can subscribe again once the author allows it, or with an invite that is renewed after this. Somebody who has
    just unsubscribed is kept out too, so that the order of the two does not matter. For an unknown user, and for the
    author, nothing is written.

    Raises:
        NotAuthor
        Event.DoesNotExist: it was deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    # Locked, so that the account is not purged before the removal that names it is written.
    user = User.objects.select_for_update().filter(pk=user_id).exclude(pk=actor.pk).first()
    if user is None:
        return False
    _keep_out(event, [user.pk], barred_invite=event.invite_token, at=at)
    return end_subscriptions(event, Subscription.objects.filter(event=event, user=user)) > 0


@transactional
def remove_old_invite_subscribers(event: Event, *, actor: User, subscription_ids: Iterable[int], at: datetime) -> int:
    """Remove those of these subscriptions that are from before the invite was last renewed; returns their number.

    The users can come back with the current invite, if somebody sends it to them. At most MAX_REMOVED_AT_ONCE are
    removed.

    Raises:
        NotAuthor
        Event.DoesNotExist: it was deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    chosen = Subscription.objects.by_old_invites(event).filter(pk__in=list(subscription_ids))
    user_ids = list(chosen.order_by("user_id").values_list("user_id", flat=True)[:MAX_REMOVED_AT_ONCE])
    users = User.objects.select_for_update().filter(pk__in=user_ids).order_by("pk")
    user_ids = list(users.values_list("pk", flat=True))
    _keep_out(event, user_ids, barred_invite="", at=at)
    return end_subscriptions(event, Subscription.objects.filter(event=event, user_id__in=user_ids))


@transactional
def allow_again(event: Event, *, actor: User, user_id: int) -> bool:
    """Let somebody who was removed subscribe again; returns whether they had been removed.

    Raises:
        NotAuthor
        Event.DoesNotExist: it was deleted meanwhile.
    """
    event = lock_own_event(event, actor=actor)
    # The lookup goes through the user's own column, which accepts numbers of any size.
    deleted, _ = Removal.objects.filter(event=event, user__in=User.objects.filter(pk=user_id)).delete()
    return bool(deleted)


def _keep_out(event: Event, user_ids: list[int], *, barred_invite: str, at: datetime) -> None:
    """Write removals of these users in place of earlier ones. The caller has locked the event and the users."""
    Removal.objects.filter(event=event, user_id__in=user_ids).delete()
    Removal.objects.bulk_create(
        Removal(event=event, user_id=user_id, removed_at=at, barred_invite=barred_invite) for user_id in user_ids
    )
