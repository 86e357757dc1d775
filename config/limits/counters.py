"""The cache that rate limits are counted in: Redis for all processes, or the memory of each while Redis is away."""

import logging
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from config.logs.outages import Outage
from config.redis.breaker import Breaker

logger = logging.getLogger(__name__)

# The lifetime of a count that began in Redis and goes on in memory, because Redis has gone away in between. No default
# rate has a longer window.
LOST_SECONDS = 3600

# All threads of a process share these, because Django gives each thread its own cache object.
breaker = Breaker()
outage = Outage(logger, "Redis", meanwhile="rate limits are counted by each process for itself")


class Integers:
    """A serializer of whole numbers. Django's uses pickle, so it would run code that somebody else wrote into Redis."""

    def dumps(self, value: int) -> int:
        return int(value)

    def loads(self, value: bytes) -> int:
        return int(value)


class CounterCache(RedisCache):
    """Raises no error if Redis is away or silent, and waits for it at most once in `REDIS_BREAKER_SECONDS`."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("counters", {"MAX_ENTRIES": 20_000, "CULL_FREQUENCY": 10})

    def add(self, key: str, value: Any, *args: Any, **options: Any) -> bool:
        return self._counted(
            lambda: super(CounterCache, self).add(key, value, *args, **options),
            lambda: self._own.add(key, value, *args, **options),
        )

    def get(self, key: str, *args: Any, **options: Any) -> Any:
        return self._counted(
            lambda: super(CounterCache, self).get(key, *args, **options),
            lambda: self._own.get(key, *args, **options),
        )

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return self._counted(
            lambda: super(CounterCache, self).incr(key, delta, version),
            lambda: self._incr_own(key, delta, version),
        )

    def _incr_own(self, key: str, delta: int, version: int | None) -> int:
        self._own.add(key, 0, LOST_SECONDS, version)
        return self._own.incr(key, delta, version)

    def _counted(self, by_redis: Callable[[], Any], by_itself: Callable[[], Any]) -> Any:
        if not breaker.is_open():
            try:
                counted = by_redis()
            except (RedisError, OSError) as error:
                breaker.trip()
                outage.note(error)
            else:
                outage.end()
                return counted
        return by_itself()
