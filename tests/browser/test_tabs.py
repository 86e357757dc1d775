"""Test many tabs of one reader: one of them connects for all, and each has the bell's panel."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, WebSocketRoute, expect

from tests.browser.people import Person
from tests.browser.test_feed import expect_state, expect_unread, toast
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]

# Nobody looks at this tab, and the browser runs its timers late. (Browsers do so after some minutes, once a minute.)
BE_HIDDEN = """
Object.defineProperty(document, "hidden", { get: () => true });
const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (work, delay, ...rest) => wait(work, delay > 1_000 ? delay + 60_000 : delay, ...rest);
"""
# Five seconds of this tab pass in one. Short periods stay, so that a slow machine is not taken for a dead feed.
HURRY = """
const { setTimeout: wait } = globalThis;
globalThis.setTimeout = (work, delay, ...rest) => wait(work, delay > 3_000 ? delay / 5 : delay, ...rest);
"""


def sockets_of(context: BrowserContext) -> list[WebSocket]:
    """Collect the sockets that the tabs of this browser open from now on."""
    sockets: list[WebSocket] = []
    context.on("page", lambda page: page.on("websocket", lambda socket: sockets.append(socket)))
    return sockets


def test_tabs_share_one_socket_and_each_shows_a_notification_once(meet: Meet) -> None:
    reader = meet("nora")
    sockets = sockets_of(reader.context)
    tabs = [reader.open("/"), reader.open("/notifications/"), reader.open("/subscriptions/")]
    for tab in tabs:
        expect_state(tab, "Live")

    reader.remind("Concert", count=2)

    for tab in tabs:
        expect(toast(tab, "Concert")).to_have_count(2)
        expect_unread(tab, "2")
    assert len(sockets) == 1
    toast(tabs[0], "Concert").first.get_by_role("button", name="Dismiss").click()
    for tab in tabs:  # what one tab has shown counts as seen in all
        expect(toast(tab, "Concert")).to_have_count(1)
        expect_unread(tab, "2")


def test_another_tab_takes_over_when_the_leading_tab_closes(meet: Meet) -> None:
    reader = meet("otto")
    sockets = sockets_of(reader.context)
    leader = reader.open("/")
    expect_state(leader, "Live")
    others = [reader.open("/"), reader.open("/")]
    for tab in others:
        expect_state(tab, "Live")

    leader.close()
    reader.remind("Concert")

    for tab in others:
        expect(toast(tab, "Concert")).to_have_count(1)
        expect_state(tab, "Live")
    assert len(sockets) == 2  # the leader's, and that of the tab that took over


def test_page_that_is_returned_to_shows_what_arrived_meanwhile(meet: Meet) -> None:
    reader = meet("pia")
    page = reader.open("/")
    expect_state(page, "Live")
    page.goto("about:blank")
    reader.remind("Concert")

    page.go_back()

    expect_unread(page, "1")
    expect_state(page, "Live")


def test_page_that_was_offline_says_so_and_catches_up(meet: Meet) -> None:
    reader = meet("rita")
    page = reader.open("/")
    expect_state(page, "Live")

    reader.context.set_offline(True)
    expect_state(page, "Offline")
    reader.remind("Concert")
    reader.context.set_offline(False)

    expect(toast(page, "Concert")).to_have_count(1)
    expect_state(page, "Live")
    reader.forgive("ERR_INTERNET_DISCONNECTED")


def test_page_polls_where_sockets_are_blocked(meet: Meet) -> None:
    reader = meet("samir")
    reader.context.route_web_socket(re.compile("/ws/notifications/"), lambda socket: socket.close())
    tabs = [reader.open("/"), reader.open("/")]
    for tab in tabs:
        expect_state(tab, "Delayed")

    reader.remind("Concert")

    for tab in tabs:
        expect(toast(tab, "Concert")).to_have_count(1)
        expect_unread(tab, "1")


def test_visible_tab_polls_while_the_feed_hangs_behind_a_hidden_tab(meet: Meet, deployment: Deployment) -> None:
    reader = meet("sybil")
    sockets = sockets_of(reader.context)
    hidden = reader.context.new_page()
    hidden.add_init_script(BE_HIDDEN)
    hidden.goto(reader.url_of("/"))
    expect_state(hidden, "Live")
    visible = reader.context.new_page()
    visible.add_init_script(HURRY)
    visible.goto(reader.url_of("/"))
    expect_state(visible, "Live")
    sockets[0].wait_for_event("framereceived", lambda frame: "pong" in str(frame))

    with deployment.frozen("feed"):
        expect_state(visible, "Delayed")
        reader.remind("Concert")
        expect(toast(visible, "Concert")).to_have_count(1)
        assert len(sockets) >= 2  # the visible tab tries to reconnect

    expect_state(visible, "Live")
    expect_state(hidden, "Live")


def test_only_tab_polls_while_the_feed_hangs(meet: Meet, deployment: Deployment) -> None:
    reader = meet("silja")
    reader.context.add_init_script(HURRY)
    page = reader.open("/")
    expect_state(page, "Live")

    with deployment.frozen("feed"):
        expect_state(page, "Delayed")

    expect_state(page, "Live")


def test_feed_of_the_previous_version_is_never_pinged(meet: Meet) -> None:
    reader = meet("sten")
    sent: list[str | bytes] = []

    def forward_as_before(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def forward(text: str | bytes) -> None:
            frame = json.loads(text)
            frame.pop("pings", None)
            socket.send(json.dumps(frame))

        def note(text: str | bytes) -> None:
            sent.append(text)
            server.send(text)

        server.on_message(forward)
        socket.on_message(note)

    reader.context.route_web_socket(re.compile("/ws/notifications/"), forward_as_before)
    reader.context.add_init_script(HURRY)
    page = reader.open("/")
    expect_state(page, "Live")

    page.wait_for_timeout(6_000)  # 30 s of the page's time

    expect_state(page, "Live")
    assert [text for text in sent if "ping" in str(text)] == []


def test_reading_on_one_device_clears_the_other_while_redis_is_down(meet: Meet, deployment: Deployment) -> None:
    phone, desk = meet("tilda"), meet("tilda")
    pages = [phone.open("/"), desk.open("/"), desk.open("/")]
    for page in pages:
        expect_state(page, "Live")
    desk.remind("Concert")
    for page in pages:
        expect(toast(page, "Concert")).to_have_count(1)
    deployment.valkey.kill()

    pages[1].get_by_role("button", name=re.compile("^Inbox")).click()
    pages[1].get_by_role("button", name="Mark “Concert” as read").click()

    for page in pages:
        expect_unread(page, "")
        expect(toast(page, "Concert")).to_have_count(0)
    deployment.valkey.start()


def test_somebody_else_who_logs_in_silences_the_open_page(meet: Meet) -> None:
    reader = meet("udo")
    page = reader.open("/")
    expect_state(page, "Live")
    other = meet("vera")
    [cookie] = [each for each in other.context.cookies() if each["name"] == "sessionid"]
    reader.context.add_cookies([{"name": "sessionid", "value": cookie["value"], "url": other.url_of("/")}])

    reader.open("/")

    expect_state(page, "Logged out")
    expect(page.get_by_role("link", name="Log in again")).to_be_visible()


def panel_button(page: Page, name: str) -> None:
    expect(page.locator("#bell-panel").get_by_role("button", name=name)).to_be_focused()


def test_panel_is_used_by_keyboard_in_a_small_window(meet: Meet) -> None:
    reader = meet("wanda", viewport={"width": 390, "height": 460})
    page = reader.open("/")
    expect_state(page, "Live")
    reader.remind("Concert")
    reader.remind("A headline that is longer than a phone is wide, which must not push anything out of sight")
    expect_unread(page, "2")
    bell, panel = page.locator("#bell"), page.locator("#bell-panel")

    bell.press("Enter")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    box = panel.bounding_box()
    assert box
    assert (box["x"] >= 0, box["x"] + box["width"] <= 390) == (True, True)
    panel.get_by_role("button", name="Mark “A headline").press("Enter")
    panel_button(page, "Mark “Concert” as read")
    expect_unread(page, "1")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bell).to_be_focused()

    bell.press("Enter")
    panel.get_by_role("button", name="Mark all as read").press("Enter")
    expect_unread(page, "")
    panel.get_by_role("link", name="Open inbox").press("Enter")
    expect(page.get_by_role("heading", name="Inbox", level=1)).to_be_visible()


def test_phone_has_the_count_in_its_bar_whatever_is_scrolled(meet: Meet) -> None:
    reader = meet("willi", viewport={"width": 390, "height": 844})
    reader.remind("Concert")
    page = reader.open(f"/events/{reader.post('Fair')}/")
    bar = page.get_by_role("navigation", name="Main")
    inbox = bar.get_by_role("link", name="Inbox")

    expect(inbox).to_have_accessible_name("Inbox 1 unread")
    page.mouse.wheel(0, 2_000)
    box, links = inbox.bounding_box(), bar.get_by_role("link")
    assert box
    assert box["y"] + box["height"] == 844
    boxes = [link.bounding_box() for link in links.all()]
    assert [box["height"] >= 44 for box in boxes if box] == 5 * [True]
    reader.remind("Choir")
    expect(inbox).to_have_accessible_name("Inbox 2 unread")
    inbox.click()
    page.get_by_role("button", name="Mark all as read").click()

    expect(inbox).to_have_accessible_name("Inbox")
    expect(page.locator("#bell")).to_be_hidden()


def test_open_panel_shows_what_arrives(meet: Meet) -> None:
    reader = meet("xenia")
    page = reader.open("/")
    expect_state(page, "Live")
    page.locator("#bell").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()

    reader.remind("Concert")

    expect(page.locator("#latest").get_by_role("listitem").filter(has_text="Concert")).to_be_visible()
