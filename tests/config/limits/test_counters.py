"""Test where rate limits are counted: in Redis, or in each process's memory while Redis is unavailable."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from pytest_django import Settings

from config.limits import counters
from tools.stage.private_valkey import PrivateValkey

pytestmark = pytest.mark.usefixtures("rates")


def log_in(client: Client, address: str = "192.0.2.1") -> int:
    given = {"email": "organiser@example.org", "password": "wrong"}
    return client.post("/api/v1/auth/login/", given, "application/json", REMOTE_ADDR=address).status_code


@pytest.fixture
def own_valkey(settings: Settings) -> Iterator[PrivateValkey]:
    with PrivateValkey() as server:
        settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "LOCATION": server.url}}
        yield server


def test_limits_hold_in_each_process_while_redis_is_gone(
    client: Client, rates: dict[str, str], own_valkey: PrivateValkey, db: None
) -> None:
    rates["login_by_address"] = "2/h"
    assert log_in(client, address="198.51.100.1") == 401
    own_valkey.kill()

    answers = [log_in(client, address="198.51.100.1") for _ in range(3)]

    assert answers == [401, 401, 429]


def test_count_that_redis_began_is_begun_anew_when_it_goes_away(own_valkey: PrivateValkey) -> None:
    """Two commands create a counter and increment it, and Redis may stop between them."""
    counts = caches["counters"]
    counts.add("begun", 5, 60)
    own_valkey.kill()

    assert [counts.incr("begun"), counts.incr("begun")] == [1, 2]


def test_silent_redis_is_asked_once_and_then_left_alone(
    client: Client, rates: dict[str, str], own_valkey: PrivateValkey, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client)
    assert own_valkey._process
    asked: list[Any] = []
    by_redis = RedisCache.add

    def add(*args: Any) -> bool:
        asked.append(args)
        return by_redis(*args)

    monkeypatch.setattr(RedisCache, "add", add)
    os.kill(own_valkey._process.pid, signal.SIGSTOP)
    try:
        answers = [log_in(client) for _ in range(5)]
    finally:
        os.kill(own_valkey._process.pid, signal.SIGCONT)

    assert answers == [401] * 5
    assert len(asked) == 1


def test_restarted_redis_counts_on_at_once(client: Client, own_valkey: PrivateValkey, db: None) -> None:
    log_in(client)
    own_valkey.stop()
    own_valkey.start()

    assert log_in(client) == 401
    assert not counters.breaker.is_open()


def test_counts_are_plain_numbers_in_redis(settings: Settings, own_valkey: PrivateValkey) -> None:
    caches["counters"].add("one", 1, 60)

    with redis.Redis.from_url(own_valkey.url) as client:
        assert client.get(":1:one") == b"1"
        client.set(":1:two", b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ValueError, match="invalid literal"):
        caches["counters"].get("two")
