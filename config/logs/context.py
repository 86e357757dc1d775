"""What a log line belongs to: a request, a socket, a task or a pass of a loop, and the user whom it concerns."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings

MAX_ID_LENGTH = 64
_WELL_FORMED = re.compile(r"[0-9a-zA-Z-]{8,64}")

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_user_id: ContextVar[int | None] = ContextVar("user_id", default=None)


def begin(given: str = "") -> str:
    """Begin work with the given id, or with a new one if it is empty, and without a user. Return the id.

    Both last until this thread or asyncio task begins something else. They are not reset when a request has been
    answered, because Django logs refusals, and sends long bodies, outside of all middleware.
    """
    request_id = given or os.urandom(16).hex()
    _request_id.set(request_id)
    _user_id.set(None)
    return request_id


def identify(user_id: int) -> None:
    """Record whose request or socket it is, once that is known."""
    _user_id.set(user_id)


@contextmanager
def on_behalf_of(request_id: str, *, user_id: int | None = None) -> Iterator[None]:
    """Log as part of the request that has caused this work. An empty id keeps the one of the present work."""
    tokens = _request_id.set(request_id or _request_id.get()), _user_id.set(user_id)
    try:
        yield
    finally:
        _request_id.reset(tokens[0])
        _user_id.reset(tokens[1])


def request_id() -> str:
    """Return the id of the present work; empty if none has begun."""
    return _request_id.get()


def user_id() -> int | None:
    return _user_id.get()


def id_from_proxy(header: str) -> str:
    """Return the value of X-Request-ID; empty if it is malformed, or if no proxy is trusted to set it."""
    return header if settings.TRUST_PROXY and _WELL_FORMED.fullmatch(header) else ""
