"""Test an organiser's pages: who is notified of an edit, messages to subscribers, and who has read them."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]
WOULD_NOTIFY = "1 subscriber will be notified if you change the time or location."
WILL_NOTIFY = "1 subscriber will be notified of this change."


def test_edit_form_says_that_subscribers_will_be_notified_while_there_is_such_a_change(meet: Meet) -> None:
    event = meet("edna").remind("Choir", seconds=3600)
    page = meet("organiser").open(f"/events/{event}/edit/")
    note = page.get_by_role("status").filter(has_text="subscriber")

    for label, value, sentence in (
        ("Title", "Large choir", WOULD_NOTIFY),
        ("Location", "Aula Magna", WILL_NOTIFY),
        ("Location", "", WOULD_NOTIFY),
        ("End date", "2030-01-01", WILL_NOTIFY),
        ("End date", "", WOULD_NOTIFY),
    ):
        page.get_by_label(label).fill(value)
        expect(note.locator("span, strong").filter(visible=True)).to_have_text(sentence)
    page.get_by_label("All day").check()
    expect(note.locator("strong")).to_be_visible()


def test_message_reaches_the_open_page_and_its_organiser_sees_it_read(meet: Meet) -> None:
    reader, organiser = meet("rita"), meet("organiser")
    event = reader.remind("Choir", seconds=3600)
    inbox = reader.open("/notifications/")

    page = organiser.open(f"/events/{event}/")
    page.get_by_role("link", name="Message subscribers").click()
    page.get_by_label("Your message").fill("Doors open at five.")
    page.get_by_role("button", name="Send message").click()

    expect(page.get_by_text("Message sent to 1 subscriber.")).to_be_visible()
    expect(inbox.get_by_role("blockquote")).to_have_text("Doors open at five.")
    inbox.get_by_role("button", name="Mark “Choir” as read").click()
    expect(inbox.locator(".entry-trail")).to_contain_text("Read")
    click(page, "More", "Delivery report")
    expect(page.get_by_role("row", name="Your message")).to_contain_text("Doors open at five.")
    expect(page.get_by_role("cell")).to_have_text(["1", "1", "0"])


def test_message_sent_by_a_double_click_without_a_script_is_one(meet: Meet, deployment: Deployment) -> None:
    event, organiser = meet("dora").remind("Choir", seconds=3600), meet("organiser", java_script_enabled=False)
    page = organiser.open(f"/events/{event}/announce/")
    page.get_by_label("Your message").fill("Doors open at five.")
    box = page.get_by_role("button", name="Send message").bounding_box()
    assert box
    with closing(sqlite3.connect(deployment.folder / "events.sqlite3", timeout=20)) as database:
        database.execute("BEGIN IMMEDIATE")  # all other writes wait
        for _ in range(2):  # slower than `dblclick`, after which Chromium sends only the second form
            with page.expect_request("**/announce/"):
                page.mouse.click(box["x"] + 10, box["y"] + 10)
            page.wait_for_timeout(400)
    expect(page).to_have_url(organiser.url_of(f"/events/{event}/"))

    expect(page.get_by_text("Message sent to 1 subscriber.")).to_have_count(1)
    click(page, "More", "Delivery report")
    expect(page.get_by_role("row", name="Your message")).to_have_count(1)


def test_second_of_two_tabs_takes_over_what_the_first_has_saved(meet: Meet) -> None:
    organiser = meet("twins")
    event = organiser.post("Choir")
    first, second = [organiser.open(f"/events/{event}/edit/") for _ in range(2)]

    first.get_by_label("Title").fill("Large choir")
    first.get_by_label("Location").fill("Hall A")
    first.get_by_role("button", name="Save changes").click()
    expect(first.get_by_text("Changes saved.")).to_be_visible()
    second.get_by_label("Location").fill("Hall B")
    second.get_by_role("button", name="Save changes").click()

    expect(second.get_by_role("alert")).to_contain_text("This event was changed while you were editing it.")
    expect(second.get_by_label("Title")).to_have_value("Large choir")
    second.get_by_role("link", name="Location: Currently saved: Hall A").click()
    expect(second.get_by_label("Location")).to_be_focused()
    expect(second.get_by_label("Location")).to_have_value("Hall B")
    second.get_by_role("button", name="Save changes").click()
    expect(second.get_by_role("heading", name="Large choir")).to_be_visible()
    expect(second.locator(".facts")).to_contain_text("Hall B")


def click(page: Page, *names: str) -> None:
    """Click links, buttons and menus with these names, one after the other."""
    for name in names:
        link = page.get_by_role("link", name=name, exact=True)
        button = page.get_by_role("button", name=name, exact=True)
        menu = page.locator("summary").filter(has_text=re.compile(rf"^\s*{name}\s*$"))
        page.get_by_role("main").locator("a, button, summary").and_(link.or_(button).or_(menu)).click()


def test_menu_of_the_organiser_opens_above_the_bar_of_a_phone(meet: Meet) -> None:
    organiser = meet("menno", viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce")
    page = organiser.open(f"/events/{organiser.post('Concert')}/")

    page.locator("summary").filter(has_text="More").click()
    expect(page.get_by_role("link", name="Delete event")).to_be_in_viewport()
    page.wait_for_function(
        """() => document.querySelector(".panel-menu .menu-panel").getBoundingClientRect().bottom
            <= document.querySelector(".site-nav").getBoundingClientRect().top"""
    )


def test_event_lives_from_draft_to_cancellation_on_a_phone_without_a_script(meet: Meet) -> None:
    reader, phone = meet("rosa"), {"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}
    page = meet("olga", **phone).open("/events/new/")
    inbox = reader.open("/notifications/")

    page.get_by_label("Title").fill("Choir")
    page.get_by_label("Start date").fill("2030-12-06")
    page.get_by_label("Start time").fill("18:00")
    page.get_by_label("Draft: only you").check()
    click(page, "Save draft", "Publish for everyone")
    expect(page.get_by_text("Event published.")).to_be_visible()
    subscriber = reader.open(page.url.removeprefix(reader.url_of("")))
    click(subscriber, "Subscribe")
    click(page, "More", "Duplicate event")
    expect(page.get_by_label("Start date")).to_have_value("2030-12-13")
    click(page, "Post event")
    expect(page.get_by_text("Event posted.")).to_be_visible()
    page.goto(subscriber.url)
    page.get_by_role("link", name="1 subscriber").click()
    expect(page.get_by_role("list").get_by_text("rosa")).to_be_visible()
    page.goto(subscriber.url)
    click(page, "More", "Cancel event")
    page.get_by_label("Reason").fill("The hall is flooded.")
    click(page, "Cancel event")

    expect(page.get_by_text("You cancelled this event.")).to_be_visible()
    expect(inbox.get_by_role("blockquote")).to_have_text("The hall is flooded.")
