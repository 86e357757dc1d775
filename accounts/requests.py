"""The types of requests in views. What they declare is set by `TimeMiddleware` in `accounts/middleware.py`."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from accounts.models import User


class ReaderRequest(HttpRequest):
    """A request by somebody who may be logged in or not, with its time and the reader's time zone.

    `at()` is the one time at which the request takes place, however often it is asked for. Requests that only read get
    it from the process's clock. Others get it from the database's clock, with one query when they first ask for it.

    `zone()` is None if the reader is not logged in, because their time zone is not known then.
    """

    at: Callable[[], datetime]
    zone: Callable[[], ZoneInfo | None]


class AuthenticatedRequest(ReaderRequest):
    """A request by a user who is logged in."""

    user: User
    zone: Callable[[], ZoneInfo]
