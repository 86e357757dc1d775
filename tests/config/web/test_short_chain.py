"""Test that requests which pass less middleware are answered as if they had passed all of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError, transaction
from django.test import Client
from pytest_django import Settings
from rest_framework.views import APIView

from accounts.models import User
from accounts.services import open_api_session
from config.limits.rates import RateLimited
from config.web.middleware import GetResponse, rates, short_chain
from tests.makers import MakeEvent

V1 = "/api/v1/"
EVENTS, ME = f"{V1}events/", f"{V1}users/me/"
ORIGIN = "https://app.example.org"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = "application/json"
# What differs from answer to answer: the id of the request and secrets against forgery.
RANDOM = re.compile(rb'("csrfToken": "|name="csrfmiddlewaretoken" value=")\w+')
# Headers that are sets, so that their order means nothing.
SETS = {"Vary": ",", "Content-Security-Policy": ";"}


@dataclass(frozen=True)
class Asked:
    """A request, by whom it is sent, and the settings under which it is answered."""

    path: str
    method: str = "GET"
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    by: str = "nobody"
    settings: dict[str, Any] = field(default_factory=dict)
    secure: bool = False


PREFLIGHT = {"origin": ORIGIN, "access-control-request-method": "POST"}
OVER_HTTPS = {"SECURE_SSL_REDIRECT": True, "SECURE_HSTS_SECONDS": 60, "SECURE_HSTS_PRELOAD": True}
SHORT = {
    "list": Asked(EVENTS),
    "list with filters": Asked(f"{EVENTS}?q=concert&page_size=1"),
    "list that is refused": Asked(f"{EVENTS}?page_size=0"),
    "list in another language": Asked(f"{EVENTS}?page_size=0", headers={"accept-language": "de"}),
    "list with a cookie": Asked(f"{EVENTS}?page_size=0", headers={"cookie": "language=de; csrftoken=x"}),
    "event": Asked(f"{EVENTS}{{event}}/"),
    "event with an invite": Asked(f"{EVENTS}{{event}}/?invite=x"),
    "event by HEAD": Asked(f"{EVENTS}{{event}}/", "HEAD"),
    "event for its organiser": Asked(f"{EVENTS}{{event}}/", by="token"),
    "event that there is not": Asked(f"{EVENTS}999999/"),
    "event in a browser": Asked(f"{EVENTS}{{event}}/", headers=HTML),
    "list in a browser": Asked(EVENTS, headers=HTML),
    "refusal in a browser": Asked(ME, headers=HTML),
    "root in a browser": Asked(V1, headers=HTML),
    "page by the format": Asked(f"{EVENTS}?format=api"),
    "unacceptable format": Asked(EVENTS, headers={"accept": "image/png"}),
    "options": Asked(EVENTS, "OPTIONS"),
    "options with a token": Asked(f"{EVENTS}{{event}}/", "OPTIONS", by="token"),
    "preflight": Asked(EVENTS, "OPTIONS", headers=PREFLIGHT),
    "preflight of another origin": Asked(EVENTS, "OPTIONS", headers=PREFLIGHT | {"origin": "https://evil.example"}),
    "read by another site": Asked(EVENTS, headers={"origin": ORIGIN}),
    "read by an unknown site": Asked(EVENTS, headers={"origin": "https://evil.example"}),
    "account": Asked(ME, by="token"),
    "account of nobody": Asked(ME),
    "account with a bad token": Asked(ME, headers={"authorization": "Bearer x"}),
    "account with a scheme that there is not": Asked(ME, headers={"authorization": "Basic x"}),
    "account that is changed": Asked(ME, "PATCH", '{"time_zone": "Europe/Rome"}', by="token"),
    "account that is changed wrongly": Asked(ME, "PATCH", '{"time_zone": "Mars"}', by="token"),
    "inbox": Asked(f"{V1}notifications/", by="token"),
    "event posted by nobody": Asked(EVENTS, "POST", "{}"),
    "event posted wrongly": Asked(EVENTS, "POST", "{}", by="token"),
    "event unsubscribed from": Asked(f"{EVENTS}{{event}}/unsubscribe/", "POST", "{}", by="token"),
    "event edited with a condition": Asked(
        f"{EVENTS}{{event}}/", "PATCH", '{"headline": "x"}', {"if-match": '"9-x"'}, by="token"
    ),
    "login that fails": Asked(f"{V1}auth/login/", "POST", '{"email": "a@example.org", "password": "x"}'),
    "body that is no JSON": Asked(f"{V1}auth/login/", "POST", "{"),
    "body that is too long": Asked(f"{V1}auth/login/", "POST", '{"email": "' + "x" * 300_000 + '"}'),
    "method that there is not": Asked(EVENTS, "PUT", "{}", by="token"),
    "method that nobody knows": Asked(EVENTS, "BREW"),
    "unknown URL": Asked(f"{V1}nothing/"),
    "unknown URL in a browser": Asked(f"{V1}nothing/", headers=HTML),
    "URL without its slash": Asked(EVENTS.rstrip("/")),
    "URL without its slash by POST": Asked(EVENTS.rstrip("/"), "POST", "{}"),
    "URL that no event can have": Asked(f"{EVENTS}x/"),
    "unknown host": Asked(EVENTS, headers={"host": "evil.example"}),
    "http where https is needed": Asked(EVENTS, settings=OVER_HTTPS),
    "https": Asked(EVENTS, settings=OVER_HTTPS, secure=True),
    "debugging": Asked(EVENTS, settings={"DEBUG": True}),
    "debugging an unknown URL": Asked(f"{V1}nothing/", settings={"DEBUG": True}),
    "feed on the port of the site": Asked(EVENTS, settings={"FEED_PORT": None}),
    "metrics": Asked(EVENTS, settings={"METRICS": True}),
}
FULL = {
    "event with a session": Asked(f"{EVENTS}{{event}}/", by="session"),
    "event in a browser with a session": Asked(f"{EVENTS}{{event}}/", headers=HTML, by="session"),
    "account changed without the CSRF token": Asked(ME, "PATCH", '{"time_zone": "UTC"}', by="session"),
    "session that has ended": Asked(ME, headers={"cookie": "sessionid=x"}),
    "documentation": Asked("/api/docs/", headers=HTML),
    "documentation of the feed": Asked("/api/docs/feed/", headers=HTML),
    "documentation by OPTIONS": Asked("/api/docs/feed/", "OPTIONS"),
    "unknown URL of the API": Asked("/api/nothing/"),
    "page": Asked("/accounts/login/"),
    "page by PUT": Asked("/accounts/login/", "PUT"),
    "page of a session": Asked("/accounts/profile/", by="session"),
    "page without its slash": Asked("/accounts/login"),
    "static file": Asked("/static/css/base.css", settings={"WHITENOISE_USE_FINDERS": True, "DEBUG": True}),
    "health": Asked("/healthz"),
    "metrics": Asked("/metrics", settings={"METRICS": True}),
}

pytestmark = pytest.mark.django_db
AnswerTo = Callable[..., tuple[int, dict[str, Any], bytes]]


@pytest.fixture
def answer_to(settings: Settings, make_event: MakeEvent, organiser: User, at: datetime) -> AnswerTo:
    """Send a request, through the whole of MIDDLEWARE if `is_whole`; return status, headers, and cookies and body.

    What it changes is undone.
    """
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    event, access = make_event(), open_api_session(organiser, at=at).access
    every = settings.MIDDLEWARE

    def answer(asked: Asked, *, is_whole: bool) -> tuple[int, dict[str, Any], bytes]:
        for name, value in asked.settings.items():
            setattr(settings, name, value)
        settings.MIDDLEWARE = every[1:] if is_whole else every
        client = Client(raise_request_exception=False, enforce_csrf_checks=True)
        headers = dict(asked.headers)
        if asked.by == "session":
            client.force_login(organiser)
        elif asked.by == "token":
            headers["authorization"] = f"Bearer {access}"
        path = asked.path.format(event=event.pk)
        with undone():
            response = client.generic(asked.method, path, asked.body, JSON, secure=asked.secure, headers=headers)
        return comparable(response)

    return answer


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def comparable(response: Any) -> tuple[int, dict[str, Any], bytes]:
    """Return what two equal answers have in common."""
    headers: dict[str, Any] = dict(response.headers)
    if "X-Request-ID" in headers:
        headers["X-Request-ID"] = len(headers["X-Request-ID"])
    for name, separator in SETS.items():
        if name in headers:
            headers[name] = {part.strip() for part in headers[name].split(separator)}
    headers["Set-Cookie"] = {
        name: {key: value for key, value in cookie.items() if key != "expires"}
        for name, cookie in response.cookies.items()
    }
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, headers, RANDOM.sub(rb"\1", body)


@pytest.fixture
def short_paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths of requests that pass the short chain."""
    paths: list[str] = []
    build = short_chain._Chain.__init__

    def noted(chain: Any, names: list[str]) -> None:
        build(chain, names)
        answer = chain.answer

        def note(request: Any) -> Any:
            paths.append(request.path)
            return answer(request)

        chain.answer = note

    monkeypatch.setattr(short_chain._Chain, "__init__", noted)
    return paths


