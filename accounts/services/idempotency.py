"""Requests that arrive twice, by a double click or a program's retry: what the first made answers the second.

A key is a row, written in the transaction that makes what was asked for. So only a success takes it, a crash leaves
neither, and of two requests at once the unique constraint lets one succeed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, transaction

from accounts.exceptions import IdempotencyKeyReused, RequestInProgress
from accounts.models import IdempotencyKey, User
from accounts.services.session_purge import delete_some
from config.errors import Refusal

M = TypeVar("M")

# How long a key is kept; the next sweep removes it.
KEPT_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Once:
    """What a repeated request is known by: whose it is, the digest of endpoint and key, and that of its content."""

    user: User
    key: str
    content: str


def answer_once(once: Once | None, *, first: Callable[[], M], again: Callable[[int], M | None]) -> M:
    """Return what `first` makes, or where the key is taken what `again` finds by its id; without a key, just do it.

    `first` calls a service that takes the key. Where `again` returns None, what was made is gone and is made anew.
    A refusal of a repeated request does not count if the first has succeeded meanwhile: it may have used up a limit.

    Raises:
        IdempotencyKeyReused: the key was taken by another content.
        RequestInProgress, and what `first` and `again` raise
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


def take_key(once: Once | None, *, result_id: int, at: datetime) -> None:
    """Write down what a request has made, in the transaction that made it and last.

    Raises:
        RequestInProgress: the same request was faster; the caller's transaction must not be committed.
    """
    if once is None:
        return
    try:
        with transaction.atomic():
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
    """Remove some of the keys that are a day old; returns how many. One query where there are none."""
    return delete_some(IdempotencyKey.objects.taken_until(at - KEPT_FOR))


def _find_made(once: Once, again: Callable[[int], M | None]) -> M | None:
    """Return what the key's request has made; None if there was no such request, or what it made is gone."""
    taken = IdempotencyKey.objects.filter(user=once.user, key_digest=once.key).first()
    if taken is None:
        return None
    if taken.content_digest != once.content:
        raise IdempotencyKeyReused
    made = again(taken.result_id)
    if made is None:
        taken.delete()
    return made
