"""Test the pages of the API in a real browser: they work with our Content-Security-Policy and without the network.

A test fails if a page logs an error, above all a violation of the policy: `meet` checks that.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.people import Person
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]

# Prints an access token of the person.
TOKEN = """
from accounts.models import User
from accounts.services import open_api_session
from config.database import database_now

print(open_api_session(User.objects.get(username={name!r}), at=database_now()).access)
"""


def token_of(person: Person, deployment: Deployment) -> str:
    return deployment.shell(TOKEN.format(name=person.name)).strip()


def try_out(page: Page, operation: str) -> Locator:
    """Execute an operation on the documentation page and return what it shows of the answer."""
    block = page.locator(f"#operations-{operation}")
    block.locator(".opblock-summary").click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    return block.locator(".live-responses-table")


def test_documentation_tries_operations_by_token(meet: Meet, deployment: Deployment) -> None:
    reader = meet("doris")
    token = token_of(reader, deployment)
    page = meet("dora", logged_in=False).open("/api/docs/")

    page.get_by_role("button", name="Authorize", exact=True).click()
    bearer = page.locator(".auth-container").filter(has=page.locator("#auth-bearer-value"))
    bearer.get_by_role("textbox").fill(token)
    bearer.get_by_role("button", name="Apply credentials").click()
    page.locator(".close-modal").click()

    expect(try_out(page, "users-users_me_retrieve")).to_contain_text('"username": "doris"')


def test_documentation_tries_operations_by_session(meet: Meet) -> None:
    page = meet("dieter").open("/api/docs/")

    # A write, which sends the CSRF token.
    expect(try_out(page, "auth-auth_feed_ticket_create")).to_contain_text('"expires_in": 30')


def test_feed_page_shows_the_frames_of_a_token(meet: Meet, deployment: Deployment) -> None:
    reader = meet("frida")
    page = meet("fritz", logged_in=False).open("/api/docs/feed/")

    page.get_by_label("Access token").fill(token_of(reader, deployment))
    page.get_by_role("button", name="Connect", exact=True).click()
    frames = page.get_by_role("list", name="Frames")
    expect(frames).to_contain_text('"type": "hello"')
    reader.remind("Jazz in the old brewery")

    expect(frames).to_contain_text("Jazz in the old brewery")
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Closed with code")).to_be_visible()


def test_feed_page_says_why_a_token_does_not_hold(meet: Meet) -> None:
    somebody = meet("fred", logged_in=False)
    page = somebody.open("/api/docs/feed/")

    page.get_by_label("Access token").fill("expired")
    page.get_by_role("button", name="Connect", exact=True).click()

    expect(page.get_by_text("The token is invalid, expired, used or revoked.")).to_be_visible()
    somebody.forgive("401")


def test_browsable_api_posts_with_a_session(meet: Meet) -> None:
    page = meet("bruno").open("/api/v1/events/")

    page.get_by_role("textbox", name="Content:").fill(
        '{"headline": "From the browser", "starts_at": "2030-05-01T10:00"}'
    )
    page.get_by_role("button", name="POST").click()

    expect(page.locator(".response-info")).to_contain_text("HTTP 201 Created")
    expect(page.locator(".response-info")).to_contain_text('"headline": "From the browser"')
