"""The sockets that one process holds, and how news reach them: pushed through Redis, or found in the database.

One Feed per event loop. It joins the group of every user who has a socket here, so that each message crosses Redis
once per process however many tabs the user has open; and every FEED_POSITION_CHECK_SECONDS, or when woken, it asks the
database what these users have not been sent, new or read. What Redis loses is therefore seconds late, never lost.
"""

import asyncio
import contextlib
import json
import logging
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone
from redis.exceptions import RedisError

from config.database import database_now
from config.logs.outages import Outage
from notifications.feed import close_codes
from notifications.feed.admission import Networks
from notifications.feed.arrivals import Arrival, payloads_for, pushed_arrivals
from notifications.feed.credentials import Credential, still_valid
from notifications.feed.push import (
    FEED_GROUP,
    MAX_IN_FRAME,
    NotificationPayload,
    PushMessage,
    notifications_frame,
    read_frame,
    unread_counts,
    user_group,
)
from notifications.models import Notification
from notifications.wording import Locale

logger = logging.getLogger(__name__)

# How long a new socket waits for its group; without it the position check delivers until the group is joined.
JOIN_TIMEOUT_SECONDS = 1.0
# How long a socket remembers what it was sent: longer than the position check looks back.
SENT_MEMORY_SECONDS = 120.0
# So many ids stay far below the size of a frame with notifications.
MAX_READ_IN_FRAME = 500
# How many users one query asks about.
USERS_PER_QUERY = 1_000


class Socket(Protocol):
    """What the feed needs of a consumer."""

    credential: Credential
    # In which language and time zone it wants notifications worded; None where it wants the facts alone.
    locale: Locale | None

    async def send_frame(self, text: str) -> None: ...

    async def close_with(self, code: int) -> None: ...


