"""Test how failures of Redis are logged: once for each outage, with the reason and without the password."""

import asyncio
import io
import logging
import logging.config
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.core.cache import caches
from pytest_django import Settings

from config.limits import counters
from config.logs import outages
from config.logs.outages import OnceAMinute, Outage, TracebackOnceAMinute, reason
from notifications.feed import push
from tests.config.production import PRODUCTION, settings_of
from tools.stage.private_valkey import PrivateValkey

PASSWORD = "hush-hush-hush"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name in {"config.limits.counters", "notifications.feed.push"}
    ]


class _Open:
    """A breaker that lets everybody through, so that each request reaches Redis."""

    def is_open(self) -> bool:
        return False

    def trip(self) -> None:
        """Let the next request through as well."""


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "breaker", _Open())
    monkeypatch.setattr(push, "_breaker", _Open())
    counters.outage.end()
    push._outage.end()


@pytest.fixture
def own_valkey(settings: Settings) -> Iterator[PrivateValkey]:
    with PrivateValkey() as server:
        point_to(settings, server.url)
        yield server


def point_to(settings: Settings, url: str) -> None:
    settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "LOCATION": url}}
    settings.CHANNEL_LAYERS = {
        alias: {**layer, "CONFIG": {"hosts": [{**layer["CONFIG"]["hosts"][0], "address": url}]}}
        for alias, layer in settings.CHANNEL_LAYERS.items()
    }


def ask_three_times() -> None:
    for _number in range(3):
        caches["counters"].add("one", 1, 60)
        caches["counters"].incr("one")
        push.wake_feed()


def test_outage_is_logged_once_with_its_reason_and_once_when_it_ends(
    own_valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    own_valkey.kill()
    ask_three_times()
    begun = lines(caplog)
    own_valkey.start()
    ask_three_times()
    ended = lines(caplog)[len(begun) :]

    assert [line.partition(": ")[0] for line in begun] == [
        "Redis fails, rate limits are counted by each process for itself",
        "Pushing through Redis fails, the position check delivers",
    ]
    assert all("connecting to" in line and str(own_valkey.folder) in line for line in begun)
    assert [line.rpartition(" after ")[0] for line in ended] == [
        "Redis works again",
        "Pushing through Redis works again",
    ]


def test_second_outage_is_logged_again(own_valkey: PrivateValkey, caplog: pytest.LogCaptureFixture) -> None:
    for _number in range(2):
        own_valkey.kill()
        ask_three_times()
        own_valkey.start()
        ask_three_times()

    assert len(lines(caplog)) == 8


def test_outage_that_comes_to_fail_for_another_reason_says_so(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage(logging.getLogger("config.limits.counters"), "Redis", meanwhile="nobody minds")

    for error in (ConnectionRefusedError("no"), TimeoutError(), ConnectionRefusedError("no"), TimeoutError()):
        outage.note(error)

    assert lines(caplog) == [
        "Redis fails, nobody minds: ConnectionRefusedError: no",
        "Redis fails, nobody minds: TimeoutError: no answer in time",
    ]


def test_reason_is_one_line() -> None:
    assert reason(ValueError("a\n b")) == "ValueError: a b"
    assert reason(KeyError()) == "KeyError: no reason given"


def test_library_that_tries_each_second_is_heard_once_a_minute() -> None:
    logger, stream = logging.Logger("channels_redis.pubsub"), io.StringIO()
    logger.addHandler(logging.StreamHandler(stream))
    logger.addFilter(OnceAMinute())

    for _number in range(3):
        try:
            raise ConnectionRefusedError("refused")
        except ConnectionRefusedError:
            logger.exception("Unexpected exception in receive task")
    logger.error("something else")

    assert stream.getvalue() == "Unexpected exception in receive task ConnectionRefusedError: refused\nsomething else\n"


def test_failures_of_one_kind_have_one_traceback_a_minute() -> None:
    logger, stream = logging.Logger("config.web.middleware.problems"), io.StringIO()
    logger.addHandler(logging.StreamHandler(stream))
    logger.addFilter(TracebackOnceAMinute())

    for path, error in [("/a", TimeoutError("slow")), ("/b", TimeoutError("slow")), ("/c", TimeoutError("other"))]:
        try:
            raise error
        except TimeoutError:
            logger.exception("the database failed: GET %s", path)

    assert stream.getvalue().count("Traceback") == 2
    assert "the database failed: GET /b TimeoutError: slow\n" in stream.getvalue()


def test_failures_of_more_than_a_minute_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    minutes, now = outages._Minutes(), 0.0
    monkeypatch.setattr(outages.time, "monotonic", lambda: now)

    logged = [minutes.is_first(kind) for kind in ("a", "b", "a")]
    now = 60.0
    logged.append(minutes.is_first("a"))

    assert logged == [True, True, False, True]
    assert minutes._logged_at == {"a": 60.0}


def test_stack_that_beat_writes_into_its_message_is_left_out() -> None:
    logger, stream = logging.Logger("celery.beat"), io.StringIO()
    logger.addHandler(logging.StreamHandler(stream))
    logger.addFilter(OnceAMinute())

    try:
        raise ConnectionRefusedError("refused")
    except ConnectionRefusedError as error:
        logger.error("Message Error: %s\n%s", error, ["File ..."], exc_info=True)

    assert stream.getvalue() == "Message Error: refused\n"


# ---------------------------------------------------------------------------------------------------------- passwords


class _Repeats(socketserver.StreamRequestHandler):
    """Answers with what it was sent, as Redis does when it does not know a command."""

    def handle(self) -> None:
        for line in self.rfile:
            if line.strip() == PASSWORD.encode():
                self.wfile.write(
                    f"-ERR unknown command `HELLO`, with args beginning with: `{PASSWORD}`\r\n".encode() * 9
                )
                return


@pytest.fixture
def repeating() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Repeats) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://:{PASSWORD}@127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def log(settings: Settings) -> Iterator[io.StringIO]:
    """Return what the root logger writes with the configured format, if the settings contain this password."""
    written, stream = settings.LOGGING["formatters"]["line"], io.StringIO()
    configuration: Any = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {**written, "secrets": [PASSWORD]}},
        "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "line", "stream": stream}},
        "root": {"handlers": ["stream"], "level": "INFO"},
    }
    handlers = logging.root.handlers[:]
    logging.config.dictConfig(configuration)
    yield stream
    logging.root.handlers[:] = handlers


def test_password_that_redis_repeats_is_not_logged(settings: Settings, repeating: str, log: io.StringIO) -> None:
    point_to(settings, repeating)

    ask_three_times()
    try:
        asyncio.run(get_channel_layer("push").group_send("feed", {"type": "wake"}))
    except Exception:
        logging.getLogger("config").exception("the layer fails with %s", repeating)

    assert "Redis fails, rate limits are counted by each process for itself: " in log.getvalue()
    assert "[redacted]" in log.getvalue()
    assert "Traceback" in log.getvalue()
    assert PASSWORD not in log.getvalue()


def test_settings_name_the_passwords_to_leave_out() -> None:
    secrets = settings_of(REDIS_URL="redis://me:redis%2Fpassword@redis")["LOGGING"]["formatters"]["line"]["secrets"]

    assert {PRODUCTION["SECRET_KEY"], PRODUCTION["JWT_SIGNING_KEY"], "redis/password", "secret"} <= set(secrets)
