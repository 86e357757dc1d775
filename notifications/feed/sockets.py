"""The open sockets of one process, and how notifications reach them: through Redis, or by the position check.

There is one Feed for each event loop. It joins the group of every user who has a socket in this process, so that Redis
delivers each message to a process only once, however many tabs the user has open. Every FEED_POSITION_CHECK_SECONDS,
or when it is woken, it also queries the database for new and newly read notifications of these users that their
sockets have not been sent (notifications.feed.position). If Redis loses a message, its notifications therefore arrive
some seconds late. As often, it closes the sockets whose login is no longer valid.
"""

import asyncio
import contextlib
import json
import logging
import time
import weakref
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from contextvars import Context
from datetime import datetime
from typing import Any, ParamSpec, TypeVar, cast

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone
from redis.exceptions import RedisError

from config import metrics, watchdog
from config.database import database_now
from config.logs import context
from config.logs.outages import Outage
from notifications.feed import close_codes
from notifications.feed.admission import Networks
from notifications.feed.arrivals import Arrival, payloads_for, pushed_arrivals
from notifications.feed.connection import Connection, Socket
from notifications.feed.credentials import Credential, still_valid
from notifications.feed.position import IdsByUser, Position, read_arrivals
from notifications.feed.push import FEED_GROUP, NotificationPayload, PushMessage, user_group

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

# How long a new socket waits until its group is joined. If that fails, the position check delivers meanwhile.
JOIN_TIMEOUT_SECONDS = 1.0
# The feed remembers at least this long which notifications a socket was sent. It must be longer than OVERLAP, because
# the position check finds rows again for that long.
SENT_MEMORY_SECONDS = 120.0
# The watchdog ends the process if its event loop has been stuck for this long. The loop itself waits for nothing.
LOOP_PATIENCE_SECONDS = 60.0
LIFE_INTERVAL_SECONDS = 5.0
# ... or if a position check has not ended for this long. While a database is frozen, checks may wait long for a thread,
# because new sockets occupy all of them.
CHECK_PATIENCE_SECONDS = 600.0
# To how many users the position check sends before other tasks get their turn.
USERS_PER_BATCH = 500
# How many users' logins are checked at once, and the pause after that.
USERS_PER_LOGIN_CHECK = 1_000
LOGIN_CHECK_PAUSE_SECONDS = 0.05


