"""Test the settings: their sections on a phone and beside each other, by keyboard, and without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]


def expect_saved(page: Page, text: str) -> None:
    """Expect the message, which has the focus, so that a screen reader reads it and goes on to the section."""
    expect(page.locator(".messages")).to_have_text(text)
    expect(page.locator(".messages")).to_be_focused()


def test_sections_are_found_and_saved_on_a_phone(meet: Meet) -> None:
    page = meet("settler", viewport={"width": 320, "height": 700}).open("/")

    page.get_by_label("Account menu: settler").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Reminders 1 day before").click()
    expect(page.get_by_role("navigation", name="Settings")).to_be_hidden()
    page.get_by_label("1 hour before").check()
    page.get_by_role("button", name="Save reminders").click()
    expect_saved(page, "Reminders saved.")

    page.get_by_role("link", name="All settings").click()
    expect(page.get_by_role("link", name="Reminders 1 day before, 1 hour before")).to_be_visible()
    page.get_by_role("link", name="Notifications").click()
    page.get_by_role("checkbox", name="Reminders by email").press("Space")
    page.get_by_role("button", name="Save notification settings").click()
    expect_saved(page, "Notification settings saved.")
    expect(page.get_by_role("checkbox", name="Reminders by email")).not_to_be_checked()
    expect(page.get_by_role("checkbox", name="Reminders as a pop-up")).to_be_checked()


def test_link_to_verify_is_sent_where_it_is_missed_without_a_script(meet: Meet) -> None:
    event = meet("host").post("Concert")
    reader = meet("unverified", java_script_enabled=False)
    said = "We’ve sent a link to unverified@example.org. Click it to verify your email address."

    for path in ("/accounts/settings/", "/notifications/preferences/", "/accounts/profile/", f"/events/{event}/"):
        page = reader.open(path)
        page.get_by_role("button", name="Send the link again").click()
        expect(page.get_by_text(said)).to_be_visible()
        expect(page).to_have_url(reader.url_of(path))
