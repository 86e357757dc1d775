"""The socket, through the communicator and a real Valkey: authenticate, hello, push, position check, resume, read."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import BrowserSession, User
from accounts.services import (
    close_api_session,
    deactivate_user,
    end_browser_session,
    issue_feed_ticket,
    open_api_session,
    reactivate_user,
)
from config.asgi import application
from config.limits.breaker import Breaker
from notifications.feed import push
from notifications.feed.credentials import Credential
from notifications.feed.sockets import _look
from notifications.inbox.reading import mark_all_read, mark_read
from notifications.models import Notification
from tests.conftest import PASSWORD
from tests.makers import MakeNotification
from tests.private_valkey import PrivateValkey

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = b"http://localhost:8000"
Headers = list[tuple[bytes, bytes]]
# Long enough for a slow machine; what arrives does not wait for it.
PATIENCE_SECONDS = 10


@pytest.fixture(autouse=True)
def _feed(valkey: PrivateValkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "_breaker", Breaker())


@pytest.fixture
def make_notification() -> MakeNotification:
    """Write an inbox row, as the sweep would."""

    def write(user: User, **options: Any) -> Notification:
        at = options.pop("created_at", timezone.now())
        source = f"announcement:{Notification.objects.count() + 1}"
        defaults = {"kind": "message", "headline": "Concert", "starts_at": at, "time_zone": "UTC", "source": source}
        return Notification.objects.create(recipient=user, created_at=at, **defaults | options)

    return write


def cookie_headers(user: User, origin: bytes = ORIGIN) -> Headers:
    client = Client()
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [(b"origin", origin), (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode())]


def bearer_headers(user: User) -> Headers:
    return [(b"authorization", b"Bearer " + open_api_session(user, at=timezone.now()).access.encode())]


class Socket:
    """A client's end of the socket, as an async context manager."""

    def __init__(self, headers: Headers) -> None:
        self.communicator = WebsocketCommunicator(application, "/ws/notifications/", headers=headers)

    async def __aenter__(self) -> "Socket":
        accepted, _ = await self.communicator.connect(timeout=PATIENCE_SECONDS)
        assert accepted
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.communicator.disconnect()

    async def frame(self) -> dict[str, Any]:
        return json.loads(await self.communicator.receive_from(timeout=PATIENCE_SECONDS))

    async def close_code(self) -> int:
        message = await self.communicator.receive_output(timeout=PATIENCE_SECONDS)
        assert message["type"] == "websocket.close"
        return message["code"]

    async def send(self, message: Any) -> None:
        await self.communicator.send_to(text_data=message if isinstance(message, str) else json.dumps(message))

    async def is_silent(self) -> bool:
        return await self.communicator.receive_nothing(timeout=0.3)


async def test_hello_has_the_unread_oldest_first(
    organiser: User, stranger: User, make_notification: MakeNotification
) -> None:
    def arrange() -> tuple[list[int], Headers]:
        first, _, third = (make_notification(organiser, read_at=read_at) for read_at in (None, timezone.now(), None))
        make_notification(stranger)
        return [first.pk, third.pk], cookie_headers(organiser)

    ids, headers = await sync_to_async(arrange)()

    async with Socket(headers) as socket:
        hello = await socket.frame()

    assert (hello["type"], hello["unread"]) == ("hello", 2)
    assert [each["id"] for each in hello["notifications"]] == ids


async def test_push_reaches_all_sockets_of_the_user_and_no_stranger(
    organiser: User, stranger: User, make_notification: MakeNotification
) -> None:
    def arrange() -> list[Headers]:
        return [cookie_headers(organiser), bearer_headers(organiser), cookie_headers(stranger)]

    def act() -> Notification:
        at = timezone.now()
        row = make_notification(organiser, created_at=at)
        push.push_new({organiser.pk}, at=at)
        return row

    first, second, foreign = await sync_to_async(arrange)()
    async with Socket(first) as one, Socket(second) as two, Socket(foreign) as other:
        for socket in (one, two, other):
            await socket.frame()
        row = await sync_to_async(act)()
        frames = [await one.frame(), await two.frame()]
        assert await other.is_silent()

    expected = {"type": "notifications", "notifications": [push.payload(row)], "unread": 1}
    assert frames == [expected, expected]


