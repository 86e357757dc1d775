"""Test desktop notifications: one for each notification, if they are switched on and no tab is being looked at."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.test_feed import expect_state, expect_unread, toast
from tests.browser.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]

# Records the desktop notifications of a page, and lets a test pretend that nobody looks at the page.
WATCH = """
globalThis.shownNotifications = [];
globalThis.Notification = class extends Notification {
  constructor(headline, options) {
    super(headline, options);
    shownNotifications.push(this);
  }
};
Object.defineProperty(document, "hidden", { get: () => globalThis.isAway === true });
"""
LOOK_AWAY = "isAway = true; document.dispatchEvent(new Event('visibilitychange'))"
# The same text as in the inbox, about an event in UTC, for a reader in Rome.
SAID = r"Starts in 1 hour, \w+ \d+ \w+ \d\d:\d\d UTC\n\w+ \d+ \w+ \d\d:\d\d your time"
PREFERENCES = "/notifications/preferences/"


def meet_reader(meet: Meet, name: str, *, is_granted: bool = True) -> Person:
    reader = meet(name)
    reader.context.add_init_script(WATCH)
    if is_granted:
        reader.context.grant_permissions(["notifications"], origin=reader.url_of(""))
    return reader


def switch_on(reader: Person) -> None:
    page = reader.open(PREFERENCES)
    page.get_by_role("button", name="Turn on desktop notifications").click()
    expect(page.get_by_text("Desktop notifications are on in this browser.")).to_be_visible()
    assert notification_titles(page) == ["This is what notifications look like"]
    page.close()


def open_and_look_away(reader: Person, path: str = "/") -> Page:
    page = reader.open(path)
    expect_state(page, "Live")
    page.evaluate(LOOK_AWAY)
    return page


def notification_titles(*pages: Page) -> list[str]:
    return [headline for page in pages for headline in page.evaluate("shownNotifications.map(({ title }) => title)")]


def expect_notification(page: Page, headline: str) -> None:
    """Wait for a notification, which comes after the toast."""
    expect(toast(page, headline)).to_have_count(1)
    wait_for(page, lambda: headline in notification_titles(page))


def click_last_notification(page: Page) -> None:
    page.evaluate("shownNotifications.at(-1).dispatchEvent(new Event('click'))")


def test_desktop_notification_comes_once_for_all_tabs_and_opens_the_event(meet: Meet) -> None:
    reader = meet_reader(meet, "nils")
    switch_on(reader)
    tabs = [open_and_look_away(reader), open_and_look_away(reader), open_and_look_away(reader)]
    reader.remind("Concert")
    expect_notification(tabs[0], "Concert")
    event = reader.remind("Fair")
    expect_notification(tabs[0], "Fair")

    assert notification_titles(*tabs) == ["Concert", "Fair"]
    assert re.fullmatch(SAID, tabs[0].evaluate("shownNotifications[0].body"))
    click_last_notification(tabs[0])

    expect(tabs[0]).to_have_url(re.compile(f"/events/{event}/$"))
    expect_unread(tabs[1], "1")


def test_no_desktop_notification_comes_while_a_tab_is_looked_at(meet: Meet) -> None:
    reader = meet_reader(meet, "olga")
    switch_on(reader)
    leader, other = open_and_look_away(reader), reader.open("/")
    expect_state(other, "Live")
    reader.remind("Concert")
    expect(toast(leader, "Concert")).to_have_count(1)
    expect(toast(other, "Concert")).to_have_count(1)

    other.evaluate(LOOK_AWAY)
    reader.remind("Fair")

    expect_notification(leader, "Fair")
    assert notification_titles(leader, other) == ["Fair"]


def test_desktop_notification_closes_once_it_is_read_elsewhere(meet: Meet) -> None:
    reader, phone = meet_reader(meet, "paul"), meet("paul")
    switch_on(reader)
    page = open_and_look_away(reader)
    reader.remind("Concert")
    expect_notification(page, "Concert")
    page.evaluate("shownNotifications.at(-1).onclose = () => { globalThis.isClosed = true; }")

    phone.open("/notifications/").get_by_role("button", name="Mark all as read").click()

    expect_unread(page, "")
    wait_for(page, lambda: page.evaluate("globalThis.isClosed"))


def test_desktop_notifications_of_one_event_have_the_same_tag(meet: Meet) -> None:
    reader = meet_reader(meet, "tove")
    switch_on(reader)
    page = open_and_look_away(reader)
    event = reader.remind("Concert")
    expect_notification(page, "Concert")
    reader.remind("Fair")
    expect_notification(page, "Fair")

    reader.announce(event, "Bring an umbrella.")
    wait_for(page, lambda: len(notification_titles(page)) == 3)

    reminder, other, message = page.evaluate("shownNotifications.map(({ tag, body }) => ({ tag, body }))")
    assert reminder["tag"] == message["tag"] != other["tag"]
    assert message["body"].endswith("Bring an umbrella.")


def test_click_on_a_desktop_notification_keeps_what_was_typed(meet: Meet) -> None:
    reader = meet_reader(meet, "rosa")
    switch_on(reader)
    page = reader.open("/events/new/")
    page.get_by_label("Title").fill("My own")
    expect_state(page, "Live")
    page.evaluate(LOOK_AWAY)
    event = reader.remind("Concert")
    expect_notification(page, "Concert")

    with reader.context.expect_page() as opened:
        click_last_notification(page)

    expect(opened.value).to_have_url(re.compile(f"/events/{event}/$"))
    expect(page.get_by_label("Title")).to_have_value("My own")


def test_switch_is_used_by_keyboard_and_ends_desktop_notifications(meet: Meet) -> None:
    reader = meet_reader(meet, "sven")
    page = reader.open(PREFERENCES)

    page.get_by_role("button", name="Turn on desktop notifications").press("Enter")
    page.get_by_role("button", name="Turn off desktop notifications").press("Enter")

    expect(page.get_by_role("button", name="Turn on desktop notifications")).to_be_focused()
    page.reload()
    expect(page.get_by_role("button", name="Turn on desktop notifications")).to_be_visible()


def test_browser_that_blocks_desktop_notifications_is_named_as_the_reason(meet: Meet) -> None:
    reader = meet_reader(meet, "tara", is_granted=False)
    reader.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")

    page = reader.open(PREFERENCES)

    expect(page.get_by_text("Your browser is blocking notifications.")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on desktop notifications")).to_be_hidden()
