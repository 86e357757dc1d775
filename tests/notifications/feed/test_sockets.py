"""Test what sockets are sent, with a real Valkey: hello, push, position check, resume and read."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone
from redis import Redis

from accounts.models import User
from config.redis.breaker import Breaker
from events.models import Event
from notifications.feed import push
from notifications.inbox.reading import mark_all_read, mark_read, mark_unread, undo_mark_read
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification
from tests.notifications.feed.communicator import PATIENCE_SECONDS, Headers, Socket, bearer_headers, cookie_headers
from tests.waiting import wait_until
from tools.stage.private_valkey import PrivateValkey

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _feed(valkey: PrivateValkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "_breaker", Breaker())


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


async def test_ping_is_answered_to_the_socket_that_asked_alone(organiser: User) -> None:
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as asking, Socket(headers) as other:
        hellos = [await asking.frame(), await other.frame()]
        await asking.send({"type": "ping"})
        answer = await asking.frame()
        assert await other.is_silent()

    assert [hello["pings"] for hello in hellos] == [True, True]
    assert answer == {"type": "pong"}


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


def is_listened_to(server: PrivateValkey) -> bool:
    """Return whether the feed has subscribed to the group of a user."""
    with Redis.from_url(server.url) as client:
        return bool(client.pubsub_channels("*user.*"))


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
            assert await sync_to_async(wait_until)(lambda: is_listened_to(server), PATIENCE_SECONDS)
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


async def test_hello_and_resume_leave_out_what_is_superseded(
    organiser: User, make_event: MakeEvent, make_notification: MakeNotification
) -> None:
    def arrange() -> tuple[int, Headers]:
        make_notification(organiser, superseded_at=timezone.now())
        cancelled = make_event()
        make_notification(organiser, event=cancelled)
        Event.objects.filter(pk=cancelled.pk).update(cancelled_at=timezone.now())
        return make_notification(organiser).pk, cookie_headers(organiser)

    current, headers = await sync_to_async(arrange)()
    async with Socket(headers) as socket:
        hello = await socket.frame()
        await socket.send({"type": "resume", "after": 0})
        resumed = await socket.frame()

    for frame in (hello, resumed):
        assert ([each["id"] for each in frame["notifications"]], frame["unread"]) == ([current], 1)


async def test_superseded_is_not_pushed(organiser: User, make_notification: MakeNotification) -> None:
    def act() -> Notification:
        at = timezone.now()
        make_notification(organiser, created_at=at, superseded_at=at)
        row = make_notification(organiser, created_at=at)
        push.push_new({organiser.pk}, at=at)
        return row

    headers = await sync_to_async(cookie_headers)(organiser)
    async with Socket(headers) as socket:
        await socket.frame()
        row = await sync_to_async(act)()
        frame = await socket.frame()

    assert ([each["id"] for each in frame["notifications"]], frame["unread"]) == ([row.pk], 1)


async def test_position_check_says_once_what_was_superseded(
    organiser: User, make_notification: MakeNotification, settings: Any
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    rows = [await sync_to_async(make_notification)(organiser) for _ in range(2)]
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await Notification.objects.filter(pk=rows[0].pk).aupdate(superseded_at=timezone.now())
        frame = await socket.frame()
        assert await socket.communicator.receive_nothing(timeout=1)

    assert frame == {"type": "read", "ids": [rows[0].pk], "unread": 1}


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


async def test_services_push_what_was_read_to_open_pages(organiser: User, make_notification: MakeNotification) -> None:
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


async def test_services_push_what_is_unread_again_to_open_pages(
    organiser: User, stranger: User, make_notification: MakeNotification
) -> None:
    at = timezone.now()
    rows = [await sync_to_async(make_notification)(organiser, read_at=at) for _ in range(3)]
    superseded = await sync_to_async(make_notification)(organiser, read_at=timezone.now(), superseded_at=at)
    foreign = await sync_to_async(make_notification)(stranger, read_at=at)
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await sync_to_async(mark_unread)(organiser, ids=[rows[0].pk, superseded.pk, foreign.pk])
        first = await socket.frame()
        await sync_to_async(undo_mark_read)(organiser, read_at=at)
        second = await socket.frame()
        await sync_to_async(undo_mark_read)(organiser, read_at=at)  # nothing is left to undo
        assert await socket.is_silent()

    assert first == {"type": "unread", "ids": [rows[0].pk], "unread": 1}
    assert second == {"type": "unread", "ids": [rows[2].pk, rows[1].pk], "unread": 3}


async def test_what_is_unread_again_is_reported_when_it_is_read_once_more_while_valkey_is_dead(
    organiser: User, make_notification: MakeNotification, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    row = await sync_to_async(make_notification)(organiser)
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await sync_to_async(mark_all_read)(organiser, up_to=row.pk, at=timezone.now())
        await socket.frame()
        await sync_to_async(mark_unread)(organiser, ids=[row.pk])
        await socket.frame()
        monkeypatch.setattr(push, "_publish", lambda messages: None)
        await sync_to_async(mark_read)(organiser, ids=[row.pk], at=timezone.now())
        frame = await socket.frame()

    assert frame == {"type": "read", "ids": [row.pk], "unread": 0}


async def test_what_is_unread_again_does_not_arrive_again(
    organiser: User, make_notification: MakeNotification, settings: Any
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2
    row = await sync_to_async(make_notification)(organiser)
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await sync_to_async(mark_read)(organiser, ids=[row.pk], at=timezone.now())
        await sync_to_async(mark_unread)(organiser, ids=[row.pk])
        frames = [(await socket.frame())["type"] for _ in range(2)]
        assert await socket.communicator.receive_nothing(timeout=1)

    assert frames == ["read", "unread"]


async def test_undoing_very_many_names_the_newest_and_counts_all(
    organiser: User, make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.inbox.reading.MAX_READ_IDS", 2)
    at = timezone.now()
    rows = [await sync_to_async(make_notification)(organiser, read_at=at) for _ in range(4)]
    headers = await sync_to_async(cookie_headers)(organiser)

    async with Socket(headers) as socket:
        await socket.frame()
        await sync_to_async(undo_mark_read)(organiser, read_at=at)
        frame = await socket.frame()

    assert frame == {"type": "unread", "ids": [rows[3].pk, rows[2].pk], "unread": 4}
