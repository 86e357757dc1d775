"""Test the browsable API and the pages of the API's documentation."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from notifications.feed import close_codes
from tests.makers import MakeEvent
from tests.pages import html_of

EVENTS = "/api/v1/events/"


def test_browsable_api_shows_events_to_anonymous_and_offers_our_login_page(
    client: Client, make_event: MakeEvent
) -> None:
    event = make_event(headline="<script>alert(1)</script>")

    response = client.get(f"{EVENTS}{event.pk}/", headers={"accept": "text/html"})

    page = response.content.decode()
    assert response.status_code == 200
    assert f"/accounts/login/?next=/api/v1/events/{event.pk}/" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("path", [EVENTS, f"{EVENTS}?q=x", "/api/v1/", "/api/v1/users/me/", "/api/v1/notifications/"])
def test_browsable_api_works_with_a_session(client: Client, organiser: User, path: str) -> None:
    client.force_login(organiser)

    response = client.get(path, headers={"accept": "text/html"})

    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_browsable_api_shows_a_problem_as_a_page(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    response = client.get(f"{EVENTS}1/", headers={"accept": "text/html"})

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "not_found" in response.content.decode()


def test_swagger_page_has_no_inline_script_and_no_foreign_url(client: Client) -> None:
    page = html_of(client, "/api/docs/")

    assert "<script>" not in page
    assert "https://" not in page
    assert client.get("/api/docs/?script=")["Content-Type"] == "application/javascript"


def test_feed_page_knows_where_the_feed_is(client: Client, settings: Settings) -> None:
    settings.FEED_PORT = 8001

    page = html_of(client, "/api/docs/feed/")

    assert '{"port": 8001, "ticket_url": "/api/v1/auth/feed-ticket/"}' in page
    assert "<script>" not in page


@pytest.mark.parametrize("code", [*close_codes.REASONS, close_codes.RESTARTING])
def test_documentation_names_every_close_code_of_the_feed(client: Client, settings: Settings, code: int) -> None:
    assert f"<code>{code}</code>" in html_of(client, "/api/docs/feed/")
    assert str(code) in (settings.BASE_DIR / "docs/feed.md").read_text()