async def test_position_check_finds_what_was_never_pushed_and_sends_it_once(
    organiser: User, make_notification: MakeNotification, settings: Any
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        row = await sync_to_async(make_notification)(organiser)
        frame = await socket.frame()
        assert await socket.communicator.receive_nothing(timeout=1)

    assert ([each["id"] for each in frame["notifications"]], frame["unread"]) == ([row.pk], 1)


async def test_wake_makes_the_feed_look_at_once(
    organiser: User, make_notification: MakeNotification, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 3600
    monkeypatch.setattr(push, "MAX_PUSHED_RECIPIENTS", 0)
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        row = await sync_to_async(make_notification)(organiser)
        await sync_to_async(push.push_new)({organiser.pk}, at=row.created_at)
        frame = await socket.frame()

    assert [each["id"] for each in frame["notifications"]] == [row.pk]


async def test_valkey_that_died_and_came_back_pushes_again(
    organiser: User, make_notification: MakeNotification, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.5
    with PrivateValkey() as server:
        settings.CHANNEL_LAYERS = {
            alias: {**layer, "CONFIG": {"hosts": [{**layer["CONFIG"]["hosts"][0], "address": server.url}]}}
            for alias, layer in settings.CHANNEL_LAYERS.items()
        }
        headers = await sync_to_async(cookie_headers)(organiser)
        async with Socket(headers) as socket:
            await socket.frame()
            await sync_to_async(server.kill)()
            lost = await sync_to_async(make_notification)(organiser)
            await sync_to_async(push.push_new)({organiser.pk}, at=lost.created_at)
            found = await socket.frame()
            await sync_to_async(server.start)()
            settings.FEED_POSITION_CHECK_SECONDS = 3600
            monkeypatch.setattr(push, "_breaker", Breaker())
            await asyncio.sleep(3)  # the layer's own reconnect takes up to two rounds of a second
            row = await sync_to_async(make_notification)(organiser)
            await sync_to_async(push.push_new)({organiser.pk}, at=row.created_at)
            pushed = await socket.frame()

    assert [each["id"] for each in found["notifications"]] == [lost.pk]
    assert [each["id"] for each in pushed["notifications"]] == [row.pk]


async def test_reading_reaches_the_other_device_once_while_valkey_is_dead(
    organiser: User, make_notification: MakeNotification, settings: Any
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    with PrivateValkey() as server:
        settings.CHANNEL_LAYERS = {
            alias: {**layer, "CONFIG": {"hosts": [{**layer["CONFIG"]["hosts"][0], "address": server.url}]}}
            for alias, layer in settings.CHANNEL_LAYERS.items()
        }
        rows = [await sync_to_async(make_notification)(organiser) for _ in range(2)]
        headers = [await sync_to_async(cookie_headers)(organiser) for _ in range(2)]
        async with Socket(headers[0]) as phone, Socket(headers[1]) as desk:
            for socket in (phone, desk):
                await socket.frame()
            await sync_to_async(server.kill)()
            await sync_to_async(mark_read)(organiser, ids=[rows[0].pk], at=timezone.now())
            frames = [await phone.frame(), await desk.frame()]
            assert await desk.communicator.receive_nothing(timeout=1)

    assert frames == 2 * [{"type": "read", "ids": [rows[0].pk], "unread": 1}]


@pytest.mark.parametrize("is_all", [False, True], ids=["one", "all"])
async def test_position_check_does_not_repeat_what_was_pushed_as_read(
    organiser: User, make_notification: MakeNotification, settings: Any, is_all: bool
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    row = await sync_to_async(make_notification)(organiser)
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        if is_all:
            await sync_to_async(mark_all_read)(organiser, up_to=row.pk, at=timezone.now())
        else:
            await sync_to_async(mark_read)(organiser, ids=[row.pk], at=timezone.now())
        frame = await socket.frame()
        assert await socket.communicator.receive_nothing(timeout=1)

    assert frame == {"type": "read", **({"up_to": row.pk} if is_all else {"ids": [row.pk]}), "unread": 0}


@pytest.mark.parametrize("count", [1, 3])
def test_position_check_costs_as_many_queries_for_any_number_of_rows(
    organiser: User,
    make_notification: MakeNotification,
    django_assert_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    for _ in range(count):
        make_notification(organiser)
        make_notification(organiser, read_at=timezone.now())

    # The clock, the news, what was read, the passwords, the counts.
    with django_assert_num_queries(5):
        found = _look([organiser.pk], {Credential(organiser.pk, organiser.password, organiser.lock_count)})

    assert (len(found.payloads[organiser.pk]), len(found.read[organiser.pk])) == (count, count)


async def test_socket_opens_without_valkey(organiser: User, make_notification: MakeNotification, settings: Any) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    settings.CHANNEL_LAYERS = {
        alias: {**layer, "CONFIG": {"hosts": [{"address": "unix:///nowhere/valkey.sock"}]}}
        for alias, layer in settings.CHANNEL_LAYERS.items()
    }
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        hello = await socket.frame()
        row = await sync_to_async(make_notification)(organiser)
        frame = await socket.frame()

    assert hello["unread"] == 0
    assert [each["id"] for each in frame["notifications"]] == [row.pk]


async def test_resume_sends_what_came_since_and_the_last_minute(
    organiser: User, make_notification: MakeNotification
) -> None:
    def arrange() -> tuple[list[int], Headers]:
        old = timezone.now() - timedelta(minutes=5)
        rows = [make_notification(organiser, created_at=old, read_at=old) for _ in range(3)]
        recent = make_notification(organiser, read_at=timezone.now())
        return [row.pk for row in rows] + [recent.pk], cookie_headers(organiser)

    ids, headers = await sync_to_async(arrange)()
    async with Socket(headers) as socket:
        await socket.frame()
        await socket.send({"type": "resume", "after": ids[1]})
        first = await socket.frame()
        await socket.send({"type": "resume", "after": ids[3]})
        second = await socket.frame()

    assert [each["id"] for each in first["notifications"]] == ids[2:]
    assert [each["id"] for each in second["notifications"]] == ids[3:]


async def test_resume_from_far_behind_asks_to_reload(
    organiser: User, make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.consumers.MAX_RESUMED", 1)
    headers = await sync_to_async(cookie_headers)(organiser)
    for _ in range(2):
        await sync_to_async(make_notification)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await socket.send({"type": "resume", "after": 0})
        assert await socket.frame() == {"type": "reload"}


async def test_read_on_one_socket_clears_the_other_and_no_foreign_row(
    organiser: User, stranger: User, make_notification: MakeNotification
) -> None:
    mine, foreign = await sync_to_async(make_notification)(organiser), await sync_to_async(make_notification)(stranger)
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as one, Socket(headers) as two:
        for socket in (one, two):
            await socket.frame()
        await one.send({"type": "read", "ids": [mine.pk, foreign.pk]})
        frames = [await one.frame(), await two.frame()]

    expected = {"type": "read", "ids": [mine.pk, foreign.pk], "unread": 0}
    assert frames == [expected, expected]
    unread = [row async for row in Notification.objects.unread().values_list("pk", flat=True)]
    assert unread == [foreign.pk]


async def test_services_tell_open_pages_what_was_read(organiser: User, make_notification: MakeNotification) -> None:
    rows = [await sync_to_async(make_notification)(organiser) for _ in range(3)]
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await sync_to_async(mark_read)(organiser, ids=[rows[0].pk], at=timezone.now())
        first = await socket.frame()
        await sync_to_async(mark_all_read)(organiser, up_to=rows[1].pk, at=timezone.now())
        second = await socket.frame()

    assert first == {"type": "read", "ids": [rows[0].pk], "unread": 2}
    assert second == {"type": "read", "up_to": rows[1].pk, "unread": 1}


async def test_ticket_opens_the_feed_once(organiser: User, at: datetime) -> None:
    ticket = await sync_to_async(issue_feed_ticket)(organiser, at=timezone.now())

    async with Socket([]) as socket:
        await socket.send({"type": "ticket", "ticket": ticket})
        assert (await socket.frame())["type"] == "hello"
    async with Socket([]) as socket:
        await socket.send({"type": "ticket", "ticket": ticket})
        assert await socket.close_code() == 4401


async def test_socket_that_says_nothing_is_closed(settings: Any) -> None:
    settings.FEED_AUTHENTICATION_SECONDS = 0.1

    async with Socket([]) as socket:
        assert await socket.close_code() == 4401


@pytest.mark.parametrize(
    "first", ["{", "[]", '"ticket"', "{}", '{"type": "resume", "after": 0}', '{"type":"ticket","ticket":1}']
)
async def test_stranger_who_says_anything_else_is_closed(db: None, first: str) -> None:
    async with Socket([]) as socket:
        await socket.send(first)
        assert await socket.close_code() in {4400, 4401}


@pytest.mark.parametrize(
    "message",
    [
        "{",
        "[1]",
        {"type": "read", "ids": "1"},
        {"type": "read", "ids": [True]},
        {"type": "read", "ids": [2**63]},
        {"type": "read", "ids": [1] * 501},
        {"type": "resume"},
        {"type": "resume", "after": -1},
        {"type": "resume", "after": 1.5},
        {"type": "shutdown"},
    ],
)
async def test_malformed_message_closes_the_socket(organiser: User, message: Any) -> None:
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await socket.send(message)
        assert await socket.close_code() == 4400


@pytest.mark.parametrize(
    "origin",
    [
        b"",
        b"null",
        b"http://evil.example",
        b"http://localhost:8000.evil.example",
        b"https://localhost:8000",
        b"http://localhost:8001",
    ],
)
async def test_cookie_from_another_origin_is_not_believed(organiser: User, origin: bytes, settings: Any) -> None:
    settings.FEED_AUTHENTICATION_SECONDS = 0.1
    headers = await sync_to_async(cookie_headers)(organiser, origin)

    async with Socket(headers if origin else headers[1:]) as socket:
        assert await socket.close_code() == 4401


async def test_bearer_that_does_not_hold_is_refused(organiser: User) -> None:
    def arrange() -> list[Headers]:
        pair = open_api_session(organiser, at=timezone.now())
        close_api_session(pair.refresh, at=timezone.now())
        tokens = ["", "nonsense", pair.refresh, pair.access]
        return [[(b"authorization", f"Bearer {token}".encode())] for token in tokens]

    for headers in await sync_to_async(arrange)():
        communicator = WebsocketCommunicator(application, "/ws/notifications/", headers=headers)
        accepted, _ = await communicator.connect(timeout=PATIENCE_SECONDS)
        assert not accepted


@pytest.mark.parametrize("end", ["logout", "password", "deactivation", "lock and unlock"])
async def test_socket_closes_when_its_login_no_longer_holds(organiser: User, settings: Any, end: str) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2

    def act() -> None:
        if end == "logout":
            Session.objects.all().delete()
        elif end == "password":
            organiser.set_password("another")
            organiser.save()
        elif end == "deactivation":
            User.objects.update(is_active=False)
        else:
            deactivate_user(organiser, at=timezone.now())
            reactivate_user(organiser, at=timezone.now())

    headers = await sync_to_async(cookie_headers)(organiser)
    async with Socket(headers) as socket:
        await socket.frame()
        await sync_to_async(act)()
        assert await socket.close_code() == 4401


async def test_token_socket_closes_after_logout(organiser: User, settings: Any) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    pair = await sync_to_async(open_api_session)(organiser, at=timezone.now())

    async with Socket([(b"authorization", f"Bearer {pair.access}".encode())]) as socket:
        await socket.frame()
        await sync_to_async(close_api_session)(pair.refresh, at=timezone.now())
        assert await socket.close_code() == 4401


async def test_socket_closes_when_its_browser_is_logged_out_from_elsewhere(organiser: User, settings: Any) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    client = Client()

    def log_in() -> tuple[int, Headers]:
        client.post("/accounts/login/", {"username": organiser.email, "password": PASSWORD})
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}".encode()
        return BrowserSession.objects.get().pk, [(b"origin", ORIGIN), (b"cookie", cookie)]

    pk, headers = await sync_to_async(log_in)()

    async with Socket(headers) as socket:
        await socket.frame()
        await sync_to_async(end_browser_session)(organiser, pk)
        assert await socket.close_code() == 4401


async def test_user_has_so_many_sockets_and_no_more(organiser: User, stranger: User, settings: Any) -> None:
    settings.FEED_MAX_SOCKETS_PER_USER = 2
    mine, foreign = await sync_to_async(cookie_headers)(organiser), await sync_to_async(cookie_headers)(stranger)

    async with Socket(mine) as one, Socket(mine) as two, Socket(mine) as third, Socket(foreign) as other:
        kinds = [(await socket.frame())["type"] for socket in (one, two, other)]
        assert await third.close_code() == 4429
    async with Socket(mine) as later:
        kinds.append((await later.frame())["type"])

    assert kinds == ["hello"] * 4


@pytest.mark.parametrize("trusts_proxy", [False, True])
async def test_address_has_so_many_sockets_and_no_more(organiser: User, settings: Any, trusts_proxy: bool) -> None:
    """Behind a trusted proxy it is the address that the proxy names; elsewhere that header counts for nothing."""
    settings.FEED_MAX_SOCKETS_PER_ADDRESS = 1
    settings.TRUST_PROXY = trusts_proxy

    def communicator(address: bytes) -> WebsocketCommunicator:
        return WebsocketCommunicator(application, "/ws/notifications/", headers=[(b"x-real-ip", address)])

    first, second, third = (communicator(address) for address in (b"203.0.113.1", b"203.0.113.1", b"203.0.113.2"))
    accepted = [(await each.connect(timeout=PATIENCE_SECONDS))[0] for each in (first, second, third)]
    await first.disconnect()
    again = communicator(b"203.0.113.1")
    accepted_again, _ = await again.connect(timeout=PATIENCE_SECONDS)
    for each in (third, again):
        await each.disconnect()

    assert accepted == [True, False, trusts_proxy]
    assert accepted_again


async def test_socket_that_talks_too_much_is_closed(organiser: User, settings: Any) -> None:
    settings.FEED_MAX_FRAMES = 2
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        for _ in range(3):
            await socket.send({"type": "resume", "after": 0})
        answers = [(await socket.frame())["type"] for _ in range(2)]
        assert await socket.close_code() == 4429

    assert answers == ["notifications"] * 2
