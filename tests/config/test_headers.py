"""What every answer tells the browser to refuse, whatever the address."""

import pytest
from django.test import Client
from pytest_django import Settings

PATHS = [
    "/",
    "/accounts/login/",
    "/notifications/",
    "/nothing/",
    "/events/1/",
    "/admin/",
    "/api/v1/events/",
    "/api/nothing/",
]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_security_headers(client: Client, path: str) -> None:
    response = client.get(path)

    names = ["X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "X-Frame-Options"]
    assert [response[name] for name in names] == ["nosniff", "same-origin", "same-origin", "DENY"]
    assert "camera=()" in response["Permissions-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize(("secure", "source"), [(False, "ws://testserver:8001"), (True, "wss://testserver:8001")])
def test_policy_lets_a_page_open_the_feed_by_its_own_scheme(
    client: Client, settings: Settings, secure: bool, source: str
) -> None:
    settings.FEED_PORT = 8001

    policy = client.get("/", secure=secure)["Content-Security-Policy"]

    connect = next(each for each in policy.split("; ") if each.startswith("connect-src"))
    assert connect.split() == ["connect-src", "'self'", source]
