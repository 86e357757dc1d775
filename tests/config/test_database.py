"""Test what SQLite and MariaDB do differently, on the database that the suite uses."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.db.models import Value
from django.utils import timezone

from accounts.models import User
from config.database import (
    AUTO_INCREMENT_FAILED,
    DEADLOCK,
    MAX_INTEGER,
    EpochSeconds,
    database_now,
    insert_from_select,
    read_id,
    transactional,
)
from events.models import Event, Subscription
from events.services import subscribe
from tests.makers import MakeEvent


@pytest.mark.django_db
def test_database_clock_is_utc_and_now() -> None:
    assert abs(database_now() - timezone.now()) < timedelta(minutes=1)
    assert database_now().tzinfo is UTC


@pytest.mark.django_db
@pytest.mark.parametrize("moment", [datetime(2090, 7, 1, 12, 0, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)])
def test_epoch_seconds_are_what_python_counts(make_event: MakeEvent, moment: datetime) -> None:
    make_event(starts_at=moment)

    assert Event.objects.values_list(EpochSeconds("starts_at"), flat=True).get() == int(moment.timestamp())


@pytest.mark.django_db
def test_among_selects_the_same_rows_as_in(make_event: MakeEvent) -> None:
    ids = [make_event().pk for _ in range(3)]

    assert set(Event.objects.filter(pk__among=ids[:2]).values_list("pk", flat=True)) == set(ids[:2])
    assert not Event.objects.filter(pk__among=[]).exists()
    assert Event.objects.filter(pk__among=[]).update(revision=9) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("ids", [["1"], ["1) OR (1=1"], [1.5], [None]])
def test_among_accepts_only_integers(ids: list[object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        Event.objects.filter(pk__among=ids)


@pytest.mark.django_db
def test_insert_from_select_leaves_out_what_is_there(
    make_event: MakeEvent, organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    event = make_event()
    kept = subscribe(event, actor=subscriber, at=at)
    people = User.objects.exclude(pk=organiser.pk).values_list("pk", Value(event.pk), Value(at))

    insert_from_select(Subscription, people, ["user", "event", "created_at"])

    rows = Subscription.objects.order_by("user_id").values_list("user_id", "event_id")
    assert list(rows) == [(subscriber.pk, event.pk), (stranger.pk, event.pk)]
    assert Subscription.objects.get(user=subscriber).pk == kept.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [DEADLOCK, AUTO_INCREMENT_FAILED])
@pytest.mark.parametrize(("failures", "attempts"), [(0, 1), (3, 4), (4, 4)])
def test_service_is_tried_four_times_after_deadlocks(failures: int, attempts: int, code: int) -> None:
    """tests/notifications/delivery/test_concurrency provokes a real deadlock; this counts the attempts."""
    tried = 0

    @transactional
    def service() -> str:
        nonlocal tried
        tried += 1
        if tried <= failures:
            raise OperationalError(code, "Deadlock found")
        return "done"

    if failures < 4:
        assert service() == "done"
    else:
        with pytest.raises(OperationalError):
            service()
    assert tried == attempts


@pytest.mark.django_db(transaction=True)
def test_service_is_tried_once_after_another_error() -> None:
    tried = 0

    @transactional
    def service() -> None:
        nonlocal tried
        tried += 1
        raise OperationalError(2006, "Server has gone away")

    with pytest.raises(OperationalError):
        service()
    assert tried == 1


@pytest.mark.parametrize("text", ["1", "007", str(MAX_INTEGER)])
def test_id_is_a_number_that_a_column_can_hold(text: str) -> None:
    assert read_id(text) == int(text)


@pytest.mark.django_db
def test_largest_id_can_be_looked_up() -> None:
    assert not User.objects.filter(pk=MAX_INTEGER).exists()
    assert not Subscription.objects.filter(user_id__in=[MAX_INTEGER]).exists()


@pytest.mark.parametrize(
    "text", ["", "x", "0", "-1", "+1", "1.0", " 1", "1_0", "٣", "²", "None", str(MAX_INTEGER + 1), "9" * 5_000]
)
def test_what_is_the_id_of_no_row_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the id of a row"):
        read_id(text)


def test_zero_is_read_as_an_id_if_the_caller_allows_it() -> None:
    assert read_id("0", least=0) == 0
