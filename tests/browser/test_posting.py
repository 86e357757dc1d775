"""Test the event form: what it shows as one types, and that it works without scripts."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from events.presentation.times import distance_text
from tests.browser.people import Person
from tests.browser.test_everyone import faults
from tests.browser.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def far() -> str:
    """Return how far away the day is on which most of these events start."""
    return distance_text(date(2030, 12, 6), today=datetime.now(ZoneInfo("Europe/Rome")).date())


def expect_line(page: Page, text: str) -> None:
    expect(page.locator("#when")).to_have_text(text)


def test_form_says_in_both_zones_what_the_times_come_to(meet: Meet) -> None:
    page = meet("paula").open("/events/new/")
    page.get_by_label("Title").fill("Choir")

    for inputs, line in (
        ({"Start date": "2030-12-06", "Start time": "18:00"}, f"Fri 6 Dec 2030, 18:00 Rome time {far()}"),
        ({"End time": "02:00"}, f"Fri 6 Dec 2030, 18:00–02:00 Rome time {far()}"),
        ({"End time": "20:00"}, f"Fri 6 Dec 2030, 18:00–20:00 Rome time {far()}"),
        # The end moves along.
        ({"Start time": "19:30"}, f"Fri 6 Dec 2030, 19:30–21:30 Rome time {far()}"),
        (
            {"Time zone": "America/New_York"},
            f"Fri 6 Dec 2030, 19:30–21:30 New York time Sat 7 Dec 2030, 01:30–03:30 your time · {far()}",
        ),
        ({"Time zone": "America/Nowhere"}, ""),
        ({"Time zone": "Europe/Rome", "End date": "2030-12-05"}, "The end is before the start."),
        ({"Start date": "2020-12-06"}, "This start time is in the past."),
        (
            {"Start date": "2030-03-31", "Start time": "02:30"},
            "Clocks go forward at that hour, so this time doesn’t exist there.",
        ),
    ):
        for label, value in inputs.items():
            page.get_by_label(label, exact=True).fill(value)
        expect_line(page, line)
    page.get_by_label("All day").check()
    page.get_by_label("Start date").fill("2030-12-06")
    page.get_by_label("End date").fill("2030-12-08")
    expect_line(page, f"Fri 6 – Sun 8 Dec 2030 All day, Rome time · {far()}")


def test_line_says_nothing_without_a_connection_and_what_was_typed_last_with_one(meet: Meet) -> None:
    writer = meet("ottilie")
    page = writer.open("/events/new/")
    page.get_by_label("Start date").fill("2030-12-06")
    page.get_by_label("Start time").fill("18:00")
    expect_line(page, f"Fri 6 Dec 2030, 18:00 Rome time {far()}")

    writer.context.set_offline(True)
    page.get_by_label("Start time").fill("19:00")
    expect_line(page, "")

    writer.context.set_offline(False)
    page.get_by_label("Start time").fill("20:00")
    expect_line(page, f"Fri 6 Dec 2030, 20:00 Rome time {far()}")
    writer.forgive("ERR_INTERNET_DISCONNECTED")


def test_new_event_starts_soon_in_the_zone_of_the_browser(meet: Meet) -> None:
    person = meet("uta", timezone_id="Asia/Tehran")
    settings = person.open("/accounts/language-and-time/")
    settings.get_by_label("Time zone").fill("UTC")
    settings.get_by_role("button", name="Save language and time zone").click()

    page = person.open("/events/new/")

    expect(page.get_by_label("Time zone")).to_have_value("Asia/Tehran")
    shown, earliest, latest = page.evaluate("""() => {
      const value = (name) => document.querySelector(`[name=${name}]`).value;
      const start = Date.parse(`${value("start_date")}T${value("start_time")}+03:30`);
      return [start, Date.now() - 60_000, Date.now() + 3_600_000];
    }""")
    assert earliest < shown <= latest


@pytest.mark.parametrize("options", [PHONE | {"java_script_enabled": False}, {}], ids=["phone, no script", "desktop"])
def test_form_that_comes_back_leads_to_what_is_wrong_and_then_posts(meet: Meet, options: dict[str, object]) -> None:
    page = meet(f"petra{len(options)}", **options).open("/events/new/")

    page.get_by_label("Start date").fill("2030-12-06")
    page.get_by_label("Start time").fill("18:00")
    page.get_by_label("Public: listed").check()
    page.get_by_role("button", name="Post event").click()

    expect(page.get_by_role("alert")).to_be_focused()
    expect_line(page, f"Fri 6 Dec 2030, 18:00 Rome time {far()}")
    page.get_by_role("link", name="Title: This field is required.").click()
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Choir")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Choir", level=1)).to_be_visible()
    expect(page.get_by_text("Event posted.")).to_be_visible()


@pytest.mark.parametrize("options", [PHONE | {"java_script_enabled": False}, {}], ids=["phone, no script", "desktop"])
def test_preview_shows_the_event_beside_what_is_typed(meet: Meet, options: dict[str, object]) -> None:
    page = meet(f"petra{len(options)}", **options).open("/events/new/")

    page.get_by_label("Title").fill("Choir")
    page.get_by_label("Location").fill("https://meet.example.org/choir")
    page.get_by_label("Description").fill("Doors at **seven**.")
    page.get_by_label("Start date").fill("2030-12-06")
    page.get_by_label("Start time").fill("18:00")
    page.get_by_label("Time zone").fill("wien")
    page.get_by_label("Draft: only you").check()
    page.get_by_role("button", name="Preview").click()

    preview = page.get_by_role("region", name="Preview")
    expect(preview).to_be_focused()
    expect(preview.get_by_role("heading", name="Choir", level=2)).to_be_visible()
    expect(preview.locator("time").first).to_have_text("Fri 6 Dec 2030, 18:00")
    expect(preview.get_by_text("Vienna time").first).to_be_visible()
    expect(preview.get_by_role("link", name="Join")).to_be_visible()
    expect(preview.get_by_role("button", name="Subscribe")).to_be_disabled()
    expect(preview.locator("strong", has_text="seven")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Choir")
    if "java_script_enabled" not in options:  # axe is a script
        assert faults(page) == []
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved.")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("button", name="Save draft")).to_be_visible()
    page.get_by_label("Public: listed").check()
    page.get_by_role("button", name="Publish event").click()
    expect(page.get_by_text("Event published.")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_role("button", name="Save changes")).to_be_visible()


def test_preview_shows_what_was_asked_for_last(meet: Meet) -> None:
    writer = meet("pepe")
    page, held = writer.open("/events/new/"), list[Route]()
    page.get_by_label("Title").fill("Choir")
    page.route("**/events/new/", lambda route: held.append(route))
    for text in ("first", "last"):
        page.get_by_label("Description").fill(text)
        with page.expect_request("**/events/new/"):
            page.get_by_role("button", name="Preview").click()
    wait_for(page, lambda: len(held) == 2)

    held[1].continue_()
    expect(page.locator("#preview .prose")).to_have_text("last")
    held[0].continue_()
    page.wait_for_timeout(300)

    expect(page.locator("#preview .prose")).to_have_text("last")
    expect(page.locator("#preview")).to_be_focused()
    writer.forgive("ERR_ABORTED")


def test_leaving_asks_only_where_something_would_be_lost(meet: Meet) -> None:
    page = meet("paula").open("/events/new/")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)

    page.get_by_role("link", name="Discard").click()
    page.wait_for_url("**/")
    page.goto(page.url + "events/new/")
    assert asked == []
    page.get_by_label("Title").fill("Choir")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("link", name="Discard").click()
    page.wait_for_url("**/")

    assert asked == ["beforeunload"]


def test_characters_are_counted_near_the_limit_and_nothing_is_cut_off(meet: Meet) -> None:
    page = meet("paula").open("/events/new/")
    headline = page.get_by_label("Title")
    count = page.locator(".field-help").filter(has_text="of 200")

    headline.fill("x" * 150)
    expect(count).to_have_count(0)
    headline.fill("x" * 190)
    expect(count).to_have_text("190 of 200 characters")
    expect(count).to_have_attribute("aria-live", "off")
    headline.fill("🎉" * 201)
    expect(count).to_have_text("Too long: 201 of 200 characters")
    expect(count).to_have_attribute("aria-live", "polite")
    expect(headline).to_have_value("🎉" * 201)
