"""Test idempotency keys: who can use one, and when it becomes free again."""

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.exceptions import IdempotencyKeyReused, RequestInProgress
from accounts.models import IdempotencyKey, User
from accounts.services import Once, answer_once, cleanup, purge_idempotency_keys, take_key
from config.errors import Refusal

DAY = timedelta(days=1)


def once_of(user: User, key: str = "key", content: str = "content") -> Once:
    return Once(user=user, key=key, content=content)


def test_second_call_with_a_key_finds_the_result_of_the_first(organiser: User, at: datetime) -> None:
    once = once_of(organiser)

    def first() -> str:
        take_key(once, result_id=7, at=at)
        return "made 7"

    answers = [answer_once(once, first=first, again=lambda pk: f"found {pk}") for _ in range(2)]

    assert answers == ["made 7", "found 7"]


def test_without_a_key_the_first_is_all_there_is(db: None, at: datetime) -> None:
    take_key(None, result_id=7, at=at)

    assert answer_once(None, first=lambda: "made", again=lambda pk: "found") == "made"
    assert not IdempotencyKey.objects.exists()


def test_refusal_counts_unless_the_same_has_succeeded_meanwhile(organiser: User, at: datetime) -> None:
    once = once_of(organiser)

    def refused() -> str:
        raise Refusal

    def beaten() -> str:
        take_key(once, result_id=7, at=at)  # the other request, while this one waits
        raise Refusal

    with pytest.raises(Refusal):
        answer_once(once, first=refused, again=lambda pk: f"found {pk}")
    assert answer_once(once, first=beaten, again=lambda pk: f"found {pk}") == "found 7"


def test_other_content_is_refused(organiser: User, at: datetime) -> None:
    take_key(once_of(organiser), result_id=7, at=at)

    with pytest.raises(IdempotencyKeyReused):
        answer_once(once_of(organiser, content="other"), first=lambda: "made", again=lambda pk: "found")


def test_what_is_gone_frees_its_key(organiser: User, at: datetime) -> None:
    take_key(once_of(organiser), result_id=7, at=at)

    assert answer_once(once_of(organiser), first=lambda: "made anew", again=lambda pk: None) == "made anew"
    assert not IdempotencyKey.objects.exists()


def test_key_is_taken_once_by_each_user(organiser: User, stranger: User, at: datetime) -> None:
    take_key(once_of(organiser), result_id=7, at=at)
    take_key(once_of(stranger), result_id=8, at=at)

    with pytest.raises(RequestInProgress), transaction.atomic():
        take_key(once_of(organiser), result_id=9, at=at)
    assert set(IdempotencyKey.objects.values_list("user", "result_id")) == {(organiser.pk, 7), (stranger.pk, 8)}


@pytest.mark.django_db(transaction=True)
def test_key_of_what_is_rolled_back_is_free(organiser: User, at: datetime) -> None:
    with transaction.atomic():
        take_key(once_of(organiser), result_id=7, at=at)
        transaction.set_rollback(True)

    assert not IdempotencyKey.objects.exists()


def test_keys_go_with_their_user(organiser: User, at: datetime) -> None:
    take_key(once_of(organiser), result_id=7, at=at)

    organiser.delete()

    assert not IdempotencyKey.objects.exists()


def test_purge_removes_keys_that_are_a_day_old(organiser: User, at: datetime) -> None:
    take_key(once_of(organiser, "old"), result_id=7, at=at)
    take_key(once_of(organiser, "new"), result_id=8, at=at + timedelta(microseconds=1))

    assert purge_idempotency_keys(at=at + DAY) == 1
    assert IdempotencyKey.objects.get().result_id == 8


def test_purge_is_bounded(organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "PURGE_CHUNK", 2)
    for number in range(3):
        take_key(once_of(organiser, str(number)), result_id=number, at=at)

    assert [purge_idempotency_keys(at=at + DAY) for _ in range(3)] == [2, 1, 0]


def test_purge_of_nothing_only_looks(organiser: User, at: datetime) -> None:
    take_key(once_of(organiser), result_id=7, at=at)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        purge_idempotency_keys(at=at)

    assert [each["sql"].split()[0] for each in queries] == ["SELECT"]
