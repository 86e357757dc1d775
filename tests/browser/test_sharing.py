"""Test sharing an event's link: with another program if the browser can, otherwise by copying it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]
SHARES = "navigator.share = async (shared) => { window.shared = shared; }"


def test_link_is_copied_and_said_to_be(meet: Meet) -> None:
    organiser = meet("sharer", permissions=["clipboard-read", "clipboard-write"])
    page = organiser.open(f"/events/{organiser.post('Concert')}/")

    page.get_by_text("Share", exact=True).click()

    expect(page.locator("[data-copied]")).to_have_text("Copied")
    expect(page.get_by_label("Link", exact=True)).to_have_value(page.url)
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_phone_hands_the_link_to_its_own_sheet(meet: Meet) -> None:
    organiser = meet("sharer", viewport={"width": 390, "height": 844}, has_touch=True)
    organiser.context.add_init_script(SHARES)
    page = organiser.open(f"/events/{organiser.post('Concert')}/")

    page.get_by_text("Share", exact=True).tap()

    expect(page.get_by_label("Link", exact=True)).to_be_hidden()
    assert page.evaluate("window.shared") == {"title": "Concert", "url": page.url}


def test_link_can_be_copied_by_hand_without_a_script(meet: Meet) -> None:
    organiser = meet("sharer", java_script_enabled=False)
    page = organiser.open(f"/events/{organiser.post('Concert')}/")

    page.get_by_text("Share", exact=True).click()

    expect(page.get_by_label("Link", exact=True)).to_have_value(page.url)
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
