"""Test that the promise on an event's page changes with the reminder times that the reader ticks."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]


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