class Feed:
    """All sockets of one event loop. Call `Feed.current()` from within that loop."""

    _by_loop: "weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Feed]" = weakref.WeakKeyDictionary()

    @classmethod
    def current(cls) -> "Feed":
        return cls._by_loop.setdefault(asyncio.get_running_loop(), cls())

    def __init__(self, *, clock: Callable[[], datetime] = timezone.now) -> None:
        # The process's clock, because pushed notifications are worded in the event loop, where a query would block.
        self._clock = clock
        self.networks = Networks()
        self._by_user: dict[int, dict[Socket, Connection]] = defaultdict(dict)
        self._tasks: list[asyncio.Task[None]] = []
        self._position = Position()
        self._forgets_at = time.monotonic() + SENT_MEMORY_SECONDS
        self._checked_at = 0.0  # when the last position check began, by the monotonic clock
        self._woken = asyncio.Event()
        # The channel of this feed, and the groups that it has yet to join.
        self._channel = ""
        self._channel_opened = asyncio.Event()
        self._unjoined = {FEED_GROUP}
        self._joining = asyncio.Lock()
        self._outage = Outage(logger, "Joining groups in Redis", meanwhile="the position check delivers")

    # Called by consumers

    async def add(self, socket: Socket) -> None:
        """Register a socket. Its frames wait until `greet` has sent the hello."""
        user_id = socket.credential.user_id
        if user_id not in self._by_user:
            self._unjoined.add(user_group(user_id))
        self._by_user[user_id][socket] = Connection(socket)
        metrics.SOCKETS.inc()
        if not self._tasks:
            self._position = Position()
            self._checked_at = time.monotonic()
            # Without a context of their own, they would log everything as part of the socket that happened to be first.
            self._tasks = [asyncio.create_task(each, context=Context()) for each in self._work()]
        await self._join_groups()

    def _work(self) -> tuple[Coroutine[Any, Any, None], ...]:
        return self._listen(), self._check_regularly(), self._check_logins_regularly(), self._show_life()

    def count_of(self, user_id: int) -> int:
        """Return how many sockets the user has open with this process."""
        return len(self._by_user.get(user_id, ()))

    async def greet(self, socket: Socket, frame: str, ids: Iterable[int]) -> None:
        """Send the hello that contains these notifications."""
        await self._connection(socket).greet(frame, ids)

    async def send(self, socket: Socket, notifications: list[NotificationPayload], *, unread: int) -> None:
        """Send these notifications to one socket, and remember that it has been sent them."""
        await self._connection(socket).send_notifications(notifications, unread=unread)

    async def remove(self, socket: Socket) -> None:
        """Forget a socket that has closed."""
        user_id = socket.credential.user_id
        connections = self._by_user.get(user_id, {})
        if connections.pop(socket, None):
            metrics.SOCKETS.dec()
        if connections:
            return
        self._by_user.pop(user_id, None)
        group = user_group(user_id)
        if self._by_user:
            self._unjoined.discard(group)
            await self._leave(self._channel, group)
        else:
            await self._end_tasks(group)

    def _connection(self, socket: Socket) -> Connection:
        return self._by_user[socket.credential.user_id][socket]

    async def _end_tasks(self, last_group: str) -> None:
        """End the tasks after the last socket has closed. When the listener ends, the layer releases the channel.

        All attributes are reset before the first `await`, so that a socket which is added meanwhile starts new tasks.
        """
        tasks, self._tasks = self._tasks, []
        channel, self._channel = self._channel, ""
        self._channel_opened, self._unjoined = asyncio.Event(), {FEED_GROUP}
        for task in tasks:
            task.cancel()
        watchdog.disarm()
        await asyncio.gather(*tasks, return_exceptions=True)
        for group in (last_group, FEED_GROUP):
            await self._leave(channel, group)

    # Notifications that are pushed through Redis

    async def _join_groups(self) -> None:
        """Join the groups that have yet to be joined. If Redis does not answer, give up after JOIN_TIMEOUT_SECONDS."""
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
            except (RedisError, OSError) as error:  # needless messages will come, but nothing is lost
                self._outage.note(error)

    async def _listen(self) -> None:
        """Receive messages from Redis as long as there are sockets. The channel layer reconnects by itself."""
        context.begin()
        await self._channel_opened.wait()
        layer, channel = get_channel_layer(), self._channel
        while True:
            message = await layer.receive(channel)
            try:
                await self._receive(message)
            except Exception:
                logger.exception("a pushed message failed, the position check delivers")

    async def _receive(self, message: dict[str, Any]) -> None:
        metrics.PUSHES.labels(message["type"]).inc()
        if message["type"] == "wake":
            self._woken.set()
        elif message["type"] == "push":
            await self._pass_on(cast(PushMessage, message))

    async def _pass_on(self, message: PushMessage) -> None:
        ids = message["ids"]
        for connection in list(self._by_user.get(message["user"], {}).values()):
            locale = connection.socket.locale
            if not ids:  # something was read, or is unread again
                marked = json.loads(message["frame"])
                if marked["type"] == "unread":
                    connection.forget_read(marked["ids"])
                else:
                    connection.remember_read(marked.get("ids", []), up_to=marked.get("up_to", 0))
                await connection.send(message["frame"], ids)
            elif locale is None and len(connection.unsent(ids)) == len(ids):
                await connection.send(message["frame"], ids)
            elif locale and "all_day" not in message:
                self._woken.set()  # pushed by a sweep of the previous version; only the database has what wording needs
            else:
                arrivals, unread = pushed_arrivals(message)
                await self._send_unsent(connection, arrivals, unread, at=self._clock())

    async def _send_unsent(
        self, connection: Connection, arrivals: Iterable[Arrival], unread: int, *, at: datetime
    ) -> None:
        """Send the notifications that the socket has not been sent yet, worded if it has asked for that."""
        unsent = connection.unsent(each.payload["id"] for each in arrivals)
        if unsent:
            missing = [each for each in arrivals if each.payload["id"] in unsent]
            payloads = payloads_for(connection.socket.locale, missing, at=at)
            await connection.send_notifications(payloads, unread=unread)

    # What ends the process if it is stuck

    async def _show_life(self) -> None:
        """Re-arm the watchdog as long as the event loop turns and position checks end, successfully or not."""
        longest = CHECK_PATIENCE_SECONDS + settings.FEED_POSITION_CHECK_SECONDS
        while True:
            if time.monotonic() - self._checked_at < longest:
                watchdog.arm(LOOP_PATIENCE_SECONDS)
            await asyncio.sleep(LIFE_INTERVAL_SECONDS)

    # Notifications that the position check finds

    async def _check_regularly(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), settings.FEED_POSITION_CHECK_SECONDS)
            self._woken.clear()
            self._checked_at = time.monotonic()
            context.begin()
            if self._unjoined:
                await self._join_groups()
            try:
                with metrics.CHECK_SECONDS.time():
                    await self._check()
            except DatabaseError as error:
                logger.warning("position check failed, the next one makes up for it: %r", error)
            except Exception:  # if this task ended, what Redis loses would not be delivered
                logger.exception("position check failed, the next one makes up for it")

    async def _check(self) -> None:
        """Send what the sockets of these users have not been sent, to some users at a time.

        Other tasks get their turn in between, because sending to thousands of sockets takes long.
        """
        found = await _in_thread(self._position.look, list(self._by_user))
        concerned = list(found.arrived.keys() | found.gone.keys())
        for first in range(0, len(concerned), USERS_PER_BATCH):
            users = concerned[first : first + USERS_PER_BATCH]
            unsent = self._missing(users, found.arrived, Connection.unsent)
            unreported = self._missing(users, found.gone, Connection.unreported)
            if unsent or unreported:
                await self._send_missing(unsent, unreported, at=found.at)
            await asyncio.sleep(0)
        self._position.passed(found.at)
        self._forget_old()

    def _missing(
        self, user_ids: list[int], notifications: IdsByUser, missing_at: Callable[[Connection, list[int]], set[int]]
    ) -> IdsByUser:
        """Return those of the notifications that at least one socket of their user lacks."""
        missing = {}
        for user_id in user_ids:
            ids: set[int] = set()
            for connection in self._by_user.get(user_id, {}).values():
                ids |= missing_at(connection, notifications.get(user_id, []))
            if ids:
                missing[user_id] = sorted(ids)
        return missing

    async def _send_missing(self, unsent: IdsByUser, unreported: IdsByUser, *, at: datetime) -> None:
        users = unsent.keys() | unreported.keys()
        ids = [pk for each in unsent.values() for pk in each]
        arrivals, unread = await _in_thread(read_arrivals, ids, users)
        for user_id in users:
            for connection in list(self._by_user.get(user_id, {}).values()):
                count = unread.get(user_id, 0)
                try:
                    await self._send_unsent(connection, arrivals.get(user_id, []), count, at=at)
                    await connection.send_read(unreported.get(user_id, []), unread=count)
                except Exception:  # such as a notification that cannot be worded, which must not delay other people's
                    logger.exception("user %d cannot be sent what is new", user_id, extra={"user_id": user_id})
                    await connection.close(close_codes.UNDELIVERABLE)

    def _forget_old(self) -> None:
        """Let all connections forget what they were sent long ago.

        Only a check that has passed may do this, because the next one reads again what came before the last one.
        """
        now = time.monotonic()
        if now >= self._forgets_at:
            self._forgets_at = now + SENT_MEMORY_SECONDS
            for connections in self._by_user.values():
                for connection in connections.values():
                    connection.forget_old()

    # Logins that end

    async def _check_logins_regularly(self) -> None:
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        while True:
            await asyncio.sleep(began_at + settings.FEED_POSITION_CHECK_SECONDS - loop.time())
            began_at = loop.time()
            context.begin()
            try:
                await self._check_logins()
            except DatabaseError as error:
                logger.warning("checking logins failed, the next check makes up for it: %r", error)
            except Exception:  # if this task ended, sockets would stay open when their logins end
                logger.exception("checking logins failed, the next check makes up for it")

    async def _check_logins(self) -> None:
        """Close the sockets whose login is no longer valid, those of some users at a time."""
        user_ids = list(self._by_user)
        for first in range(0, len(user_ids), USERS_PER_LOGIN_CHECK):
            users = user_ids[first : first + USERS_PER_LOGIN_CHECK]
            credentials = {socket.credential for user_id in users for socket in self._by_user.get(user_id, {})}
            lapsed = credentials - await _in_thread(_valid_now, credentials)
            for user_id in {each.user_id for each in lapsed}:
                for socket, connection in list(self._by_user.get(user_id, {}).items()):
                    if socket.credential in lapsed:
                        await connection.close(close_codes.UNAUTHENTICATED)
            await asyncio.sleep(LOGIN_CHECK_PAUSE_SECONDS)


def _valid_now(credentials: set[Credential]) -> set[Credential]:
    return still_valid(credentials, database_now())


async def _in_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run database code in any free thread, so that a slow query does not delay the sockets."""
    return cast(R, await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs))
