"""Push notifications through Redis to the feed processes, which send them to open pages and programs.

A push may fail or be lost in Redis. The feed's position check (notifications.feed.sockets) then finds the rows in the
database.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db.models import Count
from redis.exceptions import RedisError

from config.logs.outages import Outage
from config.redis.breaker import Breaker
from events.local_time import utc_text
from notifications.models import Notification

logger = logging.getLogger(__name__)

# Every feed process is in this group. A message to it makes each of them query the database at once.
FEED_GROUP = "feed"
# If a batch has more recipients than this, the feed processes are woken instead of pushing to each recipient.
MAX_PUSHED_RECIPIENTS = 500
# Daphne does not send frames larger than 1 MiB. A frame with so many notifications is always smaller, even if all texts
# have their maximum length and the wording repeats them.
MAX_IN_FRAME = 50
# A hello contains at most so many unread notifications, in its one frame.
HELLO_SIZE = MAX_IN_FRAME


class WordingPayload(TypedDict):
    """A notification in words, as `Wording` describes them."""

    sentence: str
    own_time: str
    quote: str


class NotificationPayload(TypedDict):
    """One notification as the API and the socket show it. Times are in ISO 8601, UTC; `lead` is in minutes.

    `wording` is present only for clients that have asked for it.
    """

    id: int
    kind: str
    event: int | None
    headline: str
    starts_at: str
    time_zone: str
    location: str
    detail: dict[str, Any]
    lead: int | None
    created_at: str
    read_at: str | None
    superseded_at: str | None
    wording: NotRequired[WordingPayload]


class PushMessage(TypedDict):
    """A message to a user's group, which the feed processes receive that have sockets of the user.

    `frame` is the encoded frame for the sockets, and `ids` are the notifications in it; there are none in a frame that
    says what has been read or is unread again.
    `all_day` lists those of the ids whose events are all-day, and `tests` those that are test notifications. The
    wording depends on both, but frames do not contain them. Both are missing if a sweep of the previous version has
    pushed the message.
    """

    type: str
    user: int
    ids: list[int]
    frame: str
    all_day: NotRequired[list[int]]
    tests: NotRequired[list[int]]


def user_group(user_id: int) -> str:
    return f"user.{user_id}"


def payload(notification: Notification) -> NotificationPayload:
    return {
        "id": notification.id,
        "kind": notification.kind,
        "event": notification.event_id,
        "headline": notification.headline,
        "starts_at": utc_text(notification.starts_at),
        "time_zone": notification.time_zone,
        "location": notification.location,
        "detail": notification.detail,
        "lead": notification.lead,
        "created_at": utc_text(notification.created_at),
        "read_at": utc_text(notification.read_at) if notification.read_at else None,
        "superseded_at": utc_text(notification.superseded_at) if notification.superseded_at else None,
    }


def encoded(frame: dict[str, Any]) -> str:
    """Return a frame as text. Letters are not escaped, because escapes are up to three times as long as UTF-8."""
    return json.dumps(frame, ensure_ascii=False)


def kind_of(frame: str) -> str:
    """Return the `type` of an encoded frame, which is its first value."""
    return frame.split('"', 4)[3]


def notifications_frame(notifications: Iterable[NotificationPayload], *, unread: int) -> str:
    return encoded({"type": "notifications", "notifications": list(notifications), "unread": unread})


def read_frame(ids: list[int], *, unread: int) -> str:
    return encoded({"type": "read", "ids": ids, "unread": unread})


def unread_counts(user_ids: Collection[int]) -> dict[int, int]:
    """Return the number of unread notifications by user id; users without any are absent. One query."""
    rows = Notification.objects.filter(recipient_id__in=user_ids).unread().order_by()
    return dict(rows.values("recipient_id").annotate(unread=Count("pk")).values_list("recipient_id", "unread"))


def push_message(user_id: int, rows: Collection[Notification], *, unread: int) -> PushMessage:
    """Return the message that pushes these rows to the user's sockets."""
    return PushMessage(
        type="push",
        user=user_id,
        ids=[row.pk for row in rows],
        frame=notifications_frame(map(payload, rows), unread=unread),
        all_day=[row.pk for row in rows if row.all_day],
        tests=[row.pk for row in rows if row.is_test],
    )


def push_new(user_ids: Collection[int], *, at: datetime) -> None:
    """Push the rows that a batch created `at` this moment: one frame for each user, or one wake-up for a large batch.

    Raises nothing if Redis is unavailable or does not answer. Two queries, or none for a large batch.
    """
    if not user_ids or _breaker.is_open():
        return
    if len(user_ids) > MAX_PUSHED_RECIPIENTS:
        wake_feed()
        return
    by_user: dict[int, list[Notification]] = defaultdict(list)
    for row in Notification.objects.filter(recipient_id__in=user_ids, created_at=at).current().order_by("id"):
        by_user[row.recipient_id].append(row)
    unread = unread_counts(by_user)
    _publish(
        [
            (user_group(user_id), push_message(user_id, rows, unread=unread.get(user_id, 0)))
            for user_id, rows in by_user.items()
        ]
    )


def wake_feed() -> None:
    """Make every feed process query the database at once."""
    if not _breaker.is_open():
        _publish([(FEED_GROUP, {"type": "wake"})])


def push_read(user_id: int, *, unread: int, ids: list[int] | None = None, up_to: int | None = None) -> None:
    """Push to all of the user's sockets what has been read: some ids, or all ids up to one (`<=`)."""
    what: dict[str, Any] = {"ids": ids} if up_to is None else {"up_to": up_to}
    _push_frame(user_id, encoded({"type": "read", **what, "unread": unread}))


def push_unread(user_id: int, *, unread: int, ids: list[int]) -> None:
    """Push to all of the user's sockets what is unread again."""
    _push_frame(user_id, encoded({"type": "unread", "ids": ids, "unread": unread}))


def _push_frame(user_id: int, frame: str) -> None:
    if not _breaker.is_open():
        _publish([(user_group(user_id), PushMessage(type="push", user=user_id, ids=[], frame=frame))])


_breaker = Breaker()
_outage = Outage(logger, "Pushing through Redis", meanwhile="the position check delivers")


def _publish(messages: list[tuple[str, Any]]) -> None:
    """Send all messages in one call of the event loop. At the first failure, give up and trip the breaker."""
    try:
        async_to_sync(_send_all)(messages)
    except (TimeoutError, RedisError, OSError) as error:
        _breaker.trip()
        _outage.note(error)
    else:
        _outage.end()


async def _send_all(messages: list[tuple[str, Any]]) -> None:
    layer = get_channel_layer("push")
    async with asyncio.timeout(settings.PUSH_BATCH_TIMEOUT_SECONDS):
        for group, message in messages:
            await layer.group_send(group, message)
