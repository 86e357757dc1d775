"""What deleting an account would delete and cancel, for the page that asks for confirmation."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from events.models import Event, Subscription


@dataclass(frozen=True)
class DeletionEffects:
    """How much the deletion of an account affects.

    `events` counts all of the user's own events, and `cancelled` those that would be cancelled because they have not
    ended and others know of them. `notified` counts the people who would be notified of that, and `subscriptions` the
    subscriptions that the user has.
    """

    events: int
    cancelled: int
    notified: int
    subscriptions: int


def deletion_effects(user: User, at: datetime) -> DeletionEffects:
    """Count what deleting this account at this time would affect. Issues four queries."""
    events = Event.objects.owned_by(user)
    cancelled = events.to_be_cancelled(at)
    return DeletionEffects(
        events=events.count(),
        cancelled=cancelled.count(),
        notified=Subscription.objects.filter(event__in=cancelled).values("user").distinct().count(),
        subscriptions=Subscription.objects.owned_by(user).count(),
    )
