"""Test `manage.py sweep`, once and as a loop."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import User
from events.services import subscribe
from notifications.delivery import sweeper
from notifications.management.commands.sweep import Command
from notifications.management.loop import MAX_BACKOFF_SECONDS, _backoff
from notifications.models import Notification
from tests.makers import MakeEvent
from tests.waiting import wait_until
from tools.stage.live import Deployment


def run_once() -> str:
    said = StringIO()
    call_command("sweep", stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_sweep_without_anything_due_says_so() -> None:
    assert run_once() == "Swept: nothing was due.\n"


def test_sweep_delivers_what_is_due_without_redis(make_event: MakeEvent, subscriber: User, at: datetime) -> None:
    event = make_event(starts_at=at + timedelta(minutes=30))
    subscribe(event, actor=subscriber, at=at, leads=[60])

    said = run_once()

    assert said == "Swept: deliver_reminders 1.\n"
    assert Notification.objects.owned_by(subscriber).count() == 1


def test_backoff_doubles_up_to_a_cap_with_jitter() -> None:
    ceilings = {failures: [_backoff(failures, every=1) for _ in range(200)] for failures in (1, 2, 3, 4, 50, 5000)}

    for failures, ceiling in ((1, 2), (2, 4), (3, 8), (4, 10), (50, 10), (5000, 10)):
        assert ceiling / 2 <= min(ceilings[failures]) < max(ceilings[failures]) <= ceiling


def test_backoff_is_never_capped_below_the_pause() -> None:
    assert _backoff(1, every=600) > MAX_BACKOFF_SECONDS


@pytest.mark.django_db
def test_loop_goes_on_after_any_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, outcomes = threading.Event(), iter([ValueError("a failure that nobody foresaw")])

    def fail_once(**options: Any) -> dict[str, int]:
        for error in outcomes:
            raise error
        stop.set()
        return {}

    monkeypatch.setattr(sweeper, "sweep", fail_once)
    Command()._work_until(stop, every=0.01)

    assert stop.is_set()


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with Deployment(parts=()) as deployment:
        yield deployment


@pytest.mark.live
def test_loop_survives_a_database_that_fails_and_ends_cleanly_on_sigterm(deployment: Deployment) -> None:
    deployment.valkey.kill()
    with closing(sqlite3.connect(deployment.folder / "events.sqlite3")) as database:
        database.execute("ALTER TABLE notifications_heartbeat RENAME TO away")
    deployment.start("sweeper", "exec python manage.py sweep --loop --every 0.2")
    assert wait_until(lambda: deployment.logs("sweeper").count("the sweep failed") >= 2, 15)

    with closing(sqlite3.connect(deployment.folder / "events.sqlite3")) as database:
        database.execute("ALTER TABLE away RENAME TO notifications_heartbeat")
        assert wait_until(
            lambda: database.execute("SELECT count(*) FROM notifications_heartbeat").fetchone() == (1,), 15
        )

    assert deployment.stop("sweeper") == 0
    assert "Traceback" not in deployment.logs("sweeper")
