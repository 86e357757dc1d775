"""Test where rate limits are counted: in Redis, or in each process's memory while Redis is unavailable."""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from config.limits import counters
from tools.stage.private_valkey import PrivateValkey

EVENTS = "/api/v1/events/"

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


def count(name: str, *, lifetime_seconds: int = 60) -> int:
    """Count once, as django-ratelimit does with the two methods that it calls."""
    counts = caches["counters"]
    return 1 if counts.add(name, 1, lifetime_seconds) else counts.incr(name)


def test_count_that_redis_began_is_begun_anew_when_it_goes_away(own_valkey: PrivateValkey) -> None:
    before = [count("begun"), count("begun")]
    own_valkey.kill()

    assert before == [1, 2]
    assert [count("begun"), count("begun")] == [1, 2]


@pytest.mark.parametrize("is_redis_away", [False, True])
def test_counts_are_the_same_in_redis_and_in_memory(own_valkey: PrivateValkey, is_redis_away: bool) -> None:
    if is_redis_away:
        own_valkey.kill()

    counts = [count(name, lifetime_seconds=3) for name in ("one", "two", "one", "one")]
    time.sleep(3.1)

    assert counts == [1, 1, 2, 3]
    assert [count("one"), count("one"), count("two")] == [1, 2, 1]


@pytest.mark.parametrize("is_redis_away", [False, True])
def test_fifty_counts_at_once_are_fifty(own_valkey: PrivateValkey, is_redis_away: bool) -> None:
    if is_redis_away:
        own_valkey.kill()
        count("another")  # the breaker is open from here on

    with ThreadPoolExecutor(50) as threads:
        counts = sorted(threads.map(lambda _: count("one"), range(50)))

    assert counts == list(range(1, 51))


def test_count_ends_with_the_lifetime_that_began_it(own_valkey: PrivateValkey) -> None:
    with redis.Redis.from_url(own_valkey.url) as client:
        count("one", lifetime_seconds=60)
        client.expire(":1:one", 30)
        count("one", lifetime_seconds=60)

        assert 0 < client.ttl(":1:one") <= 30


def test_request_is_counted_with_one_command(
    client: Client, rates: dict[str, str], own_valkey: PrivateValkey, db: None
) -> None:
    client.get("/healthz")
    with redis.Redis.from_url(own_valkey.url) as admin:
        client.get(EVENTS)  # the first request also teaches Redis the script
        before = admin.info("commandstats")
        client.get(EVENTS)
        after = admin.info("commandstats")

    sent = {name: each["calls"] - before.get(name, {"calls": 0})["calls"] for name, each in after.items()}
    # Redis also lists the commands of the script itself.
    assert {name: calls for name, calls in sent.items() if calls} == {
        "cmdstat_evalsha": 1,
        "cmdstat_incrby": 1,
        "cmdstat_info": 1,
    }


def test_redis_that_has_forgotten_the_script_learns_it_again(own_valkey: PrivateValkey) -> None:
    first = count("one")
    with redis.Redis.from_url(own_valkey.url) as client:
        client.script_flush()

    assert [first, count("one")] == [1, 2]


def test_silent_redis_is_asked_once_and_then_left_alone(
    client: Client, rates: dict[str, str], own_valkey: PrivateValkey, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(client)
    assert own_valkey._process
    asked: list[Any] = []
    by_redis = redis.Redis.evalsha

    def evalsha(*args: Any) -> Any:
        asked.append(args)
        return by_redis(*args)

    monkeypatch.setattr(redis.Redis, "evalsha", evalsha)
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


def test_counts_are_plain_numbers_in_redis(own_valkey: PrivateValkey) -> None:
    """A pickle, in which Django stores values, could run code that somebody else wrote into Redis."""
    with redis.Redis.from_url(own_valkey.url) as client:
        count("one")
        assert client.get(":1:one") == b"1"

        client.set(":1:two", b"cos\nsystem\n(S'true'\ntR.")
        assert count("two") == 1
        assert client.get(":1:two") == b"cos\nsystem\n(S'true'\ntR."
