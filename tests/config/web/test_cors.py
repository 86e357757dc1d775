"""Test which origins may call the API from a browser."""

import pytest
from django.test import Client
from pytest_django import Settings

THEIRS = "https://app.example.org"
EVENTS = "/api/v1/events/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _configured(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [THEIRS]


@pytest.mark.parametrize("path", [EVENTS, "/api/v1/users/me/", "/api/nothing/"])
def test_configured_origin_may_read_answers_and_refusals(client: Client, path: str) -> None:
    response = client.get(path, headers={"origin": THEIRS})

    assert response["Access-Control-Allow-Origin"] == THEIRS
    assert response["Access-Control-Expose-Headers"] == "ETag, Location, Retry-After, X-Request-ID"
    assert "Access-Control-Allow-Credentials" not in response
    assert "origin" in response["Vary"].lower().split(", ")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://app.example.org", f"{THEIRS}.evil.example", "null"])
def test_other_origin_may_not(client: Client, origin: str) -> None:
    response = client.get(EVENTS, headers={"origin": origin})

    assert "Access-Control-Allow-Origin" not in response
    assert "origin" in response["Vary"].lower().split(", ")


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/login/"])
def test_pages_are_for_no_other_origin(client: Client, path: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get(path, headers={"origin": THEIRS})


def test_preflight_of_a_post_with_a_key_is_answered(client: Client) -> None:
    asked = {
        "origin": THEIRS,
        "access-control-request-method": "POST",
        "access-control-request-headers": "idempotency-key",
    }

    response = client.options(EVENTS, headers=asked)

    assert "idempotency-key" in response["Access-Control-Allow-Headers"].split(", ")


def test_preflight_of_a_conditional_edit_is_answered(client: Client) -> None:
    asked = {
        "origin": THEIRS,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization, content-type, if-match",
    }

    response = client.options(f"{EVENTS}1/", headers=asked)

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, THEIRS)
    assert "PATCH" in response["Access-Control-Allow-Methods"].split(", ")
    assert {"authorization", "content-type", "if-match"} <= set(response["Access-Control-Allow-Headers"].split(", "))
