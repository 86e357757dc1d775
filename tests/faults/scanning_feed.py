"""Run the feed as if it had many users and had watched for long, so that its check reads what is new to anybody.

`daphne tests.faults.scanning_feed:application`; no test may import this. It prints "scanned" for each such check.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from config.asgi import application
from notifications.feed import position
from notifications.feed.position import Found, IdsByUser, Position

__all__ = ["application"]

STARTED_AT = datetime.now(UTC)
MANY = range(10**9, 10**9 + 1_000)

_look = Position.look
_scan = position._scan


def _look_for_many(self: Position, user_ids: Collection[int]) -> Found:
    if not self._marks:  # nothing had been written when the feed started
        self._marks.append((STARTED_AT - timedelta(hours=1), 0))
    return _look(self, [*user_ids, *MANY])


def _scan_and_say_so(user_ids: frozenset[int], settled_id: int, since: datetime) -> tuple[IdsByUser, IdsByUser] | None:
    print("scanned", flush=True)  # noqa: T201 - the test reads it
    return _scan(user_ids, settled_id, since)


Position.look = _look_for_many  # type: ignore[method-assign]  # to pretend
position._scan = _scan_and_say_so
