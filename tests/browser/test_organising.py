"""An organiser's pages: who will be told of an edit, writing to the subscribers, who has read it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]
WOULD_BE_TOLD = "1 subscriber will be told if you change start, end or place."
WILL_BE_TOLD = "1 subscriber will be told of this change."


def test_edit_form_says_that_it_will_be_told_while_there_is_such_a_change(meet: Meet) -> None:
    event = meet("edna").remind("Choir", seconds=3600)
    page = meet("organiser").open(f"/events/{event}/edit/")
    told = page.get_by_role("status").filter(has_text="subscriber")

    for label, value, sentence in (
        ("Headline", "Large choir", WOULD_BE_TOLD),
        ("Place", "Aula Magna", WILL_BE_TOLD),
        ("Place", "", WOULD_BE_TOLD),
        ("End date", "2030-01-01", WILL_BE_TOLD),
        ("End date", "", WOULD_BE_TOLD),
    ):
        page.get_by_label(label).fill(value)
        expect(told.locator("span, strong").filter(visible=True)).to_have_text(sentence)
    page.get_by_label("All day").check()
    expect(told.locator("strong")).to_be_visible()


def test_message_reaches_the_open_page_and_its_organiser_sees_it_read(meet: Meet) -> None:
    reader, organiser = meet("rita"), meet("organiser")
    event = reader.remind("Choir", seconds=3600)
    inbox = reader.open("/notifications/")

    page = organiser.open(f"/events/{event}/")
    page.get_by_role("link", name="Write to subscribers").click()
    page.get_by_label("Your message").fill("Doors open at five.")
    page.get_by_role("button", name="Send message").click()

    expect(page.get_by_text("Your message is on its way to 1 subscriber.")).to_be_visible()
    expect(inbox.get_by_role("blockquote")).to_have_text("Doors open at five.")
    inbox.get_by_role("button", name="Mark “Choir” read").click()
    expect(inbox.locator(".entry-trail")).to_contain_text("Read")
    page.get_by_role("link", name="Who was told").click()
    expect(page.get_by_role("row", name="Your message")).to_contain_text("Doors open at five.")
    expect(page.get_by_role("cell")).to_have_text(["1", "1", "0"])
