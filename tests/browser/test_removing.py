"""Test removing subscribers and resetting a leaked link without scripts, and what removed people see on reloading."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.test_everyone import faults, is_too_wide
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]
PHONE = {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "reduced_motion": "reduce"}
NO_SCRIPT = {"java_script_enabled": False}

# Makes an event of `organiser` private; prints its invite.
HIDE = """
from events.models import Event

Event.objects.filter(pk={event}).update(state="private")
print(Event.objects.get(pk={event}).invite_token)
"""


def assert_good(page: Page) -> None:
    assert faults(page) == []
    assert not is_too_wide(page)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_removed_subscriber_is_no_longer_shown_as_one_until_allowed_again(meet: Meet) -> None:
    reader = meet("rick")
    event = reader.remind("Choir", seconds=3600)
    open_page = reader.open(f"/events/{event}/")
    expect(open_page.get_by_role("button", name="Unsubscribe")).to_be_visible()
    page = meet("organiser", **NO_SCRIPT).open(f"/events/{event}/subscribers/")

    page.get_by_role("link", name="Remove rick").click()
    expect(page.get_by_role("heading", name="Remove rick?")).to_be_visible()
    press(page, "Remove subscriber")
    expect(page.get_by_text("Subscriber removed.")).to_be_visible()
    open_page.reload()
    press(open_page, "Subscribe")
    expect(open_page.get_by_role("alert")).to_contain_text("You can’t subscribe to this event.")
    page.get_by_role("button", name="Allow rick again").click()
    press(open_page, "Subscribe")

    expect(open_page.get_by_role("button", name="Unsubscribe")).to_be_visible()


def test_subscribers_by_a_link_that_leaked_are_chosen_and_removed_as_it_is_renewed(
    meet: Meet, deployment: Deployment
) -> None:
    reader, organiser = meet("leif"), meet("organiser", **PHONE)
    event = reader.remind("Choir", seconds=3600)
    invite = deployment.shell(HIDE.format(event=event)).strip()
    page = organiser.open(f"/events/{event}/")

    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Reset invite link").click()
    assert_good(page)
    page.get_by_label("Subscribed since").fill("2020-01-01")
    press(page, "Reset invite link")
    expect(page.get_by_role("heading", name="1 subscriber will be removed")).to_be_visible()
    assert_good(page)
    expect(page.get_by_role("checkbox", name="leif")).to_be_checked()
    press(page, "Remove ticked subscribers")
    expect(page.get_by_text("1 subscriber removed.")).to_be_visible()
    assert_good(page)

    reader.forgive("404")
    assert not reader.is_shown(f"/events/{event}/?invite={invite}")
    page.goto(organiser.url_of(f"/events/{event}/"))
    renewed = page.get_by_label("Invite link").input_value()
    again = reader.open(renewed.removeprefix(reader.url_of("")))
    press(again, "Subscribe")
    expect(again.get_by_role("button", name="Unsubscribe")).to_be_visible()


def test_question_before_a_removal_is_accessible(meet: Meet) -> None:
    event = meet("nora").remind("Choir", seconds=3600)
    page = meet("organiser", **PHONE).open(f"/events/{event}/subscribers/")
    assert_good(page)

    page.get_by_role("link", name="Remove nora").click()

    expect(page.get_by_role("heading", name="Remove nora?")).to_be_visible()
    assert_good(page)
