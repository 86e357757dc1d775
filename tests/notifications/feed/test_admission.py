"""Test who may open a socket and what closes it: its login, its messages, and the number of sockets."""

from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts.models import BrowserSession, User
from accounts.services import (
    close_api_session,
    end_browser_session,
    issue_feed_ticket,
    open_api_session,
    reinstate_user,
    suspend_user,
)
from config.asgi import application
from config.redis.breaker import Breaker
from notifications.feed import push
from tests.conftest import PASSWORD
from tests.notifications.feed.communicator import ORIGIN, PATIENCE_SECONDS, Headers, Socket, cookie_headers
from tools.stage.private_valkey import PrivateValkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _feed(valkey: PrivateValkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "_breaker", Breaker())


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
            suspend_user(organiser, at=timezone.now())
            reinstate_user(organiser, at=timezone.now())

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


async def test_user_opens_no_more_sockets_than_the_limit(organiser: User, stranger: User, settings: Any) -> None:
    settings.FEED_MAX_SOCKETS_PER_USER = 2
    mine, foreign = await sync_to_async(cookie_headers)(organiser), await sync_to_async(cookie_headers)(stranger)

    async with Socket(mine) as one, Socket(mine) as two, Socket(mine) as third, Socket(foreign) as other:
        kinds = [(await socket.frame())["type"] for socket in (one, two, other)]
        assert await third.close_code() == 4429
    async with Socket(mine) as later:
        kinds.append((await later.frame())["type"])

    assert kinds == ["hello"] * 4


@pytest.mark.parametrize("trusts_proxy", [False, True])
async def test_network_opens_no_more_sockets_than_the_limit(organiser: User, settings: Any, trusts_proxy: bool) -> None:
    """Behind a trusted proxy its header names the address; elsewhere that header is ignored."""
    settings.FEED_MAX_SOCKETS_PER_ADDRESS = 1
    settings.TRUST_PROXY = trusts_proxy

    def communicator(address: bytes) -> WebsocketCommunicator:
        return WebsocketCommunicator(application, "/ws/notifications/", headers=[(b"x-real-ip", address)])

    first, second, third = (communicator(address) for address in (b"203.0.113.1", b"203.0.113.1", b"203.0.113.2"))
    accepted = [(await each.connect(timeout=PATIENCE_SECONDS))[0] for each in (first, second, third)]
    await first.disconnect(timeout=PATIENCE_SECONDS)
    again = communicator(b"203.0.113.1")
    accepted_again, _ = await again.connect(timeout=PATIENCE_SECONDS)
    for each in (third, again):
        await each.disconnect(timeout=PATIENCE_SECONDS)

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


async def test_socket_that_pings_too_often_is_closed(organiser: User, settings: Any) -> None:
    settings.FEED_MAX_FRAMES = 2
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        for _ in range(3):
            await socket.send({"type": "ping"})
        answers = [await socket.frame() for _ in range(2)]
        assert await socket.close_code() == 4429

    assert answers == [{"type": "pong"}] * 2