class _Connection:
    """A registered socket, the ids it was sent, and those that it knows to be read."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self._sent: dict[int, float] = {}
        self._read: dict[int, float] = {}
        self._read_up_to = 0
        # Until the hello is out, frames wait here, so that it comes first.
        self._waiting: list[str] | None = []

    async def greet(self, frame: str, ids: Iterable[int]) -> None:
        """Send the hello and what came meanwhile."""
        self.remember(ids)
        waiting, self._waiting = self._waiting or [], None
        for each in [frame, *waiting]:
            await self._deliver(each)

    async def send(self, frame: str, ids: Iterable[int]) -> None:
        self.remember(ids)
        if self._waiting is None:
            await self._deliver(frame)
        else:
            self._waiting.append(frame)

    async def send_notifications(self, notifications: list[NotificationPayload], *, unread: int) -> None:
        """Send notifications in frames of MAX_IN_FRAME; one, if there are none, that says so."""
        for first in range(0, max(1, len(notifications)), MAX_IN_FRAME):
            some = notifications[first : first + MAX_IN_FRAME]
            await self.send(notifications_frame(some, unread=unread), [each["id"] for each in some])

    async def send_read(self, ids: list[int], *, unread: int) -> None:
        """Say that these have been read, those of them that the socket has not been told of."""
        unreported = [each for each in ids if each > self._read_up_to and each not in self._read]
        self.remember_read(unreported)
        for first in range(0, len(unreported), MAX_READ_IN_FRAME):
            await self.send(read_frame(unreported[first : first + MAX_READ_IN_FRAME], unread=unread), [])

    async def _deliver(self, frame: str) -> None:
        """Send a frame. A socket that refuses it, because it is closing, must not cost the other sockets theirs."""
        try:
            await self.socket.send_frame(frame)
        except Exception as error:  # noqa: BLE001 - each server has its own; Daphne's is autobahn's Disconnected
            logger.warning("a socket of user %d refused a frame: %r", self.socket.credential.user_id, error)
            await self.close(close_codes.UNDELIVERABLE)

    async def close(self, code: int) -> None:
        """Close the socket. One that is gone already must not cost the other sockets theirs either."""
        try:
            await self.socket.close_with(code)
        except Exception as error:  # noqa: BLE001 - as above
            logger.warning("a socket of user %d could not be closed: %r", self.socket.credential.user_id, error)

    def remember(self, ids: Iterable[int]) -> None:
        now = time.monotonic()
        for each in ids:
            self._sent[each] = now

    def remember_read(self, ids: Iterable[int], *, up_to: int = 0) -> None:
        self._read_up_to = max(self._read_up_to, up_to)
        now = time.monotonic()
        for each in ids:
            self._read[each] = now

    def unsent(self, ids: Iterable[int]) -> set[int]:
        return {each for each in ids if each not in self._sent}

    def forget_old(self) -> None:
        limit = time.monotonic() - SENT_MEMORY_SECONDS
        self._sent = {each: at for each, at in self._sent.items() if at >= limit}
        self._read = {each: at for each, at in self._read.items() if at >= limit}


class Feed:
    """All sockets of this process. Use `Feed.current()` from within its event loop."""

    _by_loop: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = weakref.WeakKeyDictionary()

    @classmethod
    def current(cls) -> "Feed":
        return cls._by_loop.setdefault(asyncio.get_running_loop(), cls())

    def __init__(self, *, clock: Callable[[], datetime] = timezone.now) -> None:
        """`clock` is the process's: pushed notifications are worded in the event loop, where a query would block."""
        self._clock = clock
        self.networks = Networks()
        self._by_user: dict[int, dict[Socket, _Connection]] = defaultdict(dict)
        self._tasks: list[asyncio.Task[None]] = []
        self._woken = asyncio.Event()
        # The process's own channel, and the groups it still has to join.
        self._channel = ""
        self._channel_opened = asyncio.Event()
        self._unjoined = {FEED_GROUP}
        self._joining = asyncio.Lock()
        self._outage = Outage(logger, "Joining groups in Redis", meanwhile="the position check delivers")

    # ------------------------------------------------------------------------------------------------ what consumers do

    async def add(self, socket: Socket) -> None:
        """Register a socket. It gets frames once it has been greeted."""
        user_id = socket.credential.user_id
        if user_id not in self._by_user:
            self._unjoined.add(user_group(user_id))
        self._by_user[user_id][socket] = _Connection(socket)
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._check_regularly())]
        await self._join_groups()

    def count_of(self, user_id: int) -> int:
        """Return how many sockets the user has open with this process."""
        return len(self._by_user.get(user_id, ()))

    async def greet(self, socket: Socket, frame: str, ids: Iterable[int]) -> None:
        """Send the hello that contains these notifications."""
        await self._connection(socket).greet(frame, ids)

    async def send(self, socket: Socket, notifications: list[NotificationPayload], *, unread: int) -> None:
        """Send one socket these notifications, remembering that it has them."""
        await self._connection(socket).send_notifications(notifications, unread=unread)

    async def remove(self, socket: Socket) -> None:
        """Forget a socket that has closed."""
        user_id = socket.credential.user_id
        connections = self._by_user.get(user_id, {})
        connections.pop(socket, None)
        if connections:
            return
        self._by_user.pop(user_id, None)
        group = user_group(user_id)
        if self._by_user:
            self._unjoined.discard(group)
            await self._leave(self._channel, group)
        else:
            await self._stop(group)

    def _connection(self, socket: Socket) -> _Connection:
        return self._by_user[socket.credential.user_id][socket]

    async def _stop(self, last_group: str) -> None:
        """End the tasks with the last socket; the listener's end gives the channel back.

        All is reset before anything is awaited: a socket that comes meanwhile starts afresh.
        """
        tasks, self._tasks = self._tasks, []
        channel, self._channel = self._channel, ""
        self._channel_opened, self._unjoined = asyncio.Event(), {FEED_GROUP}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for group in (last_group, FEED_GROUP):
            await self._leave(channel, group)

    # ------------------------------------------------------------------------------------------------------ pushed news

    async def _join_groups(self) -> None:
        """Join the groups still to be joined. A Redis that is gone or silent delays the caller by a second at most."""
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_SECONDS), self._joining:
                layer = get_channel_layer()
                if not self._channel:
                    self._channel = await layer.new_channel()
                    self._channel_opened.set()
                for group in list(self._unjoined):
                    await layer.group_add(group, self._channel)
                    self._unjoined.discard(group)
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            self._outage.note(error)
        else:
            self._outage.end()

    async def _leave(self, channel: str, group: str) -> None:
        if channel:
            try:
                await get_channel_layer().group_discard(group, channel)
            except (RedisError, OSError) as error:  # a group too many costs a message, but no notification
                self._outage.note(error)

    async def _listen(self) -> None:
        """Take messages from Redis for as long as there are sockets; the layer reconnects by itself."""
        await self._channel_opened.wait()
        layer, channel = get_channel_layer(), self._channel
        while True:
            message = await layer.receive(channel)
            try:
                await self._receive(message)
            except Exception:
                logger.exception("a pushed message failed, the position check delivers")

    async def _receive(self, message: dict[str, Any]) -> None:
        if message["type"] == "wake":
            self._woken.set()
        elif message["type"] == "push":
            await self._pass_on(cast(PushMessage, message))

    async def _pass_on(self, message: PushMessage) -> None:
        ids = message["ids"]
        for connection in list(self._by_user.get(message["user"], {}).values()):
            locale = connection.socket.locale
            if not ids:  # something was read
                read = json.loads(message["frame"])
                connection.remember_read(read.get("ids", []), up_to=read.get("up_to", 0))
                await connection.send(message["frame"], ids)
            elif locale is None and len(connection.unsent(ids)) == len(ids):
                await connection.send(message["frame"], ids)
            elif locale and "all_day" not in message:
                self._woken.set()  # a sweep of a previous version: the database has what wording needs
            else:
                arrivals, unread = pushed_arrivals(message)
                await self._send_unsent(connection, arrivals, unread, at=self._clock())

    async def _send_unsent(
        self, connection: _Connection, arrivals: Iterable[Arrival], unread: int, *, at: datetime
    ) -> None:
        """Send what the socket has not been sent yet, worded if it asks for that."""
        unsent = connection.unsent(each.payload["id"] for each in arrivals)
        if unsent:
            missing = [each for each in arrivals if each.payload["id"] in unsent]
            payloads = payloads_for(connection.socket.locale, missing, at=at)
            await connection.send_notifications(payloads, unread=unread)

    # ------------------------------------------------------------------------------------------------------- found news

    async def _check_regularly(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), settings.FEED_POSITION_CHECK_SECONDS)
            self._woken.clear()
            if self._unjoined:
                await self._join_groups()
            try:
                await self._check()
            except DatabaseError as error:
                logger.warning("position check failed, the next one will do: %r", error)
            except Exception:  # without this task nobody would get what Redis loses
                logger.exception("position check failed, the next one will do")

    async def _check(self) -> None:
        """Send what these users have not been sent, and close the sockets whose login no longer holds."""
        user_ids = list(self._by_user)
        for first in range(0, len(user_ids), USERS_PER_QUERY):
            users = user_ids[first : first + USERS_PER_QUERY]
            credentials = {socket.credential for user_id in users for socket in self._by_user.get(user_id, {})}
            found = await database_sync_to_async(_look, thread_sensitive=False)(users, credentials)
            lapsed = credentials - found.valid
            for user_id in users:
                for socket, connection in list(self._by_user.get(user_id, {}).items()):
                    connection.forget_old()
                    if socket.credential in lapsed:
                        await connection.close(close_codes.UNAUTHENTICATED)
                        continue
                    unread = found.unread.get(user_id, 0)
                    await self._send_unsent(connection, found.arrivals.get(user_id, []), unread, at=found.at)
                    await connection.send_read(found.read.get(user_id, []), unread=unread)


@dataclass(frozen=True)
class _Found:
    """What a position check found: the credentials that hold, and by user id the news, the read ids, and the unread
    counts of whoever has either."""

    at: datetime
    valid: set[Credential]
    arrivals: dict[int, list[Arrival]]
    read: dict[int, list[int]]
    unread: dict[int, int]


def _look(user_ids: list[int], credentials: set[Credential], *, clock: Callable[[], datetime] = database_now) -> _Found:
    """Look for the last minute of these users. Two queries for news and reading, and a third where there is any."""
    at = clock()
    arrivals: dict[int, list[Arrival]] = defaultdict(list)
    read: dict[int, list[int]] = defaultdict(list)
    for row in Notification.objects.recent_for(user_ids, at):
        arrivals[row.recipient_id].append(Arrival.of(row))
    for user_id, pk in Notification.objects.read_lately(user_ids, at).values_list("recipient_id", "pk"):
        read[user_id].append(pk)
    concerned = arrivals.keys() | read.keys()
    return _Found(at, still_valid(credentials, at), arrivals, read, unread_counts(concerned) if concerned else {})
