"""A circuit breaker for Redis: while Redis is away, only one caller in a while has to wait for it in vain."""

import time

from django.conf import settings


class Breaker:
    """Reports that Redis should not be used for `REDIS_BREAKER_SECONDS` after a failure."""

    def __init__(self) -> None:
        self._open_until = 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self._open_until

    def trip(self) -> None:
        self._open_until = time.monotonic() + settings.REDIS_BREAKER_SECONDS
