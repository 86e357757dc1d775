"""Define fixtures for the tests of rate limits."""

from collections.abc import Iterator

import pytest
from django.core.cache.backends.locmem import LocMemCache
from pytest_django import Settings
from redis import Redis

from config.limits import counters
from config.redis.breaker import Breaker
from tools.stage.private_valkey import PrivateValkey

MANY = "1000/h"


@pytest.fixture
def rates(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, valkey_server: PrivateValkey
) -> Iterator[dict[str, str]]:
    """Switch the rate limits on with empty counters, and so high that a test must lower one to reach it."""
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, MANY)
    settings.CACHES = {
        **settings.CACHES,
        "counters": {**settings.CACHES["counters"], "LOCATION": valkey_server.url},
    }
    monkeypatch.setattr(counters, "breaker", Breaker())
    LocMemCache("counters", {}).clear()
    with Redis.from_url(valkey_server.url) as client:
        client.flushdb()
    return settings.RATE_LIMITS
