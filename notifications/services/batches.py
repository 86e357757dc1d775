"""What one step of the sweep does in one transaction, and what becomes of a batch that fails."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet

from events.models import Subscription
from notifications import realtime

logger = logging.getLogger(__name__)


@dataclass
class Batch:
    """What one step of the sweep did in one transaction."""

    # Rows dealt with: reminders, subscriptions, events; 0 when there was nothing to do.
    handled: int = 0
    # The ids of the users who have new inbox rows, or that there are too many to push to one by one.
    told: set[int] = field(default_factory=set)
    told_many: bool = False
    # Reminders that came due but whose event had begun before any sweep came.
    missed: int = 0
    # The ids of events that another transaction holds, and of those that this step leaves to the next sweep.
    busy: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)

    def tell(self, subscriptions: QuerySet[Subscription], count: int) -> None:
        """Note whom `count` new rows went to, to be pushed after the commit. One query, none for many."""
        if count > realtime.MAX_PUSHED_RECIPIENTS:
            self.told_many = True
        elif count:
            self.told = set(subscriptions.values_list("user_id", flat=True))


class Step(Protocol):
    """One kind of work: `busy` events are left out."""

    __name__: str

    def __call__(self, *, at: datetime, busy: set[int]) -> Batch: ...


def attempt(work: Callable[[], Batch], *, event_ids: set[int]) -> Batch:
    """Run a batch about these events; one that fails holds up neither other events nor other steps."""
    try:
        return work()
    except Exception:
        logger.exception("a batch failed, its events wait for the next sweep: %s", sorted(event_ids)[:20])
        return Batch(failed=event_ids)
