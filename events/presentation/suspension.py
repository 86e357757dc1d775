"""What a suspension would do to the events of organisers, for the page that asks about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from events.models import Event


@dataclass(frozen=True)
class Suspension:
    """Somebody who is to be suspended or reactivated, and how many events that is about."""

    user: User
    # All of their events, also past ones and drafts.
    event_count: int
    # Those of them that are not cancelled.
    kept_count: int
    # Those that can be cancelled, and the subscriptions to them.
    upcoming_count: int
    subscription_count: int


def suspensions_of(users: Iterable[User], *, at: datetime) -> list[Suspension]:
    """Return the numbers for each of these users. One query, by the index of their events."""
    people = list(users)
    rows = Event.objects.live().filter(author__in=people).count_by_author(at)
    counts = {author: numbers for author, *numbers in rows}
    return [Suspension(user, *counts.get(user.pk, (0, 0, 0, 0))) for user in people]
