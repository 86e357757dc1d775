"""Test the security headers of every answer, for every URL."""

import re
from unittest import mock

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import User
from config.limits.rates import RateLimited
from config.web.middleware import rates
from config.web.requests import feed_origin
from tests.attacks.routes import all_routes
from tests.pages import Response

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
NOWHERE = ["/nothing/", "/api/nothing/", "/api/v1/nothing/", "/static/nothing.css"]


def paths() -> list[str]:
    """Return a URL of each route, for objects that exist and that don't, and some URLs of no route."""
    patterns = [re.sub(r"\(\?P<(\w+)>[^)]*\)", "<\\1>", route.pattern) for route in all_routes()]
    return ["/" + re.sub(r"<[^>]*>", "1", pattern).strip("^$").replace("/^", "/") for pattern in patterns] + NOWHERE


def headers_wrong(response: Response) -> list[str]:
    wrong = [f"{name}: {response.get(name)}" for name, value in HEADERS.items() if response.get(name) != value]
    if "camera=()" not in response.get("Permissions-Policy", ""):
        wrong.append("Permissions-Policy")
    if "frame-ancestors 'none'" not in response.get("Content-Security-Policy", ""):
        wrong.append("Content-Security-Policy")
    return wrong


@pytest.mark.django_db
@pytest.mark.parametrize("is_staff", [False, True])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_every_answer_has_the_security_headers(admin_user: User, is_staff: bool, method: str) -> None:
    client = Client(raise_request_exception=False)
    if is_staff:
        client.force_login(admin_user)

    wrong = {path: headers_wrong(client.generic(method, path)) for path in paths()}

    assert len(wrong) > 100
    assert {path: each for path, each in wrong.items() if each} == {}


def test_static_file_has_no_header_that_only_pages_need(settings: Settings) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    response = Client().get("/static/css/base.css")

    assert (response.status_code, response["X-Content-Type-Options"]) == (200, "nosniff")
    assert response.getvalue()
    assert not {"Cross-Origin-Opener-Policy", "Permissions-Policy", "Content-Security-Policy"} & {*response.headers}


@pytest.mark.parametrize("path", ["/", "/api/v1/events/"])
def test_answer_beyond_a_limit_has_the_security_headers(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(rates, "count_by_network", mock.Mock(side_effect=RateLimited(wait=1)))

    response = client.get(path)

    assert (response.status_code, headers_wrong(response)) == (429, [])


@pytest.mark.django_db
@pytest.mark.parametrize(("secure", "source"), [(False, "ws://testserver:8001"), (True, "wss://testserver:8001")])
def test_policy_lets_a_page_open_the_feed_by_its_own_scheme(
    client: Client, settings: Settings, secure: bool, source: str
) -> None:
    settings.FEED_PORT = 8001

    policy = client.get("/", secure=secure)["Content-Security-Policy"]

    connect = next(each for each in policy.split("; ") if each.startswith("connect-src"))
    assert connect.split() == ["connect-src", "'self'", source]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("example.org", "ws://example.org:8001"),
        ("example.org:8000", "ws://example.org:8001"),
        ("[::1]", "ws://[::1]:8001"),
        ("[::1]:8000", "ws://[::1]:8001"),
    ],
)
def test_feed_on_a_port_of_its_own_has_the_host_of_the_page(settings: Settings, host: str, origin: str) -> None:
    settings.FEED_PORT, settings.ALLOWED_HOSTS = 8001, ["*"]

    assert feed_origin(RequestFactory().get("/", headers={"host": host})) == origin
