"""Test that a keyboard gets everywhere, that the focus is never lost, and that states are seen in forced colours."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.measures import SMALL
from tests.browser.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]

# Returns how an element looks apart from the colour of its text.
LOOK = """
(element) => {
  const style = getComputedStyle(element);
  const parts = ["background-color", "text-decoration-line"];
  for (const side of ["top", "bottom"]) for (const part of ["color", "width"]) parts.push(`border-${side}-${part}`);
  return parts.map((part) => `${part}: ${style.getPropertyValue(part)}`).join("; ");
}
"""


def expect_distinct(page: Page, state: str, other: str) -> None:
    """Expect an element in a state to look otherwise than one that is not, not by the colour of its text alone."""
    assert page.locator(state).first.evaluate(LOOK) != page.locator(other).first.evaluate(LOOK), state


def background(page: Page, selector: str) -> str:
    colour: str = page.locator(selector).first.evaluate("(element) => getComputedStyle(element).backgroundColor")
    return colour


def test_focus_goes_where_one_expects_it_and_is_never_lost(meet: Meet) -> None:
    reader = meet("keys", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = reader.open("/")
    menu, theme = page.get_by_label("Account menu: keys"), page.locator("[data-theme-switch]")

    def leave_by_escape(control: Locator, shown: Locator) -> None:
        control.press("Enter")
        expect(shown).to_be_visible()
        page.keyboard.press("Escape")
        expect(shown).to_be_hidden()
        expect(control).to_be_focused()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    assert page.evaluate("document.activeElement.getBoundingClientRect().height") >= 44
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    leave_by_escape(menu, page.get_by_role("button", name="Log out"))

    expect(page.locator("#feed-state")).to_have_text("Live")
    reader.remind("Concert", count=2)
    toasts = page.locator("#toasts .toast")
    expect(toasts).to_have_count(2)
    assert page.evaluate(SMALL, True) == []
    theme.focus()
    toasts.first.get_by_role("button", name="Dismiss").press("Enter")
    expect(toasts.get_by_role("button", name="Dismiss")).to_be_focused()
    toasts.get_by_role("button", name="Dismiss").press("Enter")
    expect(theme).to_be_focused()
    page.set_viewport_size({"width": 1280, "height": 800})
    leave_by_escape(page.get_by_role("button", name="Inbox 2 unread"), page.locator("#bell-panel"))


def test_states_are_seen_in_forced_colours(meet: Meet) -> None:
    reader = meet("contrast", forced_colors="active")
    reader.post("A concert of their own")
    reader.remind("Concert")
    page, today = reader.open("/"), datetime.now(ZoneInfo("Europe/Rome"))
    canvas = background(page, "body")

    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        expect_distinct(page, ".site-nav a[aria-current]", ".site-nav a:not([aria-current])")
    expect_distinct(page, ".chip[aria-current]", ".chip:not([aria-current])")
    expect_distinct(page, ".strip-today", ".strip-day:not(.strip-today)")
    assert canvas not in (background(page, ".strip-dots i"), background(page, ".bell-count"))
    page.goto(reader.url_of("/notifications/"))
    expect_distinct(page, ".tabs a[aria-current]", ".tabs a:not([aria-current])")
    page.goto(reader.url_of(f"/events/month/{today.year}/{today.month}/"))
    page.set_viewport_size({"width": 1280, "height": 900})
    expect_distinct(page, ".month-today .month-date", ".month-day:not(.month-today) .month-date")
