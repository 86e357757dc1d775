"""Test the calendar link: creating, copying and renewing it, and the menus that offer feeds."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.test_everyone import faults, is_too_wide

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]
CREATE, RENEW = "Create calendar link", "Reset calendar link"
# Returns the status with which a URL is answered to a program, which has no cookies.
STATUS = "(url) => fetch(url, { credentials: 'omit' }).then(({ status }) => status)"


def link_of(page: Page) -> str:
    return page.get_by_label("Link for other calendars").input_value()


def test_link_is_created_copied_and_renewed(meet: Meet) -> None:
    reader = meet("linker", permissions=["clipboard-read", "clipboard-write"])
    page = reader.open("/accounts/profile/")

    page.get_by_role("link", name="Calendar link").click()
    page.get_by_role("button", name=CREATE).click()
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("[data-copied]")).to_have_text("Copied")
    first = link_of(page)
    assert page.evaluate("navigator.clipboard.readText()") == first
    assert page.evaluate(STATUS, first) == 200

    page.get_by_role("link", name=RENEW).click()
    page.get_by_role("button", name=RENEW).click()
    expect(page.get_by_text("New calendar link created.")).to_be_visible()
    assert [page.evaluate(STATUS, url) for url in (first, link_of(page))] == [404, 200]
    reader.forgive("404")


def test_link_is_created_and_shown_without_a_script(meet: Meet) -> None:
    page = meet("plainlinker", java_script_enabled=False).open("/accounts/calendar/")

    page.get_by_role("button", name=CREATE).click()

    assert link_of(page).startswith("http://")
    expect(page.get_by_role("img", name="QR code of the calendar link")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1280])
def test_menu_of_a_list_is_accessible_and_knows_the_search(meet: Meet, width: int) -> None:
    options = {"viewport": {"width": width, "height": 700}, "reduced_motion": "reduce"}
    page = meet("nobody", logged_in=False, **options).open("/")

    page.get_by_role("searchbox").fill("jazz")
    expect(page.get_by_role("link", name="Clear the search")).to_be_visible()
    page.locator(".calendar-menu summary").press("Enter")

    expect(page.get_by_role("link", name="Apple Calendar")).to_be_visible()
    assert link_of(page).endswith("/events.ics?q=jazz")
    assert (faults(page), is_too_wide(page)) == ([], False)
    page.keyboard.press("Escape")
    expect(page.locator(".calendar-menu summary")).to_be_focused()
    expect(page.get_by_role("link", name="Apple Calendar")).to_be_hidden()
