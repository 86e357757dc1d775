"""The WebSocket `/ws/notifications/`: it authenticates clients and handles the frames that they send.

Frames with notifications are sent by the feed (notifications.feed.sockets).
"""

import asyncio
import json
import logging
from typing import Any
from urllib.parse import parse_qsl

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from accounts.models import User
from config import metrics
from config.database import MAX_INTEGER, database_now
from config.logs import context
from config.logs.outages import Outage
from notifications.feed import close_codes, credentials
from notifications.feed.admission import Pace, network_of_scope
from notifications.feed.arrivals import Arrival, payloads_for
from notifications.feed.credentials import Credential
from notifications.feed.push import HELLO_SIZE, NotificationPayload, encoded, kind_of
from notifications.feed.sockets import Feed
from notifications.inbox import reading
from notifications.models import Notification
from notifications.wording import Locale

logger = logging.getLogger(__name__)

outage = Outage(logger, "Reading the database", meanwhile="sockets are asked to come back later")

# The longest frame that a client may send, in characters. Daphne's own limit cannot be as low, because it also applies
# to frames that the server sends, and a hello is longer.
MAX_MESSAGE_LENGTH = 8_192
# After more missed notifications than this, the client is asked to fetch the inbox instead.
MAX_RESUMED = 200
# The answer to a ping. A browser cannot send the pings of the WebSocket protocol, nor see those of the server.
PONG = encoded({"type": "pong"})


class NotificationConsumer(AsyncWebsocketConsumer):
    """One socket. It has no channel of its own, because the feed joins the user's group for all of them."""

    channel_layer_alias = "none"
    credential: Credential | None = None
    locale: Locale | None = None
    _timeout: asyncio.TimerHandle | None = None
    _is_accepted = False

    async def __call__(self, scope: dict[str, Any], *args: Any) -> None:
        """Serve the socket until it ends, then remove it from the feed.

        This cannot be done in `disconnect`, which Channels does not call after a handler has failed.
        """
        header = dict(scope["headers"]).get(b"x-request-id", b"")
        context.begin(context.id_from_proxy(header.decode("latin-1")))
        networks, network = Feed.current().networks, network_of_scope(scope)
        self._is_admitted = networks.admit(network)
        self._pace = Pace()
        try:
            await super().__call__(scope, *args)
        finally:
            if self._is_admitted:
                networks.release(network)
            if self._timeout:
                self._timeout.cancel()
            if self.credential:
                await Feed.current().remove(self)

    async def dispatch(self, message: Any) -> None:
        """Handle a message. If the database is unavailable, ask the client to come back later."""
        try:
            await super().dispatch(message)
        except (OperationalError, InterfaceError) as error:
            outage.note(error)
            if not self._is_accepted:
                await self.accept()  # only an accepted socket can be closed with a code
            await self.close_with(close_codes.UNAVAILABLE)

    async def accept(self, *args: Any, **options: Any) -> None:
        self._is_accepted = True
        await super().accept(*args, **options)

    async def connect(self) -> None:
        if not self._is_admitted:
            metrics.REFUSED.labels("network").inc()
            await self.close()
            return
        try:
            self.locale = Locale.parse(dict(parse_qsl(self.scope["query_string"].decode("latin-1"), True)))
        except ValueError:
            await self.accept()  # only an accepted socket can be closed with a code
            await self.close_with(close_codes.MALFORMED)
            return
        headers = dict(self.scope["headers"])
        bearer = headers.get(b"authorization")
        if bearer is not None:
            found = await _in_thread(credentials.from_bearer, bearer)
            if found is None:
                metrics.REFUSED.labels(close_codes.REASONS[close_codes.UNAUTHENTICATED]).inc()
                await self.close()
                return
        else:
            found = await _in_thread(credentials.from_session_cookie, headers)
        await self.accept()
        if found is None:
            loop = asyncio.get_running_loop()
            self._timeout = loop.call_later(settings.FEED_AUTHENTICATION_SECONDS, self._give_up)
        else:
            await self._welcome(found)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._pace.is_exceeded():
            await self.close_with(close_codes.TOO_MANY)
            return
        try:
            message = json.loads(text_data if text_data and len(text_data) <= MAX_MESSAGE_LENGTH else "")
            kind = message["type"]
        except (ValueError, TypeError, KeyError, RecursionError):
            await self.close_with(close_codes.MALFORMED)
            return
        if self.credential is None:
            await self._redeem(message.get("ticket") if kind == "ticket" else None)
        elif kind == "resume" and _is_id(message.get("after")):
            await self._resume(self.credential.user_id, message["after"])
        elif kind == "read" and _are_ids(message.get("ids")):
            await _in_thread(_mark_read, self.credential.user_id, message["ids"])
        elif kind == "ping":
            await self.send_frame(PONG)
        else:
            await self.close_with(close_codes.MALFORMED)

    async def send_frame(self, text: str) -> None:
        await self.send(text_data=text)
        metrics.FRAMES.labels(kind_of(text)).inc()

    async def close_with(self, code: int) -> None:
        metrics.REFUSED.labels(close_codes.REASONS[code]).inc()
        await self.close(code=code)

    async def _redeem(self, ticket: Any) -> None:
        found = await _in_thread(_redeem, ticket)
        if found is None:
            await self.close_with(close_codes.UNAUTHENTICATED)
        else:
            await self._welcome(found)

    async def _welcome(self, credential: Credential) -> None:
        """Register the socket, then send the hello, so that the feed delivers what is committed in between."""
        if self._timeout:
            self._timeout.cancel()
        if Feed.current().count_of(credential.user_id) >= settings.FEED_MAX_SOCKETS_PER_USER:
            await self.close_with(close_codes.TOO_MANY)
            return
        self.credential = credential
        context.identify(credential.user_id)
        await Feed.current().add(self)
        unread, payloads = await _in_thread(_hello, credential.user_id, self.locale)
        outage.end()
        frame = encoded({"type": "hello", "unread": unread, "notifications": payloads, "pings": True})
        await Feed.current().greet(self, frame, [each["id"] for each in payloads])

    async def _resume(self, user_id: int, last_id: int) -> None:
        unread, payloads = await _in_thread(_resumed, user_id, last_id, self.locale)
        if len(payloads) > MAX_RESUMED:
            await self.send_frame(encoded({"type": "reload"}))
        else:
            await Feed.current().send(self, payloads, unread=unread)

    def _give_up(self) -> None:
        self._closing = asyncio.ensure_future(self.close_with(close_codes.UNAUTHENTICATED))


