"""Test how the health of the sweep is reported."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.models import Reminder
from events.services import announce, subscribe
from notifications.delivery import health
from notifications.delivery.health import SweepHealth, sweep_health
from notifications.models import Heartbeat
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db


def test_before_the_first_sweep_it_is_stale(at: datetime) -> None:
    found = sweep_health(at)

    assert found == SweepHealth(swept_at=None, seconds_since_sweep=None, lag_seconds=0.0, due_count=0, missed_count=0)
    assert found.is_stale


@pytest.mark.parametrize(("seconds", "is_stale"), [(60, False), (61, True)])
def test_heartbeat_is_stale_after_a_minute(at: datetime, seconds: int, is_stale: bool) -> None:
    Heartbeat.objects.create(swept_at=at - timedelta(seconds=seconds), missed_count=7)

    found = sweep_health(at)

    assert (found.seconds_since_sweep, found.missed_count) == (seconds, 7)
    assert found.is_stale == is_stale


def test_heartbeat_of_a_clock_ahead_is_not_negative(at: datetime) -> None:
    Heartbeat.objects.create(swept_at=at + timedelta(seconds=3))

    assert sweep_health(at).seconds_since_sweep == 0


def test_lag_is_the_age_of_the_oldest_due_reminder(
    make_event: MakeEvent, subscriber: User, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    subscribe(make_event(), actor=subscriber, at=at, leads=[60, 120, 180])
    oldest = Reminder.objects.earliest("due_at").due_at
    assert oldest

    before = sweep_health(oldest - timedelta(seconds=1))
    with django_assert_num_queries(4):
        after = sweep_health(oldest + timedelta(minutes=60))

    assert (before.due_count, before.lag_seconds) == (0, 0)
    assert (after.due_count, after.lag_seconds) == (2, 3600)


def test_count_of_due_reminders_is_capped(
    make_event: MakeEvent, subscriber: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "MAX_COUNTED", 2)
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60, 120, 180])

    found = sweep_health(event.starts_at)

    assert (found.due_count, found.is_due_count_capped) == (2, True)


# manage.py check_heartbeat


@pytest.fixture
def database_clock(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.management.commands.check_heartbeat.database_now", lambda: at)


@pytest.mark.parametrize(("seconds", "age"), [(0, 0), (60, 60), (-3, 0)])
def test_check_passes_on_a_heartbeat_of_the_last_minute(
    at: datetime, database_clock: None, seconds: int, age: int
) -> None:
    Heartbeat.objects.create(swept_at=at - timedelta(seconds=seconds))
    said = StringIO()

    call_command("check_heartbeat", stdout=said)

    assert said.getvalue() == f"The last sweep ran {age} s ago.\n"


def test_check_fails_on_an_older_heartbeat(at: datetime, database_clock: None) -> None:
    Heartbeat.objects.create(swept_at=at - timedelta(seconds=61))

    with pytest.raises(CommandError, match=r"^The last sweep ran 61 s ago\.$") as failed:
        call_command("check_heartbeat")

    assert failed.value.returncode == 1


def test_check_fails_before_the_first_sweep(database_clock: None) -> None:
    with pytest.raises(CommandError, match=r"^No sweep has run yet\.$"):
        call_command("check_heartbeat")


def test_check_fails_without_a_database() -> None:
    def away(*args: Any) -> Any:
        raise OperationalError(2002, "Can't connect")

    with connection.execute_wrapper(away), pytest.raises(CommandError, match=r"^The database can’t be read\.$"):
        call_command("check_heartbeat")


def test_lag_counts_announcements_too(make_event: MakeEvent, organiser: User, subscriber: User, at: datetime) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[])
    announce(event, actor=organiser, at=at, message="Hello")

    assert sweep_health(at + timedelta(seconds=30)).lag_seconds == 30
