"""Test what forms do while one types: suggest time zones by city, and let old errors leave once they are right."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.test_everyone import faults

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "locale": "de-DE"}

# As in a browser that cannot find out its time zone.
WITHOUT_ZONE = """{
  const optionsOf = Intl.DateTimeFormat.prototype.resolvedOptions;
  Intl.DateTimeFormat.prototype.resolvedOptions = function () {
    return { ...optionsOf.call(this), timeZone: "Etc/Unknown" };
  };
}"""


def errors_of(page: Page) -> list[str]:
    """Return what the summary of errors lists, field by field."""
    return [text.split(":")[0] for text in page.locator(".error-links li:visible").all_inner_texts()]


def expect_errors(page: Page, *labels: str) -> None:
    """Expect the errors of these fields, above the form and beside them."""
    expect(page.locator(".error-links li:visible")).to_have_count(len(labels))
    expect(page.locator("[aria-invalid]")).to_have_count(len(labels))
    expect(page.locator(".field-error:visible")).to_have_count(len(labels))
    assert errors_of(page) == list(labels)


def test_time_zone_is_chosen_by_city_with_the_keyboard_alone(meet: Meet) -> None:
    page = meet("zora", viewport={"width": 390, "height": 844}, reduced_motion="reduce").open("/events/new/")
    page.get_by_label("Start date").fill("2030-12-06")
    page.get_by_label("Start time").fill("18:00")
    zone = page.get_by_role("combobox", name="Time zone")
    expect(zone).to_have_value("Europe/Rome")
    expect(zone).to_have_attribute("aria-expanded", "false")

    zone.click()
    zone.evaluate("(input) => scrollBy(0, input.getBoundingClientRect().bottom - innerHeight + 80)")  # above the bar
    page.keyboard.type("munc")  # instead of what was there
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options.first).to_contain_text("Munich")
    expect(options.first).to_contain_text("Europe/Berlin, UTC+")
    option, bar = options.last.bounding_box(), page.locator(".site-nav").bounding_box()
    assert option
    assert bar
    assert option["y"] + option["height"] <= bar["y"]
    expect(zone).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(zone).to_have_attribute("aria-activedescendant", str(options.first.get_attribute("id")))
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(zone).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(options.first).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(zone).to_have_value("Europe/Berlin")
    page.route(re.compile("q=osl"), lambda _route: None)  # an answer that does not come
    with page.expect_request(re.compile("q=osl")):
        zone.fill("osl")
    zone.fill("munc")
    expect(options.first).to_contain_text("Munich")
    page.keyboard.press("Enter")  # sends no form while places are suggested, and proposes the first
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(zone).to_have_value("Europe/Berlin")
    expect(options.first).to_be_hidden()
    expect(page.locator("#when")).to_contain_text("Berlin time")

    zone.fill("vienna time")
    page.keyboard.press("Tab")
    expect(page.locator("#when")).to_contain_text("Vienna time")
    expect(options.first).to_be_hidden()
    page.get_by_label("Title").fill("Choir")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("Event posted.")).to_be_visible()
    expect(page.get_by_text("Vienna time").first).to_be_visible()


def test_old_errors_of_an_event_leave_when_their_fields_are_right_and_come_back_when_not(meet: Meet) -> None:
    page = meet("fehmi", reduced_motion="reduce").open("/events/new/")
    page.get_by_label("Start date").fill("2020-12-06")
    page.get_by_label("Start time").fill("18:00")
    page.get_by_label("Time zone").fill("Valencia")
    page.get_by_role("button", name="Post event").click()
    expect(page).to_have_title("Error: Post an event · Event manager")
    expect_errors(page, "Title", "Time zone")
    title, zone, summary = page.get_by_label("Title"), page.get_by_label("Time zone"), page.get_by_role("alert")

    title.fill("  ")
    expect_errors(page, "Title", "Time zone")
    title.fill("Choir")
    expect_errors(page, "Time zone")
    expect(title).not_to_have_attribute("aria-describedby", "id_headline_error")
    expect(page.get_by_role("status").filter(has_text="Title: fixed.")).to_be_attached()
    title.fill("")
    expect_errors(page, "Title", "Time zone")
    title.fill("Choir")

    zone.fill("Atlantis")
    expect(page.get_by_role("status").filter(has_text="No suggestions")).to_be_attached()
    expect_errors(page, "Time zone")
    zone.evaluate("(input) => input.scrollIntoView({ block: 'center', behavior: 'instant' })")
    before = zone.bounding_box()
    zone.fill("Madrid")
    expect(summary).to_be_hidden()
    after = zone.bounding_box()
    assert before
    assert after
    assert abs(after["y"] - before["y"]) < 3  # browsers scroll by whole pixels; the summary is some 100 px high
    expect(page).to_have_title("Post an event · Event manager")

    page.get_by_role("button", name="Post event").click()
    expect_errors(page, "Start date")
    page.get_by_label("Start date").fill("2021-12-06")
    expect(page.locator("#when")).to_have_text("This start time is in the past.")
    expect_errors(page, "Start date")
    page.get_by_label("Start date").fill("2030-12-06")
    expect(summary).to_be_hidden()
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("Event posted.")).to_be_visible()


def test_old_errors_of_a_sign_up_leave_when_their_fields_are_right_or_changed(meet: Meet) -> None:
    meet("taken")
    visitor = meet("visitor", logged_in=False, **PHONE)
    visitor.context.add_init_script(WITHOUT_ZONE)
    page = visitor.open("/accounts/signup/")
    expect(page.locator("[name=time_zone]")).to_have_value("UTC")
    for label, value in {"Zeitzone": "Wien", "E-Mail": "me", "Benutzername": "taken", "Passwort": "pq7xw"}.items():
        page.get_by_label(label, exact=False).first.fill(value)
    page.keyboard.press("Enter")
    expect_errors(page, "E-Mail-Adresse", "Passwort")

    page.locator("[name=email]").fill("me@")
    expect_errors(page, "E-Mail-Adresse", "Passwort")
    page.locator("[name=email]").fill("me@example.org")
    page.locator("[name=password]").press_sequentially("pq7xw9")
    expect_errors(page, "Passwort")
    page.locator("[name=password]").press_sequentially("kw3m")
    expect(page.get_by_role("alert")).to_be_hidden()

    page.keyboard.press("Enter")
    expect_errors(page, "Benutzername", "Passwort")
    page.locator("[name=username]").fill("free")
    expect_errors(page, "Passwort")
    page.locator("[name=username]").fill("taken")
    expect_errors(page, "Benutzername", "Passwort")
    page.locator("[name=username]").fill("free")
    page.locator("[name=password]").fill("pq7xwkw3m")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Willkommen, free")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_long_password_does_not_run_below_the_button_that_shows_it(meet: Meet, locale: str) -> None:
    page = meet("visitor", logged_in=False, **PHONE | {"locale": locale}).open("/accounts/signup/")

    room = page.locator("[name=password]").evaluate("(input) => parseFloat(getComputedStyle(input).paddingInlineEnd)")
    button = page.locator(".reveal").bounding_box()

    assert button
    assert button["width"] <= room
