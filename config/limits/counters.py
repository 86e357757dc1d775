"""The cache that rate limits are counted in: Redis for all processes, or the memory of each while Redis is away."""

import logging
from typing import Any

from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.functional import cached_property
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError

from config.logs.outages import Outage
from config.redis.breaker import Breaker

logger = logging.getLogger(__name__)

# Redis runs a script as one step, so a count that nothing would end can't be left behind.
COUNT = """
local count = redis.call("INCRBY", KEYS[1], ARGV[1])
if count == tonumber(ARGV[1]) then
    redis.call("EXPIRE", KEYS[1], ARGV[2])
end
return count
"""

# All threads of a process share these, because Django gives each thread its own cache object.
breaker = Breaker()
outage = Outage(logger, "Redis", meanwhile="rate limits are counted by each process for itself")


class CounterCache(BaseCache):
    """Counts for django-ratelimit, with one round trip to Redis.

    django-ratelimit calls `add` to begin a count and, if that returns False because the count has already begun,
    `incr`. Here `incr` does both, and `add` only remembers how long the count lasts if it is `incr` that begins it.

    No error is raised if Redis is away or silent, and it is waited for at most once in `REDIS_BREAKER_SECONDS`.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._server, self._options = server, params["OPTIONS"]
        self._own = LocMemCache("counters", {"MAX_ENTRIES": 20_000, "CULL_FREQUENCY": 10})
        self._lifetime_seconds = 0

    @cached_property
    def _count_in_redis(self) -> Script:
        """The script, with a connection of its own: no other thread uses this cache, and a pool would cost time.

        Raises:
            RedisError: Redis is away.
        """
        return Redis.from_url(self._server, single_connection_client=True, **self._options).register_script(COUNT)

    def add(self, key: str, value: int, timeout: int, version: int | None = None) -> bool:  # type: ignore[override]  # django-ratelimit always passes a timeout
        self._lifetime_seconds = timeout
        return False

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        if not breaker.is_open():
            try:
                count: int = self._count_in_redis([self.make_key(key, version)], [delta, self._lifetime_seconds])
            except (RedisError, OSError) as error:
                breaker.trip()
                outage.note(error)
            else:
                outage.end()
                return count
        self._own.add(key, 0, self._lifetime_seconds, version)
        return self._own.incr(key, delta, version)
