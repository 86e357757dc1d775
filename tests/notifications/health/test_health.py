"""Test how the health of the sweep is reported."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import AccountMail, User
from events.models import Announcement, Event, Reminder
from events.services import announce, subscribe
from notifications.health import sweeps
from notifications.health.mails import Owed, mail_health
from notifications.health.processes import Kind, State, process_healths
from notifications.health.sweeps import sweep_health
from notifications.models import Heartbeat, ProcessHeartbeat
from tests.makers import MakeEvent

pytestmark = pytest.mark.django_db


def test_before_the_first_sweep_it_is_stale(at: datetime) -> None:
    found = sweep_health(at)

    assert (found.seconds_since_sweep, found.lag_seconds, found.due_count, found.missed_count) == (None, 0.0, 0, 0)
    assert found.is_stale
    assert found.state == State.STOPPED


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
    with django_assert_num_queries(6):  # one more than if nothing is late: which reminders wait for a change
        after = sweep_health(oldest + timedelta(minutes=60))

    assert (before.due_count, before.lag_seconds) == (0, 0)
    assert (after.due_count, after.lag_seconds) == (2, 3600)


def test_count_of_due_reminders_is_capped(
    make_event: MakeEvent, subscriber: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps, "MAX_COUNTED", 2)
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[60, 120, 180])

    found = sweep_health(event.starts_at)

    assert (found.due_count, found.is_due_count_capped) == (2, True)


def test_lag_counts_announcements_too(make_event: MakeEvent, organiser: User, subscriber: User, at: datetime) -> None:
    event = make_event()
    subscribe(event, actor=subscriber, at=at, leads=[])
    announce(event, actor=organiser, at=at, message="Hello")

    assert sweep_health(at + timedelta(seconds=30)).lag_seconds == 30


def working(at: datetime, *, process: Kind = Kind.WORKER, seconds: float = 0, **fields: Any) -> None:
    """Let a kind of process have worked so many seconds before `at`."""
    worked_at = at - timedelta(seconds=seconds)
    ProcessHeartbeat.objects.create(kind=process, worked_at=worked_at, **fields)
    if process != Kind.MAILER:
        Heartbeat.objects.update_or_create(pk=1, defaults={"swept_at": worked_at})


@pytest.fixture
def overdue(make_event: MakeEvent, subscriber: User, at: datetime) -> Callable[[float], Event]:
    """Let a reminder be overdue by so many seconds at `at`; return its event."""

    def overdue(seconds: float) -> Event:
        event = make_event(starts_at=at + timedelta(minutes=60) - timedelta(seconds=seconds))
        subscribe(event, actor=subscriber, at=at - timedelta(minutes=10), leads=[60])
        return event

    return overdue


@pytest.mark.parametrize(("seconds", "state"), [(30, State.WORKING), (31, State.LATE)])
def test_reminder_is_late_after_half_a_minute(
    at: datetime, overdue: Callable[[float], Event], seconds: float, state: State
) -> None:
    working(at)
    overdue(seconds)

    assert sweep_health(at).state == state


@pytest.mark.parametrize(("seconds", "state"), [(300, State.WORKING), (301, State.LATE)])
def test_delivery_that_progresses_may_take_five_minutes(
    at: datetime, overdue: Callable[[float], Event], seconds: float, state: State
) -> None:
    working(at, delivered_at=at - timedelta(seconds=30))
    overdue(seconds)

    assert sweep_health(at).state == state


def test_delivery_that_last_progressed_before_half_a_minute_is_late(
    at: datetime, overdue: Callable[[float], Event]
) -> None:
    working(at, delivered_at=at - timedelta(seconds=31))
    overdue(60)

    assert sweep_health(at).state == State.LATE


def change(event: Event, *, due_at: datetime) -> None:
    """Let a change of the event wait until then."""
    Announcement.objects.create(
        event=event, kind="relocated", created_at=due_at - timedelta(minutes=3), due_at=due_at, last_subscription_id=0
    )


def test_reminder_that_waits_for_a_change_is_not_late(at: datetime, overdue: Callable[[float], Event]) -> None:
    working(at)
    change(overdue(90), due_at=at + timedelta(seconds=5))

    found = sweep_health(at)

    assert (found.due_count, found.lag_seconds, found.state) == (0, 0, State.WORKING)


def test_change_that_is_long_overdue_excuses_no_reminder(at: datetime, overdue: Callable[[float], Event]) -> None:
    working(at)
    change(overdue(180), due_at=at - timedelta(minutes=2))

    assert sweep_health(at).lag_seconds == 180


def test_reminder_that_waits_does_not_hide_one_that_does_not(at: datetime, overdue: Callable[[float], Event]) -> None:
    working(at)
    change(overdue(90), due_at=at + timedelta(seconds=5))
    overdue(60)

    assert sweep_health(at).lag_seconds == 60


def test_batches_that_fail_make_delivery_fail(at: datetime) -> None:
    working(at, failing_since=at - timedelta(seconds=75), failed_at=at, failure_count=60)

    found = sweep_health(at)

    assert (found.state, found.state_of(Kind.WORKER)) == (State.FAILING, State.FAILING)


def test_dead_process_counts_although_another_one_sweeps(at: datetime, settings: Settings) -> None:
    settings.EMBEDDED = False
    working(at, seconds=61)
    working(at, process=Kind.SWEEPER)

    found = sweep_health(at)

    assert found.state == State.WORKING
    assert {each.kind: each.state for each in found.processes} == {
        Kind.WORKER: State.STOPPED,
        Kind.SWEEPER: State.WORKING,
        Kind.MAILER: State.STOPPED,
    }


def test_embedded_deployment_misses_no_sweeper(at: datetime) -> None:
    assert [each.kind for each in sweep_health(at).processes] == [Kind.WORKER, Kind.MAILER]


# manage.py check_heartbeat


@pytest.fixture
def database_clock(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.management.commands.check_heartbeat.database_now", lambda: at)


def check(*arguments: str) -> str:
    """Return what the command prints. Its failure is raised."""
    said = StringIO()
    call_command("check_heartbeat", *arguments, stdout=said)
    return said.getvalue()


def refused(*arguments: str) -> str:
    """Return with which line the command fails."""
    with pytest.raises(CommandError) as failed:
        call_command("check_heartbeat", *arguments)
    assert failed.value.returncode == 1
    return str(failed.value)


def test_check_says_that_the_embedded_deployment_runs_no_sweeper(at: datetime, database_clock: None) -> None:
    working(at)

    assert refused("sweeper") == "Stopped. This deployment runs no sweeper."


@pytest.mark.parametrize(("seconds", "age"), [(0, 0), (60, 60), (-3, 0)])
def test_check_passes_on_a_heartbeat_of_the_last_minute(
    at: datetime, database_clock: None, seconds: int, age: int
) -> None:
    working(at, seconds=seconds)

    assert check() == f"Working. The last sweep ran {age} s ago.\n"
    assert check("worker") == f"Working. Worker and beat: Last run {age} s ago.\n"


def test_check_fails_on_an_older_heartbeat(at: datetime, database_clock: None) -> None:
    working(at, seconds=61)

    assert refused() == "Stopped. The last sweep ran 61 s ago."
    assert refused("beat") == "Stopped. Worker and beat: Last run 61 s ago."


def test_check_fails_before_the_first_sweep(database_clock: None) -> None:
    assert refused() == "Stopped. No sweep has run yet."
    assert refused("mailer") == "Stopped. Mailer: No run yet."


def test_check_fails_while_batches_fail(at: datetime, database_clock: None) -> None:
    working(at, failing_since=at - timedelta(seconds=75), failed_at=at, failure_count=60)

    said = "Failing. Worker and beat: Last run 0 s ago. 60 failures in the last 75 s."
    assert [refused(), refused("worker")] == [said, said]


def test_check_fails_while_reminders_are_late(
    at: datetime, database_clock: None, overdue: Callable[[float], Event]
) -> None:
    working(at)
    overdue(75)

    said = "Late. Overdue reminders: 1. Longest delay: 75 s."
    assert [refused(), refused("worker")] == [said, said]


def test_check_of_the_mailer_passes_while_emails_are_late(at: datetime, database_clock: None) -> None:
    """Restarting the mailer would not help against a mail server that is away."""
    working(at, process=Kind.MAILER)
    AccountMail.objects.create(kind="verify", address="a@example.org", created_at=at - timedelta(hours=1), due_at=at)

    assert check("mailer") == "Working. Mailer: Last run 0 s ago.\n"


@pytest.mark.parametrize("seconds", [60 + 2 * 60, 60 + 2 * 60 + 1])
def test_mailer_may_wait_for_the_mail_server(at: datetime, seconds: float) -> None:
    working(at, process=Kind.MAILER, seconds=seconds)

    assert sweep_health(at).state_of(Kind.MAILER) == (State.WORKING if seconds <= 180 else State.STOPPED)


def test_check_fails_without_a_database() -> None:
    def away(*args: Any) -> Any:
        raise OperationalError(2002, "Can't connect")

    with connection.execute_wrapper(away):
        assert refused() == "The database can’t be read."


# emails


@pytest.mark.parametrize(("minutes", "state"), [(10, State.WORKING), (11, State.LATE)])
def test_emails_are_late_after_ten_minutes(at: datetime, minutes: int, state: State) -> None:
    working(at, process=Kind.MAILER)
    created_at = at - timedelta(minutes=minutes)
    AccountMail.objects.create(
        kind="verify", address="a@example.org", created_at=created_at, due_at=at + timedelta(hours=1), last_error="away"
    )

    found = mail_health(at, process_healths(at))

    assert found.owed == {"account": Owed(1, 1, minutes * 60.0), "notification": Owed(0, 0, 0.0)}
    assert found.state == state


def test_email_to_an_address_that_does_not_exist_makes_nothing_late(at: datetime) -> None:
    AccountMail.objects.create(
        kind="verify",
        address="a@example.org",
        created_at=at - timedelta(hours=1),
        due_at=at,
        refusals=1,
        last_error="5",
    )

    assert mail_health(at, process_healths(at)).owed["account"] == Owed(1, 1, 0.0)


def test_email_that_was_sent_or_given_up_is_not_owed(at: datetime) -> None:
    AccountMail.objects.create(kind="verify", address="a@example.org", created_at=at - timedelta(hours=1))

    assert mail_health(at, process_healths(at)).owed["account"] == Owed(0, 0, 0.0)
