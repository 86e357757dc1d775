"""Test that whatever happens to one socket, the others get their notifications."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from channels_redis.pubsub import RedisPubSubLoopLayer
from django.db import OperationalError
from django.utils import timezone
from websockets.asyncio.client import connect

from accounts.models import User
from accounts.services import open_api_session
from config.asgi import application
from config.redis.breaker import Breaker
from notifications import consumers
from notifications.feed import push
from notifications.feed import sockets as feed_module
from notifications.feed.credentials import Credential
from notifications.feed.position import Found, Position
from notifications.feed.sockets import Feed
from notifications.models import Notification
from notifications.wording import Locale
from tests.makers import MakeNotification, MakeUser
from tools.stage.live import Deployment
from tools.stage.private_valkey import PrivateValkey

PATIENCE_SECONDS = 30


@pytest.fixture(autouse=True)
def _feed(valkey: PrivateValkey, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(push, "_breaker", Breaker())
    settings.FEED_POSITION_CHECK_SECONDS = 3600


class Socket:
    """A socket that collects its frames."""

    locale: Locale | None = None

    def __init__(self, user_id: int) -> None:
        self.credential = Credential(user_id, password="", lock_count=0)
        self.frames: asyncio.Queue[str] = asyncio.Queue()
        self.close_code: int | None = None

    async def send_frame(self, text: str) -> None:
        await self.frames.put(text)

    async def close_with(self, code: int) -> None:
        self.close_code = code

    async def next_frame(self) -> str:
        return await asyncio.wait_for(self.frames.get(), PATIENCE_SECONDS)


class ClosingSocket(Socket):
    """A socket whose server has sent its close frame and waits for the client's: Daphne raises Disconnected."""

    async def send_frame(self, text: str) -> None:
        raise ConnectionError("Attempt to send on a closed protocol")


async def push_read(user_id: int) -> None:
    await sync_to_async(push.push_read)(user_id, unread=0, ids=[1])


async def test_closing_socket_costs_the_others_nothing() -> None:
    feed, closing, healthy, other = Feed(), ClosingSocket(1), Socket(1), Socket(2)
    for socket in (closing, healthy, other):
        await feed.add(socket)
        await feed.greet(socket, "hello", [])

    await push_read(1)
    await push_read(2)

    for socket in (healthy, other):
        assert await socket.next_frame() == "hello"
        assert await socket.next_frame() == '{"type": "read", "ids": [1], "unread": 0}'
    assert [socket.close_code for socket in (closing, healthy, other)] == [4500, None, None]
    for socket in (closing, healthy, other):
        await feed.remove(socket)


class GoneSocket(ClosingSocket):
    """A socket that cannot even be closed."""

    async def close_with(self, code: int) -> None:
        raise ConnectionError("Attempt to close a closed protocol")


async def test_socket_that_cannot_be_closed_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_valid_now", lambda credentials: set())
    feed, gone, lapsed = Feed(), GoneSocket(1), Socket(2)
    for socket in (gone, lapsed):
        await feed.add(socket)

    await feed.greet(gone, "hello", [])
    await feed._check_logins()

    assert lapsed.close_code == 4401
    for socket in (gone, lapsed):
        await feed.remove(socket)


async def test_logins_are_checked_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []

    def ask(credentials: set[Credential]) -> set[Credential]:
        asked.append(sorted(each.user_id for each in credentials))
        return {each for each in credentials if each.user_id != 3}

    monkeypatch.setattr(feed_module, "_valid_now", ask)
    monkeypatch.setattr(feed_module, "USERS_PER_LOGIN_CHECK", 2)
    feed, sockets = Feed(), [Socket(number) for number in range(5)]
    for socket in sockets:
        await feed.add(socket)

    await feed._check_logins()

    assert asked == [[0, 1], [2, 3], [4]]
    assert [socket.close_code for socket in sockets] == [None, None, None, 4401, None]
    for socket in sockets:
        await feed.remove(socket)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seconds", [120, 1], ids=["rows of all", "rows of users"])
