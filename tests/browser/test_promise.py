"""Test what the panel of an event's page does at once: the promise, more reminder times, and where the focus goes."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]
# Adds options to the form, which are ticked.
TICK_ELEVEN = """() => {
  const box = document.querySelector("input[name=leads]");
  for (let lead = 7000; lead < 7011; lead++) {
    const other = Object.assign(box.cloneNode(), { value: lead, checked: true });
    box.closest(".options").append(other);
  }
}"""
REFUSED = "Reminders can be at the start or up to 30 days before it."


def test_promise_names_the_leads_that_are_ticked(meet: Meet) -> None:
    number = meet("host").post("Concert")
    page = meet("guest").open(f"/events/{number}/")
    page.get_by_text("Choose reminder times").click()
    promise = page.locator(".promise")
    expect(promise).to_contain_text("Subscribe and we’ll remind you")

    for option in page.locator("input[name='leads']").all():
        option.uncheck()

    expect(promise).to_contain_text("Subscribe and we’ll let you know")
    expect(promise.get_by_role("listitem")).to_have_text(["if anything changes"])
    expect(promise.get_by_text("here only")).to_be_hidden()

    page.get_by_label("1 hour before").check()

    expect(promise).to_contain_text("Subscribe and we’ll remind you")
    expect(promise.get_by_role("listitem")).to_have_count(1)
    expect(promise.get_by_text("here only")).to_be_visible()


def test_typed_reminders_are_promised_added_and_saved_and_the_focus_stays_there(meet: Meet) -> None:
    number = meet("host").post("Concert")
    page = meet("tess", viewport={"width": 390, "height": 844}).open(f"/events/{number}/")
    page.get_by_text("Choose reminder times").click()
    moments, amount = page.locator(".promise").get_by_role("listitem"), page.get_by_label("How long before the start")
    expect(moments).to_have_count(1)

    amount.fill("45")
    expect(moments).to_have_count(2)
    amount.fill("45000")
    expect(page.locator("#lead-errors")).to_have_text(REFUSED)
    expect(moments).to_have_count(1)
    expect(amount).to_be_focused()
    amount.fill("45")
    expect(page.locator("#lead-errors")).to_have_text("")
    amount.press("Enter")
    expect(page.get_by_label("45 minutes before")).to_be_checked()
    expect(page.get_by_role("button", name="Add another")).to_be_focused()
    amount.fill("2")
    page.get_by_label("Unit").select_option("hours")
    expect(moments).to_have_count(3)

    page.evaluate(TICK_ELEVEN)
    page.get_by_role("button", name="Subscribe").click()
    error = page.locator(".field-error")
    expect(error).to_have_text("You can choose up to 10 reminders.")
    expect(page.locator("#lead-errors")).to_be_focused()
    for box in page.locator("input[value^='70']").all():
        box.uncheck()
    expect(error).to_have_count(0)
    expect(moments).to_have_count(3)

    page.get_by_role("button", name="Subscribe").click()
    state = page.locator("#subscription-state")
    expect(state).to_be_focused()
    expect(state).to_have_accessible_description("You’re subscribed.")
    expect(state).to_be_in_viewport(ratio=1)
    expect(moments).to_have_count(3)

    page.get_by_text("Change reminder times").click()
    page.get_by_label("45 minutes before").uncheck()
    expect(page.locator(".promise")).to_contain_text("Save and we’ll remind you")
    page.get_by_role("button", name="Save reminders").click()
    expect(page.locator(":focus")).to_have_text("Change reminder times")
    expect(page.locator(":focus")).to_have_accessible_description("Reminder times saved.")
    expect(moments).to_have_count(2)

    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("button", name="Subscribe")).to_be_focused()
    expect(page.locator(":focus")).to_have_accessible_description("You’ve unsubscribed from “Concert”.")


def test_promise_names_the_zone_beside_times_only(meet: Meet) -> None:
    number = meet("host").remind(seconds=600)
    page = meet("guest").open(f"/events/{number}/")
    promise = page.locator(".promise")
    expect(promise.get_by_role("listitem")).to_have_text(["right away"])
    expect(promise.get_by_text("Rome time")).to_be_hidden()
    page.get_by_text("Choose reminder times").click()

    page.get_by_label("10 minutes before").check()

    expect(promise.get_by_role("listitem")).to_have_count(2)
    expect(promise.get_by_text("Rome time")).to_be_visible()

    page.get_by_label("10 minutes before").uncheck()

    expect(promise.get_by_text("Rome time")).to_be_hidden()


def test_visitor_reads_their_own_time_and_how_long_it_is_until_the_start(meet: Meet) -> None:
    member = meet("romana")
    path = f"/events/{member.remind(seconds=600)}/"
    expected = member.open(path).locator(".fact-own").inner_text()
    visitor = meet("passer-by", logged_in=False)

    page = visitor.open(path)
    expect(page.locator(".fact-own")).to_have_text(expected)
    pill = page.locator("[data-start]")
    expect(pill).to_have_text(re.compile("in 1 h (9|10) min"))

    starts_at = datetime.fromisoformat(page.locator(".fact-main[datetime]").get_attribute("datetime") or "")
    page.clock.install(time=starts_at - timedelta(minutes=3))
    page.reload()
    expect(pill).to_have_text("in 3 min")
    page.clock.fast_forward(60_100)
    expect(pill).to_have_text("in 2 min")
    page.clock.fast_forward(120_000)
    expect(pill).to_have_text("ended")
    page.clock.fast_forward(3_600_000)  # the server's clock goes on as before
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(pill).to_have_text(re.compile("in 1 h (8|9|10) min"))
