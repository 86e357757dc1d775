"""What one step of the sweep does in one transaction, and what becomes of a batch that fails."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db.models import QuerySet

from events.models import Subscription
from notifications.feed import push

logger = logging.getLogger(__name__)

# Rows that one step deals with at most.
BATCH_SIZE = 5_000
# While one event fills batch after batch, the others get a turn so often: finding theirs means reading past its rows.
TURN_INTERVAL = timedelta(seconds=1)


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
    # The id of the event that filled the whole batch, and of which there may be more.
    filled_by: int | None = None

    def tell(self, subscriptions: QuerySet[Subscription], count: int) -> None:
        """Note whom `count` new rows went to, to be pushed after the commit. One query, none for many."""
        if count > push.MAX_PUSHED_RECIPIENTS:
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


class Turns:
    """Sees to it that an event with a million recipients does not keep the others of a step waiting."""

    def __init__(self) -> None:
        # The ids of the events that fill batches, left out while it is the turn of the others.
        self._large: set[int] = set()
        self._is_others = False
        self._next_at = datetime.min.replace(tzinfo=UTC)

    @property
    def passed_over(self) -> set[int]:
        """The ids of the events that the next batch is to leave out."""
        return self._large if self._is_others else set()

    def note(self, batch: Batch, *, at: datetime) -> None:
        """Decide whose turn is next. That of the others ends with a batch that they do not fill."""
        if batch.filled_by:
            self._large = self._large | {batch.filled_by}
            self._is_others = self._is_others or at >= self._next_at
        elif self._is_others:
            self._is_others = False
            self._next_at = at + TURN_INTERVAL
        else:
            self._large = set()
