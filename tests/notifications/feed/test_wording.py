"""Test that sockets with a language and a time zone get notifications in words, and that others get only the facts."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import User
from config.redis.breaker import Breaker
from notifications.feed import arrivals, push
from notifications.feed.arrivals import Arrival
from notifications.inbox.preferences import send_test
from notifications.models import Notification
from notifications.wording import Locale
from tests.makers import MakeNotification
from tests.notifications.feed.communicator import Headers, Socket, cookie_headers
from tools.stage.private_valkey import PrivateValkey

pytestmark = pytest.mark.django_db(transaction=True)

ENGLISH, GERMAN = "?language=en&time_zone=America/New_York", "?language=de&time_zone=America/New_York"
CANCELLED = {
    "before": {"starts_at": "2030-12-06T17:00:00Z", "ends_at": "2030-12-06T19:00:00Z", "location": "Hall A"},
    "after": {},
    "text": "The band is ill.",
}
IN_ENGLISH = {
    "sentence": "Cancelled (was scheduled for Fri 6 Dec 2030 18:00–20:00 Rome time)",
    "own_time": "Fri 6 Dec 2030 12:00–14:00 your time",
    "quote": "The band is ill.",
}
IN_GERMAN = {
    "sentence": "Abgesagt (geplant war: Fr., 6. Dez. 2030, 18:00–20:00 Ortszeit Rom)",
    "own_time": "Fr., 6. Dez. 2030, 12:00–14:00 bei dir",
    "quote": "The band is ill.",
}


@pytest.fixture(autouse=True)
def _feed(valkey: PrivateValkey, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setattr(push, "_breaker", Breaker())
    settings.FEED_POSITION_CHECK_SECONDS = 3600


@pytest.fixture
def socket_headers(verified_subscriber: User) -> Headers:
    return cookie_headers(verified_subscriber)


def cancel(make_notification: MakeNotification) -> Notification:
    return make_notification(kind="cancelled", detail=CANCELLED, created_at=timezone.now())


def push_row(row: Notification) -> None:
    push.push_new({row.recipient_id}, at=row.created_at)


def words_in(frame: dict[str, Any]) -> list[dict[str, str]]:
    return [each["wording"] for each in frame["notifications"]]


async def test_hello_is_worded_in_the_language_that_the_socket_asks_for(
    make_notification: MakeNotification, socket_headers: Headers
) -> None:
    row = await sync_to_async(cancel)(make_notification)

    async with Socket(socket_headers, ENGLISH) as english, Socket(socket_headers, GERMAN) as german:
        frames = [await english.frame(), await german.frame()]

    assert frames == [
        {"type": "hello", "unread": 1, "notifications": [push.payload(row) | {"wording": words}], "pings": True}
        for words in (IN_ENGLISH, IN_GERMAN)
    ]


async def test_wording_is_in_the_language_of_the_page_and_not_in_that_of_the_account(
    verified_subscriber: User, make_notification: MakeNotification, socket_headers: Headers
) -> None:
    await User.objects.filter(pk=verified_subscriber.pk).aupdate(language="en")
    await sync_to_async(cancel)(make_notification)

    async with Socket(socket_headers, GERMAN) as socket:
        hello = await socket.frame()

    assert words_in(hello) == [IN_GERMAN]


@pytest.mark.parametrize("query", ["", "?", "?language=&time_zone=", "?other=de"])
async def test_socket_that_asks_for_no_wording_gets_the_facts_letter_by_letter(
    make_notification: MakeNotification, socket_headers: Headers, query: str
) -> None:
    first = await sync_to_async(cancel)(make_notification)

    async with Socket(socket_headers, query) as socket:
        hello = await socket.text()
        second = await sync_to_async(cancel)(make_notification)
        await sync_to_async(push_row)(second)
        pushed = await socket.text()
        await socket.send({"type": "resume", "after": first.pk})
        resumed = await socket.text()

    [one, two] = map(push.payload, (first, second))
    assert hello == push.encoded({"type": "hello", "unread": 1, "notifications": [one], "pings": True})
    assert pushed == push.encoded({"type": "notifications", "notifications": [two], "unread": 2})
    assert resumed == push.encoded({"type": "notifications", "notifications": [one, two], "unread": 2})


async def test_push_is_worded_for_each_socket_as_it_asks(
    make_notification: MakeNotification, socket_headers: Headers
) -> None:
    async with (
        Socket(socket_headers, ENGLISH) as english,
        Socket(socket_headers, GERMAN) as german,
        Socket(socket_headers) as plain,
    ):
        for socket in (english, german, plain):
            await socket.frame()
        row = await sync_to_async(cancel)(make_notification)
        await sync_to_async(push_row)(row)
        frames = [await socket.frame() for socket in (english, german, plain)]

    assert [frame["notifications"] for frame in frames] == [
        [push.payload(row) | {"wording": IN_ENGLISH}],
        [push.payload(row) | {"wording": IN_GERMAN}],
        [push.payload(row)],
    ]
    assert [(frame["type"], frame["unread"]) for frame in frames] == 3 * [("notifications", 1)]


async def test_position_check_words_what_was_never_pushed(
    make_notification: MakeNotification, socket_headers: Headers, settings: Any
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 0.2

    async with Socket(socket_headers, GERMAN) as socket, Socket(socket_headers) as plain:
        for each in (socket, plain):
            await each.frame()
        row = await sync_to_async(cancel)(make_notification)
        frames = [await socket.frame(), await plain.frame()]

    assert frames[0]["notifications"] == [push.payload(row) | {"wording": IN_GERMAN}]
    assert frames[1]["notifications"] == [push.payload(row)]


async def test_resumed_frames_are_worded(make_notification: MakeNotification, socket_headers: Headers) -> None:
    await sync_to_async(cancel)(make_notification)

    async with Socket(socket_headers, GERMAN) as socket:
        await socket.frame()
        await socket.send({"type": "resume", "after": 0})
        resumed = await socket.frame()

    assert words_in(resumed) == [IN_GERMAN]


@pytest.mark.parametrize("is_pushed", [True, False], ids=["pushed", "found"])
async def test_whole_day_is_worded_without_a_time(
    make_notification: MakeNotification, socket_headers: Headers, settings: Any, is_pushed: bool
) -> None:
    settings.FEED_POSITION_CHECK_SECONDS = 3600 if is_pushed else 0.2
    midnight = datetime(2020, 12, 4, tzinfo=ZoneInfo("Europe/Rome")).astimezone(UTC)

    async with Socket(socket_headers, ENGLISH) as socket:
        await socket.frame()
        for all_day in (True, False):
            row = await sync_to_async(make_notification)(starts_at=midnight, all_day=all_day, created_at=timezone.now())
            if is_pushed:
                await sync_to_async(push_row)(row)
        found: list[dict[str, str]] = []
        while len(found) < 2:
            found += words_in(await socket.frame())

    assert found == [
        {"sentence": "Started Fri 4 Dec 2020", "own_time": "", "quote": ""},
        {
            "sentence": "Started Fri 4 Dec 2020 00:00 Rome time",
            "own_time": "Thu 3 Dec 2020 18:00 your time",
            "quote": "",
        },
    ]


async def test_test_notification_is_not_worded_as_a_message_of_an_organiser(
    verified_subscriber: User, socket_headers: Headers
) -> None:
    async with Socket(socket_headers, ENGLISH) as socket:
        await socket.frame()
        await sync_to_async(send_test)(verified_subscriber, at=timezone.now(), text="It works.")
        pushed = await socket.frame()

    assert words_in(pushed) == [{"sentence": "Test notification:", "own_time": "", "quote": "It works."}]


async def test_message_of_a_previous_sweep_is_worded_with_what_the_database_says(
    verified_subscriber: User, make_notification: MakeNotification, socket_headers: Headers
) -> None:
    midnight = datetime(2020, 12, 4, tzinfo=ZoneInfo("Europe/Rome")).astimezone(UTC)

    def push_as_before(row: Notification) -> None:
        message = push.push_message(verified_subscriber.pk, [row], unread=1)
        former = {key: message[key] for key in ("type", "user", "ids", "frame")}
        push._publish([(push.user_group(verified_subscriber.pk), former)])

    async with Socket(socket_headers, ENGLISH) as socket, Socket(socket_headers) as plain:
        for each in (socket, plain):
            await each.frame()
        row = await sync_to_async(make_notification)(starts_at=midnight, all_day=True, created_at=timezone.now())
        await sync_to_async(push_as_before)(row)
        frame, bare = await socket.frame(), await plain.frame()
        assert await socket.is_silent()
        assert await plain.is_silent()

    assert [each["sentence"] for each in words_in(frame)] == ["Started Fri 4 Dec 2020"]
    assert bare["notifications"] == [push.payload(row)]


def test_message_has_what_a_previous_feed_reads(verified_subscriber: User, make_notification: MakeNotification) -> None:
    rows = [make_notification(), make_notification(all_day=True), make_notification(source="test:1")]

    message = push.push_message(verified_subscriber.pk, rows, unread=3)

    ids = [row.pk for row in rows]
    former = {"type": "push", "user": verified_subscriber.pk, "ids": ids}
    frame = push.notifications_frame(map(push.payload, rows), unread=3)
    assert message == former | {"frame": frame, "all_day": [ids[1]], "tests": [ids[2]]}


@pytest.mark.parametrize(
    "query",
    [
        "?language=de",
        "?time_zone=Europe/Rome",
        "?language=&time_zone=Europe/Rome",
        "?language=xx&time_zone=Europe/Rome",
        "?language=DE&time_zone=Europe/Rome",
        "?language=de&time_zone=Europe/Nowhere",
        "?language=de&time_zone=localtime",
        "?language=de&time_zone=../../../etc/passwd",
        "?language=de&time_zone=%00%ff",
    ],
)
async def test_unknown_locale_is_refused_before_anything_is_sent(socket_headers: Headers, query: str) -> None:
    async with Socket(socket_headers, query) as socket:
        assert await socket.close_code() == 4400


def test_same_facts_are_worded_once_a_second_for_each_locale(
    make_notification: MakeNotification, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = Mock(side_effect=Locale.word, autospec=True)
    monkeypatch.setattr(Locale, "word", lambda self, notification, at: word(self, notification, at=at))
    arrivals._wording.cache_clear()
    same, other = [Arrival.of(cancel(make_notification)) for _ in range(3)], Arrival.of(make_notification())
    rome, new_york = Locale("de", ZoneInfo("Europe/Rome")), Locale("de", ZoneInfo("America/New_York"))
    second = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)

    for arrival in same:
        arrival.payload_for(rome, at=second + timedelta(milliseconds=arrival.payload["id"] % 1000))
    assert word.call_count == 1
    other.payload_for(rome, at=second)
    same[0].payload_for(new_york, at=second)
    same[0].payload_for(rome, at=second + timedelta(seconds=1))

    assert word.call_count == 4
