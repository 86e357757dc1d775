"""Test how many statements the writes of programs take, with everything that belongs to them."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from events.exceptions import QuotaExceeded
from events.services import create_event
from tests.makers import Api, MakeEvent

# Of one request: those of its authentication, of its idempotency key and of its transaction, but not BEGIN and COMMIT,
# which Django does not record here.
CREATE_STATEMENTS, SUBSCRIBE_STATEMENTS = 6, 8
IN_TWO_DAYS = timezone.now() + timedelta(days=2)
NEW = {"headline": "Concert", "starts_at": IN_TWO_DAYS.isoformat(), "state": "public"}


def statements_of(client: APIClient, path: str, body: dict[str, Any], **headers: str) -> list[str]:
    """Return the statements of a request that creates something."""
    with CaptureQueriesContext(connection) as queries:
        response = client.post(path, body, headers=headers)
    assert response.status_code == 201, response.content
    return [each["sql"] for each in queries]


@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "key"}])
def test_create_takes_six_statements_with_its_key(api: Api, organiser: User, headers: dict[str, str]) -> None:
    statements = statements_of(api(organiser), "/api/v1/events/", NEW, **headers)

    assert len(statements) <= CREATE_STATEMENTS
    assert not [each for each in statements if "SAVEPOINT" in each]


@pytest.mark.parametrize("state", ["public", "private"])
def test_subscribe_takes_eight_statements(api: Api, make_event: MakeEvent, subscriber: User, state: str) -> None:
    event = make_event(state=state)
    body = {"leads": [60, 1440], "invite": event.invite_token}

    statements = statements_of(api(subscriber), f"/api/v1/events/{event.pk}/subscribe/", body)

    assert len(statements) <= SUBSCRIBE_STATEMENTS
    assert not [each for each in statements if "SAVEPOINT" in each]


@pytest.mark.django_db(transaction=True)
def test_quota_is_counted_after_waiting_for_the_lock(organiser: User, at: datetime, settings: Settings) -> None:
    settings.MAX_EVENTS_PER_USER = 1

    def post() -> None:
        try:
            create_event(actor=organiser, at=at, headline="Concert", starts_at=at + timedelta(days=2))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            create_event(actor=organiser, at=at, headline="Concert", starts_at=at + timedelta(days=2))
            second = pool.submit(post)
            time.sleep(0.5)  # so that it waits; if it came later, it would be refused as well

        with pytest.raises(QuotaExceeded):
            second.result()
