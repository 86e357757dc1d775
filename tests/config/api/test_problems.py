"""Test that every error below /api/ is a problem, and what caches may store."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings
from rest_framework.exceptions import Throttled
from rest_framework.response import Response

from accounts.models import User
from events.api.views import EventViewSet
from events.models import Event
from tests.makers import Api, MakeEvent
from tests.problems import assert_problem

EVENTS = "/api/v1/events/"


@pytest.mark.parametrize("is_debug", [True, False])
@pytest.mark.parametrize("path", ["/api/", "/api/nothing", "/api/v1/nothing/", "/api/v1/events/x/", "/api/v2/events/"])
def test_unknown_url_is_a_problem(client: Client, settings: Settings, path: str, is_debug: bool) -> None:
    settings.DEBUG = is_debug

    response = client.get(path, headers={"accept": "text/html"})

    assert_problem(response, 404, "not_found")


@pytest.mark.parametrize("is_debug", [True, False])
def test_write_without_the_trailing_slash_is_a_problem_instead_of_a_redirect(
    client: Client, settings: Settings, is_debug: bool
) -> None:
    settings.DEBUG = is_debug

    response = client.post("/api/v1/events", {}, content_type="application/json")

    assert_problem(response, 404, "not_found")


def test_read_without_the_trailing_slash_is_redirected(client: Client) -> None:
    response = client.get("/api/v1/events")

    assert (response.status_code, response["Location"]) == (301, EVENTS)


@pytest.mark.parametrize("is_debug", [True, False])
def test_failure_is_a_problem_without_details(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, is_debug: bool
) -> None:
    def fail(*args: Any, **options: Any) -> Response:
        raise RuntimeError("secret")

    settings.DEBUG = is_debug
    client.raise_request_exception = False
    monkeypatch.setattr(EventViewSet, "list", fail)

    response = client.get(EVENTS, headers={"accept": "text/html"})

    assert_problem(response, 500, "internal_server_error")
    assert b"secret" not in response.content


@pytest.mark.django_db
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
@pytest.mark.parametrize("is_debug", [True, False])
def test_database_that_is_away_is_a_problem(client: Client, settings: Settings, accept: str, is_debug: bool) -> None:
    def away(*args: Any) -> Any:
        raise OperationalError(2002, "Can't connect")

    settings.DEBUG = is_debug
    with connection.execute_wrapper(away):
        response = client.get(EVENTS, headers={"accept": accept})

    assert_problem(response, 503, "service_unavailable")
    assert response["Retry-After"] == "5"


def test_too_many_requests_are_a_problem_that_says_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throttle(*args: Any, **options: Any) -> Response:
        raise Throttled(wait=29.5)

    monkeypatch.setattr(EventViewSet, "list", throttle)

    response = client.get(EVENTS)

    assert_problem(response, 429, "throttled")
    assert response["Retry-After"] == "30"


def test_foreign_host_is_a_problem(client: Client) -> None:
    response = client.get(EVENTS, headers={"host": "evil.example"})

    assert_problem(response, 400, "bad_request")


def test_method_that_is_not_allowed_is_a_problem(api: Api, organiser: User) -> None:
    response = api(organiser).delete(EVENTS)

    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_page_refuses_other_methods_with_a_problem(client: Client) -> None:
    response = client.post("/api/docs/feed/")

    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_media_type_that_nobody_speaks_is_a_problem(client: Client) -> None:
    response = client.get(EVENTS, headers={"accept": "application/xml"})

    assert_problem(response, 406, "not_acceptable")


def test_anonymous_write_is_a_problem_that_asks_for_a_token(api: Api) -> None:
    response = api().post(EVENTS, {})

    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_session_write_without_csrf_token_is_a_problem(organiser: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(organiser)

    response = client.post(EVENTS, {}, content_type="application/json")

    assert_problem(response, 403, "permission_denied")


def test_refusal_names_the_field_at_fault(api: Api, organiser: User) -> None:
    response = api(organiser).post(EVENTS, {"headline": "x", "starts_at": "2000-01-01T00:00:00Z"})

    assert response.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "The start must be in the future.",
        "code": "start_in_past",
        "fields": {"starts_at": ["The start must be in the future."]},
    }


def test_wrong_input_names_every_field_at_fault(api: Api, organiser: User) -> None:
    response = api(organiser).post(EVENTS, {"headline": 1, "all_day": "yes"})

    assert response.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "Not valid: headline, starts_at, all_day.",
        "code": "invalid",
        "fields": {
            "headline": ["Not a valid string."],
            "starts_at": ["This field is required."],
            "all_day": ["Must be a valid boolean."],
        },
    }


def test_public_answer_may_be_kept_but_must_be_asked_for_again(api: Api) -> None:
    response = api().get(EVENTS)

    assert response["Cache-Control"] == "no-cache"
    assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))


def test_answer_to_somebody_is_not_stored(api: Api, client: Client, organiser: User, make_event: MakeEvent) -> None:
    event = make_event(state=Event.State.PRIVATE)
    client.force_login(organiser)

    answers = [
        api(organiser).get(EVENTS),
        client.get(EVENTS),
        api().get(f"{EVENTS}{event.pk}/?invite={event.invite_token}"),
        api().post("/api/v1/auth/login/", {"email": "x", "password": "x"}),
    ]

    assert [answer["Cache-Control"] for answer in answers] == ["no-store"] * 4
