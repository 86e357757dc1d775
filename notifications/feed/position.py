"""Read from the database what may be new to the users of a feed: the position check (notifications.feed.sockets).

What is new or no longer unread since the last check is found in one of two ways. If the site has written fewer rows
lately than the feed has users, all of these are read, no matter whose they are. Otherwise the rows of the users are
asked for. Either way the answer is ids alone, because the sockets have already been sent most of these rows.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Max, QuerySet

from config.database import database_now
from notifications.feed.arrivals import Arrival
from notifications.feed.push import unread_counts
from notifications.models import Notification
from notifications.querysets import OVERLAP, NotificationQuerySet

# The most users in one query.
USERS_PER_QUERY = 1_000

IdsByUser = dict[int, list[int]]


class Found(NamedTuple):
    """The ids of the notifications that are new, and of those that are no longer unread, by user id."""

    at: datetime
    arrived: IdsByUser
    gone: IdsByUser


class Position:
    """How far one feed has read since its first socket was opened. The methods must not run at the same time.

    `clock` is the database's. `timer` returns seconds, and measures how long ago this was made.
    """

    def __init__(
        self, *, clock: Callable[[], datetime] = database_now, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._timer = timer
        self._began = timer()
        self._passed_at: datetime | None = None
        # Moments, and the highest id that was visible before each of them. Rows that are written later have higher ids.
        self._marks: deque[tuple[datetime, int]] = deque()

    def look(self, user_ids: Collection[int]) -> Found:
        """Find what has become new, read or superseded since 60 s before the last check that has passed.

        Before any has passed, since 60 s before this was made, because the first checks may fail for long.

        Five queries, or three more for each further USERS_PER_QUERY users if their own rows are asked for.
        """
        newest_id = Notification.objects.aggregate(newest=Max("pk"))["newest"] or 0
        at = self._clock()
        began_at = at - timedelta(seconds=self._timer() - self._began)
        since = min(at, self._passed_at or began_at) - OVERLAP
        settled_id = self._settled_id(newest_id, at=at, since=since)
        ids = None
        if settled_id is not None and newest_id - settled_id <= len(user_ids):
            ids = _scan(frozenset(user_ids), settled_id, since)
        return Found(at, *(ids or _ask_for(list(user_ids), since)))

    def passed(self, at: datetime) -> None:
        """Record that everything found at this moment has been sent."""
        self._passed_at = at

    def _settled_id(self, newest_id: int, *, at: datetime, since: datetime) -> int | None:
        """Return an id that is lower than those of all rows written at or after `since`; None if that is not known yet.

        A highest id that has become lower may mean that another server, which lacks the last rows, has replaced the
        database. It would assign their ids again. A clock that was set back makes the moments useless.
        """
        if self._marks and (newest_id < self._marks[-1][1] or at < self._marks[-1][0]):
            self._marks.clear()
        self._marks.append((at, newest_id))
        while len(self._marks) > 1 and self._marks[1][0] < since:
            self._marks.popleft()
        marked_at, marked_id = self._marks[0]
        return marked_id if marked_at < since else None


def read_arrivals(ids: Collection[int], user_ids: Collection[int]) -> tuple[dict[int, list[Arrival]], dict[int, int]]:
    """Return, by user id, those of the notifications that are unread, oldest first, and the numbers of unread ones.

    Two queries.
    """
    arrivals: dict[int, list[Arrival]] = defaultdict(list)
    for row in Notification.objects.filter(pk__among=ids).unread().order_by("id"):
        arrivals[row.recipient_id].append(Arrival.of(row))
    return arrivals, unread_counts(user_ids)


def _scan(user_ids: frozenset[int], settled_id: int, since: datetime) -> tuple[IdsByUser, IdsByUser] | None:
    """Read what is new to anybody, and keep what is theirs; None if there are more rows of a kind than users."""
    rows = Notification.objects
    found: list[IdsByUser] = []
    for queries in (
        [rows.filter(pk__gt=settled_id).arrived_since(since)],
        [rows.read_since(since), rows.superseded_since(since)],
    ):
        ids: IdsByUser = defaultdict(list)
        for query in queries:
            scanned = list(_pairs(query)[: len(user_ids) + 1])
            if len(scanned) > len(user_ids):
                return None
            for user_id, pk in scanned:
                if user_id in user_ids:
                    ids[user_id].append(pk)
        found.append(ids)
    return found[0], found[1]


def _ask_for(user_ids: list[int], since: datetime) -> tuple[IdsByUser, IdsByUser]:
    """Read what is new to these users, some of them at a time."""
    arrived: IdsByUser = defaultdict(list)
    gone: IdsByUser = defaultdict(list)
    for first in range(0, len(user_ids), USERS_PER_QUERY):
        rows = Notification.objects.owned_by_any(user_ids[first : first + USERS_PER_QUERY])
        for user_id, pk in _pairs(rows.arrived_since(since)):
            arrived[user_id].append(pk)
        for query in (rows.read_since(since), rows.superseded_since(since)):
            for user_id, pk in _pairs(query):
                gone[user_id].append(pk)
    return arrived, gone


def _pairs(rows: NotificationQuerySet) -> QuerySet[Any, tuple[int, int]]:
    return rows.values_list("recipient_id", "pk")
