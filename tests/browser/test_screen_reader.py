"""Test what a screen reader finds in Chromium's accessibility tree when somebody subscribes, posts and reads."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import Person

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]

LANDMARKS = ("banner", "navigation", "main", "complementary", "contentinfo")
# By property, the word for it; those that are false are left out.
STATES = {"checked": "checked", "pressed": "pressed", "expanded": "open", "invalid": "invalid", "required": "required"}
# Collects what live regions announce, which is what is added to them.
LISTEN = """
() => {
  globalThis.announced = [];
  for (const region of document.querySelectorAll("[role=status], [role=alert], [aria-live]")) {
    new MutationObserver((changes) => {
      for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) announced.push(node.innerText);
    }).observe(region, { childList: true });
  }
}
"""


def nodes(page: Page) -> Iterator[dict[str, Any]]:
    """Yield the nodes of the accessibility tree in the order in which they are read."""
    wire = page.context.new_cdp_session(page)
    tree = {node["nodeId"]: node for node in wire.send("Accessibility.getFullAXTree")["nodes"]}
    wire.detach()
    [root] = [node for node in tree.values() if "parentId" not in node]
    left = [root]
    while left:
        node = left.pop()
        left += [tree[child] for child in reversed(node.get("childIds", [])) if child in tree]
        if not node["ignored"]:
            yield node


def heard(page: Page, *roles: str) -> list[str]:
    """Return what is read of these roles: `heading 1 Concert`, or `textbox Title, required, invalid: What is wrong`."""
    found = []
    for node in nodes(page):
        role, name, about = (node.get(part, {}).get("value", "") for part in ("role", "name", "description"))
        properties = {each["name"]: each["value"].get("value") for each in node.get("properties", [])}
        if role in roles:
            level = f"{properties['level']}" if role == "heading" else ""
            states = [word for key, word in STATES.items() if properties.get(key) not in (None, False, "false")]
            words = ", ".join([" ".join(filter(None, (role, level, name))), *states])
            found.append(f"{words}: {about}" if about else words)
    return found


def test_subscribing_and_a_reminder_are_heard(meet: Meet) -> None:
    organiser, reader = meet("author"), meet("listener")
    page = reader.open(f"/events/{organiser.post('Concert')}/")
    menu = page.get_by_label("Account menu: listener")

    assert heard(page, *LANDMARKS) == [
        "banner",
        "navigation Main",
        "main",
        "complementary Your reminders",
        "contentinfo",
    ]
    assert heard(page, "heading")[0] == "heading 1 Concert"
    assert heard(page, "term")[:3] == ["term When", "term Where", "term Organiser"]
    assert "DisclosureTriangle Account menu: listener" in heard(page, "DisclosureTriangle")
    menu.press("Enter")
    assert "DisclosureTriangle Account menu: listener, open" in heard(page, "DisclosureTriangle")

    page.get_by_role("button", name="Subscribe", exact=True).press("Enter")

    expect(page.get_by_role("status").filter(has_text="subscribed")).to_be_visible()
    expect(page.locator("#feed-state")).to_have_text("Live")
    page.evaluate(LISTEN)
    reader.remind("Fair")
    expect(page.locator("#toasts .toast")).to_be_visible()
    [announced] = page.evaluate("announced.map((text) => text.split('\\n')).filter(([first]) => first === 'Fair')")
    assert announced[1].startswith("Starts in 1 hour, ")
    assert "button Inbox 1 unread" in heard(page, "button")
    assert heard(page, "heading")[0] == "heading 1 Concert"


def test_form_and_inbox_are_heard(meet: Meet) -> None:
    writer = meet("writer")
    writer.remind("Fair")
    page = writer.open("/events/new/")

    assert heard(page, "heading")[0] == "heading 1 Post an event"
    assert "textbox Title, required" in heard(page, "textbox")
    page.evaluate("document.querySelector('main form').noValidate = true")
    page.get_by_role("button", name="Post event").press("Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    assert "link Title: This field is required." in heard(page, "link")
    assert "textbox Title, invalid, required: This field is required." in heard(page, "textbox")

    page.goto(writer.url_of("/notifications/"))
    assert heard(page, *LANDMARKS)[:3] == ["banner", "navigation Main", "main"]
    assert heard(page, "heading") == ["heading 1 Inbox", "heading 2 Today", "heading 3 Fair"]
    assert [each for each in heard(page, "button") if "read" in each and "Inbox" not in each] == [
        "button Mark all as read",
        "button Mark “Fair” as read: Mark as read",
    ]
