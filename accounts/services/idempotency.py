"""Answer requests that arrive twice, by a double click or a program's retry, with the result of the first.

A key is a row that is written in the transaction that creates the result. So only a success takes the key, a crash
leaves neither of them, and the unique constraint lets one of two simultaneous requests succeed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError
from django.db.models import BooleanField, Exists, OuterRef, Value
from django.db.models.expressions import Combinable

from accounts.exceptions import IdempotencyKeyReused, RequestInProgress
from accounts.models import IdempotencyKey, User
from accounts.services.cleanup import delete_some
from config.errors import Refusal

M = TypeVar("M")

# How long a key is kept. The next sweep after that removes it.
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Once:
    """The identity of a request: its user, the digest of endpoint and key, and the digest of its content."""

    user: User
    key: str
    content: str


def answer_once(once: Once | None, *, first: Callable[[], M], again: Callable[[int], M | None]) -> M:
    """Return the result of `first`, or, if the key is taken, what `again` finds by the id of the earlier result.

    `first` calls a service that takes the key. Without a key it always runs. If `again` returns None, the earlier
    result no longer exists and `first` creates another. If `first` is refused but the same request has succeeded in the
    meantime, that result is returned, because the success may have used up the limit that the refusal is about.

    Raises:
        IdempotencyKeyReused: the key was used with other content.
        RequestInProgress, and whatever `first` and `again` raise
    """
    if once is None:
        return first()
    made = _find_made(once, again)
    if made is None:
        try:
            return first()
        except Refusal:
            made = _find_made(once, again)
            if made is None:
                raise
    return made


def attempt_once(once: Once | None, *, first: Callable[[], M], again: Callable[[int], M | None]) -> M:
    """Return the same as `answer_once`, with one query less unless the key is taken.

    `first` calls a service that refuses a taken key before anything else, by `is_taken`. So the key need not be looked
    up before. It must not count the request towards a limit.

    Raises:
        IdempotencyKeyReused: the key was used with other content.
        RequestInProgress, and whatever `first` and `again` raise
    """
    try:
        return first()
    except RequestInProgress:
        made = _find_made(once, again) if once else None
        return first() if made is None else made


def is_taken(once: Once | None) -> Combinable:
    """Return the expression, for a query of users, that the key of a request is taken; false without a key."""
    if once is None:
        return Value(False, BooleanField())
    return Exists(IdempotencyKey.objects.filter(user=OuterRef("pk"), key_digest=once.key))


def take_key(once: Once | None, *, result_id: int, at: datetime) -> None:
    """Record the result of a request, as the last step of the transaction that creates it.

    Raises:
        RequestInProgress: the same request was faster. The caller must roll its transaction back.
    """
    if once is None:
        return
    try:
        IdempotencyKey.objects.create(
            user=once.user,
            key_digest=once.key,
            content_digest=once.content,
            result_id=result_id,
            created_at=at,
        )
    except IntegrityError as error:
        raise RequestInProgress from error


def purge_idempotency_keys(*, at: datetime) -> int:
    """Remove some of the keys that are a day old, and return how many. Issues one query if there are none."""
    return delete_some(IdempotencyKey.objects.taken_until(at - KEPT_FOR))


def _find_made(once: Once, again: Callable[[int], M | None]) -> M | None:
    """Return the result of the key's request; None if there was no such request or its result no longer exists."""
    taken = IdempotencyKey.objects.filter(user=once.user, key_digest=once.key).first()
    if taken is None:
        return None
    if taken.content_digest != once.content:
        raise IdempotencyKeyReused
    made = again(taken.result_id)
    if made is None:
        taken.delete()
    return made
