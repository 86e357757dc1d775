"""Batches: what one step of the sweep does in one transaction, and how a batch that fails is handled."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from notifications.feed import push

logger = logging.getLogger(__name__)

# The most rows that one step handles in one transaction.
BATCH_SIZE = 5_000
# Called after each turn of the sweep with its time, and with numbers by name: the rows that each step has handled, the
# reminders that were `missed`, and the events for which a batch has `failed`.
OnTurn = Callable[[datetime, Mapping[str, int]], None]
# How often the other events get a turn while one event fills batch after batch. It is not more often, because finding
# their rows means reading past those of the large event.
TURN_INTERVAL = timedelta(seconds=1)
# The most events that a line of the log names.
MAX_LOGGED_EVENTS = 20


def ignore_turn(at: datetime, turn: Mapping[str, int]) -> None:
    """Do nothing after a turn."""


@dataclass
class Batch:
    """What one step of the sweep did in one transaction."""

    # The number of rows handled (reminders, subscriptions or events); 0 if there was nothing to do.
    handled: int = 0
    # The ids of the users who have new inbox rows. If there are too many to push to individually, it stays empty and
    # `has_many_recipients` is set instead.
    recipients: set[int] = field(default_factory=set)
    has_many_recipients: bool = False
    # Reminders that were due, but whose event had started before a sweep could send them.
    missed: int = 0
    # The ids of events that another transaction has locked, and of events that this step leaves to the next sweep.
    busy: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    # The id of the event whose rows filled the whole batch, so that there may be more of them.
    filled_by: int | None = None

    def note_recipients(self, user_ids: list[int]) -> None:
        """Record the recipients of new rows, to be pushed after the commit."""
        if len(user_ids) > push.MAX_PUSHED_RECIPIENTS:
            self.has_many_recipients = True
        else:
            self.recipients = set(user_ids)


class Step(Protocol):
    """A step of the sweep: one kind of work, for events that are not in `busy`."""

    __name__: str

    def __call__(self, *, at: datetime, busy: set[int]) -> Batch: ...


def attempt(work: Callable[[], Batch], *, event_ids: set[int]) -> Batch:
    """Run the work of a batch for these events.

    An exception is logged and recorded in the batch instead of being raised, so that it delays neither other events nor
    other steps.
    """
    try:
        return work()
    except Exception:
        logger.exception(
            "a batch failed; its events are left to the next sweep: %s", sorted(event_ids)[:MAX_LOGGED_EVENTS]
        )
        return Batch(failed=event_ids)


class Turns:
    """Alternate between large events and the others, so that a million recipients do not delay the others of a step."""

    def __init__(self) -> None:
        # The ids of events that fill whole batches. They are left out during the turn of the others.
        self._large: set[int] = set()
        self._is_others = False
        self._next_at = datetime.min.replace(tzinfo=UTC)

    @property
    def passed_over(self) -> set[int]:
        """The ids of the events that the next batch must leave out."""
        return self._large if self._is_others else set()

    def note(self, batch: Batch, *, at: datetime) -> None:
        """Decide whose turn is next. The turn of the others ends with a batch that none of them fills."""
        if batch.filled_by:
            self._large = self._large | {batch.filled_by}
            self._is_others = self._is_others or at >= self._next_at
        elif self._is_others:
            self._is_others = False
            self._next_at = at + TURN_INTERVAL
        else:
            self._large = set()
