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
    expect(promise.get_by_text("in your inbox")).to_be_hidden()

    page.get_by_label("1 hour before").check()

    expect(promise).to_contain_text("Subscribe and we’ll remind you")
    expect(promise.get_by_role("listitem")).to_have_count(1)
    expect(promise.get_by_text("in your inbox")).to_be_visible()
