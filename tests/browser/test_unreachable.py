"""Test that a page says so if it cannot reach the site, loses nothing, and can be used once there is a connection."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from events.presentation.rail import PAGE_SIZE
from tests.browser.people import Person
from tests.browser.test_browsing import PHONE, post_series
from tests.browser.test_feed import expect_state, expect_unread
from tests.browser.waiting import wait_for
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]

UNREACHABLE = "We couldn’t reach the site. Check your connection and try again."


def unreachable(page: Page) -> Locator:
    return page.locator("#toasts").get_by_text(UNREACHABLE)


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_list_without_a_connection_says_so_and_stays(meet: Meet, deployment: Deployment, options: dict) -> None:
    name = f"tunnel{len(options)}"
    organiser, reader = meet(f"{name}-posts"), meet(name, **options)
    post_series(deployment, organiser, name, PAGE_SIZE + 1)
    page = reader.open(f"/?q={name}")
    url = page.url
    subscribe = page.get_by_role("button", name=f"Subscribe to “{name} 01”")
    later, field = page.get_by_role("button", name="Later"), page.get_by_role("searchbox")
    reader.context.set_offline(True)

    for control in (subscribe, later):
        control.press("Enter")
        expect(unreachable(page)).to_be_in_viewport()
        expect(control).to_be_focused()
        page.evaluate("document.querySelector('#toasts .toast').remove()")
    field.press("End")
    field.press_sequentially(" 01")
    expect(unreachable(page)).to_be_visible()
    field.press("Enter")

    expect(unreachable(page)).to_have_count(1)
    expect(page.locator(".row")).to_have_count(PAGE_SIZE)
    assert page.url == url
    reader.context.set_offline(False)
    field.press("Enter")
    expect(page.locator(".row h3")).to_have_text([f"{name} 01"])
    expect(unreachable(page)).to_have_count(0)
    subscribe.press("Enter")
    expect(page.get_by_role("button", name=f"Undo: unsubscribe from “{name} 01”")).to_be_focused()
    reader.forgive("ERR_INTERNET_DISCONNECTED")


def test_inbox_without_a_connection_says_so_and_stays(meet: Meet) -> None:
    reader = meet("diver")
    reader.remind("Concert", count=2)
    page = reader.open("/notifications/")
    expect(page.locator(".entry")).to_have_count(2)
    expect_unread(page, "2")
    expect_state(page, "Live")
    mark = page.get_by_role("button", name="Mark “Concert” as read").first
    mark_all, bell = page.get_by_role("button", name="Mark all as read"), page.locator("#bell")
    reader.context.set_offline(True)
    expect_state(page, "Offline")

    page.keyboard.press("j")  # keys are loaded once they are used
    expect(unreachable(page)).to_be_visible()
    for control in (mark, mark_all, bell):
        control.press("Enter")
        expect(unreachable(page)).to_be_visible()
        expect(control).to_be_focused()
        page.evaluate("document.querySelector('#toasts p.toast').remove()")
    expect(page.locator("#bell-panel")).to_be_hidden()

    expect_unread(page, "2")
    reader.context.set_offline(False)
    mark.press("Enter")
    expect_unread(page, "1")
    page.locator("#inbox").focus()
    page.keyboard.press("j")
    expect(page.locator(".entry").first.get_by_role("link")).to_be_focused()
    expect(unreachable(page)).to_have_count(0)
    reader.forgive("ERR_INTERNET_DISCONNECTED")


def test_reminder_that_cannot_be_added_stays_in_its_field(meet: Meet) -> None:
    reader = meet("miner")
    page = reader.open("/accounts/reminders/")
    amount = page.locator("[name=other_amount]")
    add = page.get_by_role("button", name="Add another")
    amount.fill("45")
    reader.context.set_offline(True)

    add.press("Enter")

    expect(unreachable(page)).to_be_visible()
    expect(amount).to_have_value("45")
    reader.context.set_offline(False)
    add.press("Enter")
    expect(page.get_by_label("45 minutes before")).to_be_checked()
    reader.forgive("ERR_INTERNET_DISCONNECTED")


def test_page_that_is_left_while_it_waits_says_nothing(meet: Meet) -> None:
    reader = meet("leaver", logged_in=False)
    page = reader.open("/")
    waiting: list[Route] = []
    page.route("**/?q=*", lambda route: waiting.append(route))
    field = page.get_by_role("searchbox")

    for is_left in (True, False):
        field.press_sequentially("x")
        wait_for(page, lambda: waiting)
        if is_left:  # as Firefox does it: it announces that the page is left, and then gives up its requests
            page.evaluate("dispatchEvent(new Event('beforeunload'))")
        with page.expect_event("requestfailed"):
            waiting.pop().abort()
        expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")
        assert unreachable(page).count() == (0 if is_left else 1)
    reader.forgive("ERR_FAILED")
