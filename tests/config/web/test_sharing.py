"""Test which answers nginx may share, and that pages for everybody set no cookie, which would prevent that."""

import re
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from config.web.sharing import HEADER
from events.models import Event
from events.services import cancel_event
from tests.attacks.routes import all_routes
from tests.makers import MakeEvent, MakeUser

pytestmark = pytest.mark.django_db

# What the key of nginx contains, and what the requests lack that it answers itself.
KNOWN_TO_NGINX = {"accept", "accept-encoding", "accept-language", "authorization", "cookie", "origin"}
# Forms for readers who are not logged in. Their CSRF token is a cookie, and nobody else may get it.
WITH_FORM = {
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password-reset/",
    "/accounts/verify/1/",
    "/accounts/email/undo/1/",
    "/admin/login/",
}


@pytest.fixture(autouse=True)
def _behind_nginx(settings: Settings) -> None:
    settings.TRUST_PROXY = True


@pytest.fixture
def event(make_event: MakeEvent) -> Event:
    return make_event()


@pytest.fixture
def shared_paths(event: Event) -> set[str]:
    """The pages and the reads of the API that are the same for everybody."""
    return {
        "/",
        "/events/month/2030/5/",
        f"/events/{event.pk}/",
        f"/people/{event.author.username}/",
        "/events.ics",
        f"/people/{event.author.username}/events.ics",
        "/api/v1/",
        "/api/v1/events/",
        f"/api/v1/events/{event.pk}/",
        "/api/schema/",
        "/api/docs/",
        "/api/docs/feed/",
    }


def paths(event: Event) -> set[str]:
    """Return a URL of each route, and some of objects that do not exist and of no route."""
    names = {"pk": event.pk, "year": 2030, "month": 5, "username": event.author.username}
    patterns = [re.sub(r"\(\?P<(\w+)>[^)]*\)", "<\\1>", route.pattern) for route in all_routes()]
    filled = [
        re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(names.get(found[1], 1)), pattern).strip("^$").replace("/^", "/")
        for pattern in patterns
    ]
    return {f"/{each}" for each in filled} | {"/events/987/", "/people/nobody/", "/?past=x&when=never", "/nothing/"}


def visit(path: str) -> Any:
    return Client(raise_request_exception=False).get(path)


def test_exactly_the_answers_that_are_for_everybody_are_shared(event: Event, shared_paths: set[str]) -> None:
    answers = {path: visit(path) for path in paths(event)}

    assert len(answers) > 100
    assert {path for path, response in answers.items() if response.has_header(HEADER)} == shared_paths
    assert {answers[path][HEADER] for path in shared_paths} == {"1"}


def test_answer_that_is_shared_depends_only_on_what_nginx_knows(shared_paths: set[str]) -> None:
    for path in shared_paths:
        response = visit(path)

        assert {name.strip().lower() for name in response["Vary"].split(",")} <= KNOWN_TO_NGINX, path
        assert "Cookie" in response["Vary"], path


def test_only_pages_with_a_form_set_a_cookie(event: Event) -> None:
    with_cookie = {path for path in paths(event) if visit(path).cookies}

    assert with_cookie == WITH_FORM


@pytest.mark.parametrize("query", ["?past=1", "?q=jazz", "?from=2030-01-01", "?when=week", "?utm_source=x"])
def test_lists_are_shared_whatever_they_are_asked_for(event: Event, query: str) -> None:
    assert visit(f"/{query}").has_header(HEADER)


def test_page_of_a_cancelled_event_is_shared(event: Event, at: datetime) -> None:
    cancel_event(event, actor=event.author, at=at, reason="Nobody is well.")

    response = visit(f"/events/{event.pk}/")

    assert "Nobody is well." in response.content.decode()
    assert response.has_header(HEADER)


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "sessionid=x"},
        {"cookie": "language=de"},
        {"cookie": "a"},
        {"authorization": "Bearer x"},
        {"authorization": ""},
        {"origin": "https://other.example"},
    ],
    ids=str,
)
def test_answer_to_a_request_with_anything_personal_is_not_shared(
    shared_paths: set[str], headers: dict[str, str]
) -> None:
    shared = [path for path in shared_paths if Client().get(path, headers=headers).has_header(HEADER)]

    assert shared == []


def test_answer_to_an_invite_is_not_shared(shared_paths: set[str], make_event: MakeEvent) -> None:
    private = make_event(state=Event.State.PRIVATE)

    for path in shared_paths | {f"/events/{private.pk}/", f"/api/v1/events/{private.pk}/"}:
        response = visit(f"{path}?%69nvite={private.invite_token}")

        assert response.status_code == 200
        assert not response.has_header(HEADER), path


def test_page_of_somebody_who_is_logged_in_is_not_shared(shared_paths: set[str], make_user: MakeUser) -> None:
    client = Client()
    client.force_login(make_user("reader"))

    assert [path for path in shared_paths if client.get(path).has_header(HEADER)] == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_answer_to_another_method_is_not_shared(shared_paths: set[str], method: str) -> None:
    assert [path for path in shared_paths if Client().generic(method, path).has_header(HEADER)] == []


def test_browsable_api_is_not_shared(event: Event) -> None:
    response = Client().get("/api/v1/events/", headers={"Accept": "text/html"})

    assert response["Content-Type"].startswith("text/html")
    assert not response.has_header(HEADER)


def test_nothing_is_marked_where_no_proxy_would_remove_the_mark(shared_paths: set[str], settings: Settings) -> None:
    settings.TRUST_PROXY = False

    assert [path for path in shared_paths if visit(path).has_header(HEADER)] == []
