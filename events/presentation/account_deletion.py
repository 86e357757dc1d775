"""What deleting an account would delete and cancel, for the page that asks for confirmation."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from events.models import Event, Subscription


@dataclass(frozen=True)
class Leaving:
    """How much the deletion of an account affects.

    `events` counts all of the user's own events, and `cancelled` those that would be cancelled because they have not
    ended and others know of them. `told` counts the people who would be notified of that, and `subscriptions` the
    subscriptions that the user has.
    """

    events: int
    cancelled: int
    told: int
    subscriptions: int


def what_leaves_with(user: User, at: datetime) -> Leaving:
    """Count what deleting this account at this time would affect. Issues four queries."""
    events = Event.objects.owned_by(user)
    cancelled = events.to_be_cancelled(at)
    return Leaving(
        events=events.count(),
        cancelled=cancelled.count(),
        told=Subscription.objects.filter(event__in=cancelled).values("user").distinct().count(),
        subscriptions=Subscription.objects.owned_by(user).count(),
    )