async def _in_thread(function: Any, *args: Any) -> Any:
    """Run database code in any free thread, so that a slow query does not delay other sockets."""
    return await database_sync_to_async(function, thread_sensitive=False)(*args)


def _redeem(ticket: Any) -> Credential | None:
    return credentials.from_ticket(ticket, at=database_now())


def _mark_read(user_id: int, ids: list[int]) -> None:
    reading.mark_read(User(pk=user_id), ids=ids, at=database_now())


def _hello(user_id: int, locale: Locale | None) -> tuple[int, list[NotificationPayload]]:
    """Return the number of unread notifications, and the newest HELLO_SIZE of them, oldest first."""
    unread = Notification.objects.owned_by(User(pk=user_id)).unread()
    newest = [Arrival.of(row) for row in unread.newest_first()[:HELLO_SIZE]]
    return unread.count(), payloads_for(locale, newest[::-1], at=timezone.now())


def _resumed(user_id: int, last_id: int, locale: Locale | None) -> tuple[int, list[NotificationPayload]]:
    """Return the number of unread notifications, and what may have arrived since `last_id` and is current.

    There are at most MAX_RESUMED + 1 rows, one more than are ever sent, which shows that there are too many.
    """
    inbox = Notification.objects.owned_by(User(pk=user_id))
    at = database_now()
    rows = inbox.resumed_from(last_id, at).current()[: MAX_RESUMED + 1]
    return inbox.unread().count(), payloads_for(locale, map(Arrival.of, rows), at=at)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= reading.MAX_READ_IDS and all(map(_is_id, value))
