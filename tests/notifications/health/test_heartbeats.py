"""Test what the background processes record of themselves."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.services import subscribe
from notifications import tasks
from notifications.delivery import reminding, sweeper
from notifications.health.heartbeats import HeartbeatWriter
from notifications.health.processes import Kind
from notifications.health.record import Record
from notifications.mail.sender import send_mails
from notifications.models import Heartbeat, ProcessHeartbeat
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def row(kind: Kind = Kind.SWEEPER) -> ProcessHeartbeat:
    return ProcessHeartbeat.objects.get(pk=kind)


def test_heartbeat_is_written_every_ten_seconds(
    at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    heartbeat = HeartbeatWriter(Kind.SWEEPER)
    heartbeat.note(at=at)

    with django_assert_num_queries(0):
        heartbeat.note(at=at + 9 * SECOND)
    assert row().worked_at == at
    with django_assert_num_queries(2):
        heartbeat.note(at=at + 10 * SECOND)
    assert row().worked_at == at + 10 * SECOND


def test_failure_is_written_at_once_and_counted_from_the_first(at: datetime) -> None:
    heartbeat = HeartbeatWriter(Kind.SWEEPER)
    heartbeat.note(at=at)

    heartbeat.note(at=at + SECOND, failed=2)
    assert (row().failing_since, row().failed_at, row().failure_count) == (at + SECOND, at + SECOND, 2)
    for seconds in range(2, 12):
        heartbeat.note(at=at + seconds * SECOND, failed=1)

    assert (row().failing_since, row().failed_at, row().failure_count) == (at + SECOND, at + 11 * SECOND, 12)


@pytest.mark.parametrize(("seconds", "is_failing"), [(29, True), (30, False)])
def test_process_works_again_after_half_a_minute_without_a_failure(
    at: datetime, seconds: int, is_failing: bool
) -> None:
    HeartbeatWriter(Kind.SWEEPER).note(at=at, failed=1)

    HeartbeatWriter(Kind.SWEEPER).note(at=at + seconds * SECOND)

    assert (row().failing_since is not None, row().failure_count) == (is_failing, int(is_failing))


def test_heartbeat_is_written_when_the_clock_was_set_back(at: datetime) -> None:
    heartbeat = HeartbeatWriter(Kind.SWEEPER)
    heartbeat.note(at=at)

    heartbeat.note(at=at - timedelta(hours=1))

    assert row().worked_at == at - timedelta(hours=1)


@pytest.mark.parametrize(("seconds", "is_failing"), [(29, True), (30, False)])
def test_failure_in_the_future_is_forgotten(at: datetime, seconds: int, is_failing: bool) -> None:
    """A moment may be ahead because another process was faster, or much more because the clock was set back."""
    HeartbeatWriter(Kind.SWEEPER).note(at=at + seconds * SECOND, failed=1)

    HeartbeatWriter(Kind.SWEEPER).note(at=at)

    assert (row().failing_since is not None) == is_failing


def test_sweep_moves_a_heartbeat_in_the_future_back(at: datetime) -> None:
    sweeper.sweep(clock=lambda: at + timedelta(hours=1))

    sweeper.sweep(clock=lambda: at)

    assert Heartbeat.objects.get().swept_at == at


def test_last_delivery_is_recorded_with_the_next_heartbeat(at: datetime) -> None:
    heartbeat = HeartbeatWriter(Kind.MAILER)
    heartbeat.note(at=at)

    heartbeat.note(at=at + SECOND, delivered=1)
    heartbeat.note(at=at + 10 * SECOND)

    assert (row(Kind.MAILER).worked_at, row(Kind.MAILER).delivered_at) == (at + 10 * SECOND, at + SECOND)


def test_sweep_in_which_every_insert_fails_is_recorded_as_failing(
    make_event: MakeEvent, subscriber: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(make_event(starts_at=at + timedelta(minutes=30)), actor=subscriber, at=at, leads=[60])
    monkeypatch.setattr(reminding, "insert_reminder_notifications", lambda *args, **options: 1 / 0)

    sweeper.sweep(clock=lambda: at, on_turn=Record(Kind.SWEEPER).turn)

    assert (row().failing_since, row().delivered_at) == (at, None)


def test_sweep_records_its_delivery(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    subscribe(make_event(starts_at=at + timedelta(minutes=30)), actor=subscriber, at=at, leads=[60])

    sweeper.sweep(clock=lambda: at, on_turn=Record(Kind.SWEEPER).turn)

    assert (row().failing_since, row().delivered_at) == (None, at)


def test_worker_records_sweeps_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "record", Record(Kind.WORKER))

    tasks.sweep()

    assert list(ProcessHeartbeat.objects.values_list("kind", "failure_count")) == [("worker", 0)]


def test_pass_that_ends_with_an_exception_counts_as_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "record", Record(Kind.WORKER))
    monkeypatch.setattr(sweeper, "sweep", lambda **options: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        tasks.sweep()

    assert row(Kind.WORKER).failure_count == 1


def test_sweep_by_hand_shows_no_process(at: datetime) -> None:
    sweeper.sweep(clock=lambda: at)

    assert ProcessHeartbeat.objects.count() == 0


def test_mailer_that_has_nothing_to_send_records_its_pass(at: datetime) -> None:
    send_mails(clock=lambda: at, on_attempt=Record(Kind.MAILER).turn)

    assert (row(Kind.MAILER).worked_at, row(Kind.MAILER).delivered_at) == (at, None)


def test_refused_email_is_no_failure_of_the_mailer(at: datetime) -> None:
    Record(Kind.MAILER).turn(at, {"failed": 1})

    assert row(Kind.MAILER).failing_since is None


def test_mailer_reports_each_attempt_and_then_the_rest(at: datetime) -> None:
    noted: list[Any] = []

    send_mails(clock=lambda: at, on_attempt=lambda at, done: noted.append(dict(done)))

    assert noted == [{}, {}]
