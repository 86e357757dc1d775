"""Test the time and the time zone of requests, and from which clock the time is read."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.middleware import TimeMiddleware
from accounts.models import AccountMail, User
from accounts.requests import ReaderRequest
from accounts.services.browser_sessions import ROW_KEY
from events.models import Event, Subscription
from tests.conftest import PASSWORD

# How the statements of `database_now` begin on the two databases.
CLOCK = ("SELECT strftime(", "SELECT UTC_TIMESTAMP(")


def with_times(method: str, user: User | AnonymousUser) -> ReaderRequest:
    """Return a request of this method by the user, as a view gets it."""
    request = cast(ReaderRequest, RequestFactory().generic(method, "/"))
    request.user = user
    TimeMiddleware(lambda _: HttpResponse())(request)
    return request


def clock_readings(queries: CaptureQueriesContext) -> int:
    return sum(query["sql"].startswith(CLOCK) for query in queries.captured_queries)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_request_that_reads_has_one_time_and_issues_no_query(
    organiser: User, django_assert_num_queries: DjangoAssertNumQueries, method: str
) -> None:
    request = with_times(method, organiser)

    with django_assert_num_queries(0):
        at = request.at()
        assert request.at() == at

    assert abs(at - timezone.now()) < timedelta(minutes=1)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_request_that_writes_asks_the_database_once_and_only_if_needed(
    organiser: User, django_assert_num_queries: DjangoAssertNumQueries, method: str
) -> None:
    with django_assert_num_queries(0):
        request = with_times(method, organiser)

    with django_assert_num_queries(1):
        assert request.at() == request.at()


def test_request_has_the_zone_of_its_reader_if_they_are_logged_in(make_user: Callable[..., User]) -> None:
    reader = make_user("reader", time_zone="America/New_York")

    assert with_times("GET", reader).zone() == ZoneInfo("America/New_York")
    assert with_times("GET", AnonymousUser()).zone() is None


def test_subscribing_reads_the_databases_clock_once(
    client: Client, stranger: User, make_event: Callable[..., Event]
) -> None:
    event = make_event()
    client.post(reverse("accounts:login"), {"username": stranger.email, "password": PASSWORD})
    # Without this key the request also records that the session is in use.
    cache.delete(f"browser-session-seen-{client.session[ROW_KEY]}")

    with CaptureQueriesContext(connection) as queries:
        client.post(reverse("events:subscribe", args=[event.pk]), {"leads": ["60"]})

    assert Subscription.objects.filter(user=stranger).exists()
    assert clock_readings(queries) == 1


def test_event_page_reads_the_databases_clock_only_to_record_its_session(
    client: Client, stranger: User, make_event: Callable[..., Event]
) -> None:
    event = make_event()
    client.post(reverse("accounts:login"), {"username": stranger.email, "password": PASSWORD})
    cache.delete(f"browser-session-seen-{client.session[ROW_KEY]}")

    readings = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(event.get_absolute_url()).status_code == 200
        readings.append(clock_readings(queries))

    assert readings == [1, 0]


@pytest.mark.parametrize("action", ["suspend_users", "delete_selected"])
def test_admin_action_reads_the_databases_clock_once_for_all_its_users(
    admin_client: Client, stranger: User, organiser: User, action: str
) -> None:
    chosen = {
        "action": action,
        "index": "0",
        "post": "yes",
        "confirmed": "yes",
        "fate": "cancel",
        "_selected_action": [stranger.pk, organiser.pk],
    }

    with CaptureQueriesContext(connection) as queries:
        admin_client.post("/admin/accounts/user/", chosen)

    assert not User.objects.active().filter(pk__in=[stranger.pk, organiser.pk]).exists()
    assert clock_readings(queries) == 1


def test_creating_a_user_in_the_admin_reads_the_databases_clock_once(admin_client: Client) -> None:
    given = {"username": "ada", "email": "ada@example.org", "password1": PASSWORD, "password2": PASSWORD}

    with CaptureQueriesContext(connection) as queries:
        admin_client.post("/admin/accounts/user/add/", given | {"usable_password": "true"})

    assert User.objects.filter(username="ada").exists()
    assert clock_readings(queries) == 1


def test_signing_up_by_the_api_happens_at_the_time_of_the_request(client: Client, db: None) -> None:
    given = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}

    with CaptureQueriesContext(connection) as queries:
        response = client.post("/api/v1/auth/signup/", given, "application/json")

    assert response.status_code == 201
    assert AccountMail.objects.get().created_at == response.wsgi_request.at()  # type: ignore[attr-defined]  # by TimeMiddleware
    assert clock_readings(queries) == 1