@pytest.mark.parametrize("name", SHORT)
def test_request_without_a_session_is_answered_alike_by_the_short_chain(
    answer_to: AnswerTo, short_paths: list[str], name: str
) -> None:
    short = answer_to(SHORT[name], is_whole=False)
    taken = list(short_paths)
    whole = answer_to(SHORT[name], is_whole=True)

    assert short == whole
    assert len(taken) == len(short_paths) == 1


@pytest.mark.parametrize("name", FULL)
def test_other_requests_pass_all_middleware(answer_to: AnswerTo, short_paths: list[str], name: str) -> None:
    assert answer_to(FULL[name], is_whole=False)[0] == answer_to(FULL[name], is_whole=True)[0]
    assert short_paths == []


def _limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "count_by_network", mock.Mock(side_effect=RateLimited(wait=7)))


def _limit_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(APIView, "initial", mock.Mock(side_effect=RateLimited(wait=7)))


def _fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(APIView, "dispatch", mock.Mock(side_effect=RuntimeError("secret")))


def _lose_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(APIView, "dispatch", mock.Mock(side_effect=OperationalError(2002, "Can't connect")))


@pytest.mark.parametrize(
    ("happen", "status"), [(_limit, 429), (_limit_the_view, 429), (_fail, 500), (_lose_the_database, 503)]
)
@pytest.mark.parametrize("headers", [{}, HTML, {"origin": ORIGIN}], ids=["program", "browser", "other site"])
def test_failure_is_answered_alike_by_the_short_chain(
    answer_to: AnswerTo,
    short_paths: list[str],
    monkeypatch: pytest.MonkeyPatch,
    happen: Callable[[pytest.MonkeyPatch], None],
    status: int,
    headers: dict[str, str],
) -> None:
    happen(monkeypatch)

    short, whole = (answer_to(Asked(EVENTS, headers=headers), is_whole=is_whole) for is_whole in (False, True))

    assert short == whole
    assert short[0] == status
    assert len(short_paths) == 1