async def test_position_check_sends_to_many_users_once(
    make_user: MakeUser, make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    monkeypatch.setattr(feed_module, "USERS_PER_BATCH", 2)
    users = [await sync_to_async(make_user)(f"user{number}") for number in range(5)]
    now = timezone.now()
    feed, sockets, moments = Feed(), [Socket(user.pk) for user in users], [now - timedelta(seconds=seconds), now]
    for socket in sockets:
        await feed.add(socket)
        await feed.greet(socket, "hello", [])
    feed._position = Position(clock=lambda: moments[0])
    await feed._check()
    moments.pop(0)

    rows = [await sync_to_async(make_notification)(user, created_at=now) for user in users[1:]]
    await feed._check()
    await Notification.objects.filter(pk=rows[0].pk).aupdate(read_at=now)
    for _ in range(2):
        await feed._check()

    sent = [[socket.frames.get_nowait() for _ in range(socket.frames.qsize())] for socket in sockets]
    arrivals = [push.notifications_frame([push.payload(row)], unread=1) for row in rows]
    assert sent == [
        ["hello"],
        ["hello", arrivals[0], push.read_frame([rows[0].pk], unread=0)],
        *(["hello", arrival] for arrival in arrivals[1:]),
    ]
    for socket in sockets:
        await feed.remove(socket)


@pytest.mark.django_db(transaction=True)
async def test_notification_that_cannot_be_worded_delays_nobody_else(
    make_user: MakeUser, make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [await sync_to_async(make_user)(f"user{number}") for number in range(2)]
    rows = [await sync_to_async(make_notification)(user, created_at=timezone.now()) for user in users]
    feed, sockets = Feed(), [Socket(user.pk) for user in users]
    word = feed_module.payloads_for

    def fail_for_the_first(locale: Locale | None, arrivals: list[Any], **options: Any) -> Any:
        if arrivals[0].payload["id"] == rows[0].pk:
            raise ValueError("words fail")
        return word(locale, arrivals, **options)

    monkeypatch.setattr(feed_module, "payloads_for", fail_for_the_first)
    for socket in sockets:
        await feed.add(socket)
        await feed.greet(socket, "hello", [])

    await feed._check()

    assert [socket.close_code for socket in sockets] == [4500, None]
    assert [socket.frames.qsize() for socket in sockets] == [1, 2]
    for socket in sockets:
        await feed.remove(socket)


async def test_feed_that_had_no_sockets_does_not_look_back_to_when_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    checks: list[Position] = []

    def look(position: Position, user_ids: list[int]) -> Found:
        checks.append(position)
        return Found(timezone.now(), {}, {})

    monkeypatch.setattr(Position, "look", look)
    feed = Feed()
    for socket in (Socket(1), Socket(1)):
        await feed.add(socket)
        await feed._check()
        await feed._check()
        await feed.remove(socket)

    first, second, third, fourth = checks
    assert first is second
    assert third is fourth
    assert second is not third


async def test_group_that_could_not_be_joined_is_joined_by_a_later_check(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.05
    monkeypatch.setattr(Position, "look", lambda position, users: Found(timezone.now(), {}, {}))
    monkeypatch.setattr(feed_module, "_valid_now", lambda credentials: credentials)
    feed, socket = Feed(), Socket(1)

    def refuse() -> None:
        raise ConnectionError("Redis is gone")

    with monkeypatch.context() as away:
        away.setattr(feed_module, "get_channel_layer", refuse)
        await feed.add(socket)
    await feed.greet(socket, "hello", [])
    assert await socket.next_frame() == "hello"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while socket.frames.empty():
            await push_read(1)
            await asyncio.sleep(0.05)

    assert await socket.next_frame() == '{"type": "read", "ids": [1], "unread": 0}'
    await feed.remove(socket)


@pytest.mark.parametrize("check", ["_check", "_check_logins"])
async def test_checks_go_on_after_any_failure(monkeypatch: pytest.MonkeyPatch, settings: Any, check: str) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.01
    checked, outcomes = asyncio.Event(), iter([ValueError("a failure that nobody foresaw")])

    async def fail_once(feed: Feed) -> None:
        for error in outcomes:
            raise error
        checked.set()

    async def do_nothing(feed: Feed) -> None:
        pass

    for each in ("_check", "_check_logins"):
        monkeypatch.setattr(Feed, each, fail_once if each == check else do_nothing)
    feed, socket = Feed(), Socket(1)
    await feed.add(socket)

    await asyncio.wait_for(checked.wait(), PATIENCE_SECONDS)
    await feed.remove(socket)


async def test_feed_listens_on_after_a_message_that_fails() -> None:
    feed, socket = Feed(), Socket(1)
    await feed.add(socket)
    await feed.greet(socket, "hello", [])

    await sync_to_async(push._publish)([(push.user_group(1), {"type": "push"})])
    await push_read(1)

    assert await socket.next_frame() == "hello"
    assert await socket.next_frame() == '{"type": "read", "ids": [1], "unread": 0}'
    await feed.remove(socket)


@pytest.mark.parametrize("seconds", [0.02, 0.07, 0.12])
async def test_socket_that_comes_while_the_last_one_leaves_is_served(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    leave = RedisPubSubLoopLayer.group_discard

    async def leave_slowly(*args: Any) -> None:
        await asyncio.sleep(0.05)
        await leave(*args)

    monkeypatch.setattr(RedisPubSubLoopLayer, "group_discard", leave_slowly)
    feed, last, following = Feed(), Socket(1), Socket(1)
    await feed.add(last)

    leaving = asyncio.create_task(feed.remove(last))
    await asyncio.sleep(seconds)
    await feed.add(following)
    await feed.greet(following, "hello", [])
    await leaving
    await push_read(1)

    assert await following.next_frame() == "hello"
    assert await following.next_frame() == '{"type": "read", "ids": [1], "unread": 0}'
    await feed.remove(following)


@pytest.mark.django_db(transaction=True)
async def test_socket_whose_hello_fails_leaves_the_feed(organiser: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(user_id: int, locale: None) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(consumers, "_hello", fail)
    communicator = await connected(organiser)
    with pytest.raises(RuntimeError):
        await communicator.wait(timeout=PATIENCE_SECONDS)

    assert Feed.current()._by_user == {}


@pytest.mark.django_db(transaction=True)
async def test_socket_that_the_database_has_no_answer_for_is_closed_and_leaves_the_feed(
    organiser: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(user_id: int, locale: None) -> None:
        raise OperationalError("the database is away")

    monkeypatch.setattr(consumers, "_hello", fail)
    communicator = await connected(organiser)
    closed = await communicator.receive_output(timeout=PATIENCE_SECONDS)
    await communicator.disconnect(timeout=PATIENCE_SECONDS)

    assert closed == {"type": "websocket.close", "code": 4503}
    assert Feed.current()._by_user == {}


async def connected(user: User) -> WebsocketCommunicator:
    """Open a socket with a token of the user's."""
    pair = await sync_to_async(open_api_session)(user, at=timezone.now())
    headers = [(b"authorization", f"Bearer {pair.access}".encode())]
    communicator = WebsocketCommunicator(application, "/ws/notifications/", headers=headers)
    await communicator.connect(timeout=PATIENCE_SECONDS)
    return communicator


# The longest texts that are possible, as many as a hello and a resume can hold.
ARRANGE_LONG_MESSAGES = """
from accounts.services import open_api_session, create_user
from config.database import database_now
from notifications.models import Notification

at = database_now()
BEFORE = {
    "starts_at": "2030-12-06T17:00:00.123456+00:00",
    "ends_at": "2030-12-07T19:00:00.123456+00:00",
    "location": 255 * "🎷",
}
user = create_user(username="reader", email="reader@example.org", password="x")
Notification.objects.bulk_create(
    Notification(
        recipient=user, kind="cancelled", headline=200 * "🎷", location=255 * "🎷",
        detail={"before": BEFORE, "after": {}, "text": 2000 * "🎷"},
        starts_at=at, time_zone="America/Argentina/ComodRivadavia", source=f"announcement:{number}", created_at=at,
    )
    for number in range(200)
)
print(open_api_session(user, at=at).access)
"""


@pytest.mark.live
@pytest.mark.parametrize("query", ["", "?language=de&time_zone=Europe/Berlin"], ids=["facts", "worded"])
async def test_longest_hello_and_resume_go_through_the_real_server(query: str) -> None:
    with Deployment(parts=["feed"]) as deployment:
        headers = {"Authorization": f"Bearer {deployment.shell(ARRANGE_LONG_MESSAGES)}"}
        async with connect(deployment.feed_url + query, additional_headers=headers, max_size=None) as socket:
            hello = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))
            await socket.send('{"type": "resume", "after": 0}')
            resumed: list[Any] = []
            while len(resumed) < 200:
                frame = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))
                resumed += frame["notifications"]

    assert (hello["unread"], len(hello["notifications"])) == (200, 50)
    assert len({each["id"] for each in resumed}) == 200
