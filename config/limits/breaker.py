"""A breaker in front of Redis: of many callers only one in a while pays for its being away."""

import time

from django.conf import settings


class Breaker:
    """Leaves Redis alone for `REDIS_BREAKER_SECONDS` after a failure."""

    def __init__(self) -> None:
        self._open_until = 0.0

    def is_open(self) -> bool:
        return time.monotonic() < self._open_until

    def trip(self) -> None:
        self._open_until = time.monotonic() + settings.REDIS_BREAKER_SECONDS