def test_known_version_is_answered_alike_by_the_short_chain(answer_to: AnswerTo, short_paths: list[str]) -> None:
    for path in (EVENTS, f"{EVENTS}{{event}}/"):
        etag = answer_to(Asked(path), is_whole=True)[1]["ETag"]
        asked = Asked(path, headers={"if-none-match": etag})

        short, whole = answer_to(asked, is_whole=False), answer_to(asked, is_whole=True)

        assert short == whole
        assert short[0] == 304


class HookedMiddleware:
    """Middleware with every hook that Django knows. Each says that it was called."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        response = self.get_response(request)
        response["X-Called"] = ",".join(request.called)
        return response

    def process_view(self, request: Any, *_: Any) -> None:
        request.called = ["view"]

    def process_exception(self, request: Any, _error: Exception) -> None:
        request.called.append("exception")

    def process_template_response(self, request: Any, response: Any) -> Any:
        request.called.append("template response")
        return response


@pytest.fixture
def _hooked(settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.HookedMiddleware"]


@pytest.mark.usefixtures("_hooked")
@pytest.mark.parametrize(
    ("happen", "called"),
    [(lambda _: None, "view,template response"), (_fail, "view,exception")],
    ids=["page", "failure"],
)
def test_every_hook_of_middleware_is_called_by_the_short_chain(
    answer_to: AnswerTo,
    short_paths: list[str],
    monkeypatch: pytest.MonkeyPatch,
    happen: Callable[[pytest.MonkeyPatch], None],
    called: str,
) -> None:
    happen(monkeypatch)

    short, whole = (answer_to(Asked(V1), is_whole=is_whole) for is_whole in (False, True))

    assert short == whole
    assert short[1]["X-Called"] == called
    assert len(short_paths) == 1


def test_chains_differ_in_what_the_settings_name(settings: Settings) -> None:
    assert settings.MIDDLEWARE[0] in settings.LEFT_OUT_WITHOUT_SESSION
    assert set(settings.MIDDLEWARE) > set(settings.LEFT_OUT_WITHOUT_SESSION)
