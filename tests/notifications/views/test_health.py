"""Test the health checks for machines: is the site alive, and is it ready."""

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from notifications.models import Heartbeat, ProcessHeartbeat


def test_healthz_asks_no_database(client: Client) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_readyz_before_the_first_sweep(client: Client, db: None) -> None:
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (
        200,
        {"database": True, "swept_seconds_ago": None, "delivery": "stopped", "mail": "stopped"},
    )


def test_readyz_shows_an_old_sweep_and_stays_ready(client: Client, db: None) -> None:
    Heartbeat.objects.create(swept_at=timezone.now() - timedelta(hours=1))

    response = client.get("/readyz")

    assert response.status_code == 200
    assert 3600 <= response.json()["swept_seconds_ago"] < 3660
    assert response.json()["delivery"] == "stopped"


def test_readyz_says_that_delivery_fails(client: Client, db: None) -> None:
    now = timezone.now()
    Heartbeat.objects.create(swept_at=now)
    ProcessHeartbeat.objects.create(kind="worker", worked_at=now, failing_since=now, failed_at=now, failure_count=1)
    ProcessHeartbeat.objects.create(kind="mailer", worked_at=now)

    response = client.get("/readyz")

    assert response.status_code == 200
    assert (response.json()["delivery"], response.json()["mail"]) == ("failing", "working")


def test_readyz_without_database_is_unavailable(client: Client, db: None) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notifications.views.health.database_now", _database_is_away)
        response = client.get("/readyz")

    assert (response.status_code, response.json()) == (
        503,
        {"database": False, "swept_seconds_ago": None, "delivery": None, "mail": None},
    )


def _database_is_away() -> datetime:
    raise OperationalError(2002, "Can't connect to server")
