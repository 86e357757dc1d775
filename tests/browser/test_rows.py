"""Test lists by keyboard, and subscribing on their rows, with and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from events.presentation.rail import PAGE_SIZE
from tests.browser.people import Person
from tests.browser.test_browsing import PHONE, expect_status, post_series
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]

# The name of what has the focus, and whether it is in the rail.
FOCUSED = """(() => {
  const { ariaLabel, textContent } = document.activeElement;
  return [(ariaLabel ?? textContent).trim(), document.activeElement.closest("#rail") !== null];
})()"""


def tab(page: Page) -> tuple[str, bool]:
    """Press Tab; return the name of what has the focus then, and whether it belongs to an event."""
    page.keyboard.press("Tab")
    name, is_in_rail = page.evaluate(FOCUSED)
    return name, is_in_rail


def test_the_first_event_is_a_few_tabs_away_and_arrows_move_within_the_strip(
    meet: Meet, deployment: Deployment
) -> None:
    organiser = meet("keyboard")
    post_series(deployment, organiser, "Keyboard", 20, days=1)
    organiser.context.clear_cookies()
    page = organiser.open("/")

    assert [tab(page)[0] for _ in range(2)] == ["Skip to content", "Skip to the first event"]
    page.keyboard.press("Enter")
    assert tab(page)[1]
    page.goto(page.url.partition("#")[0])
    names = list[str]()
    while not (found := tab(page))[1]:
        names.append(found[0])
    assert len(names) <= 13
    assert names[-2] == "Upcoming"
    page.keyboard.press("Shift+Tab")
    strip = page.get_by_role("navigation", name="Jump to a day").get_by_role("link")
    expect(strip.and_(page.locator("[tabindex='0']"))).to_be_focused()  # today, if other tests have events today
    for key, index in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", -1)):
        page.keyboard.press(key)
        expect(strip.nth(index)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/events/month/|[?#](from=|day-)"))


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_a_click_on_a_row_subscribes_and_another_undoes_it(meet: Meet, deployment: Deployment, options: dict) -> None:
    name = f"clicks{len(options)}"
    organiser, reader = meet(f"{name}-posts"), meet(name, **options)
    post_series(deployment, organiser, name, PAGE_SIZE + 1)
    page = reader.open(f"/?q={name}")
    url, title = page.url, f"{name} {PAGE_SIZE}"
    page.get_by_role("button", name="Later").click()
    row = page.locator(".row", has_text=title)

    row.get_by_role("button", name=f"Subscribe to “{title}”").dblclick()

    undo = row.get_by_role("button", name=f"Undo: unsubscribe from “{title}”")
    expect(undo).to_be_focused()
    expect(row.get_by_text("Subscribed")).to_be_visible()
    expect(row.get_by_text("We’ll remind you")).to_be_visible()
    expect_status(page, f"You’re subscribed to “{title}”.")
    box = undo.bounding_box()
    assert box
    assert min(box["width"], box["height"]) >= 44
    page.wait_for_timeout(600)  # what follows a click at once is taken for a double click
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name=f"Subscribe to “{title}”")).to_be_focused()
    expect_status(page, f"You’ve unsubscribed from “{title}”.")
    expect(page.locator(".row")).to_have_count(PAGE_SIZE + 1)
    assert page.url == url
    reader.context.clear_cookies(name="sessionid")
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/login/?next=**")


def test_row_subscribes_and_undoes_it_where_there_are_no_scripts(meet: Meet, deployment: Deployment) -> None:
    organiser, reader = meet("scriptless-posts"), meet("scriptless", java_script_enabled=False)
    post_series(deployment, organiser, "Scriptless", 2)
    page = reader.open("/?q=scriptless")

    page.get_by_role("button", name="Subscribe to “Scriptless 01”").click()
    expect(page).to_have_url(re.compile(r"/\?q=scriptless#e\d+$"))
    expect(page.get_by_text("You’re subscribed to “Scriptless 01”.")).to_be_visible()
    row = page.locator(".row", has_text="Scriptless 01")
    expect(row.get_by_text("Subscribed")).to_be_in_viewport()
    row.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("You’ve unsubscribed from “Scriptless 01”.")).to_be_visible()
    expect(page.get_by_role("button", name="Subscribe to “Scriptless 01”")).to_be_visible()
