"""Test the feed in an open page: notifications arrive, are read in all tabs at once, and survive any single failure."""

import json
import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, WebSocketRoute, expect

from tests.browser.people import PASSWORD, Person
from tests.browser.test_browsing import expect_status
from tests.browser.waiting import wait_for
from tests.faults.rounds import within
from tools.stage.live import Deployment

pytestmark = pytest.mark.browser

Meet = Callable[..., Person]

ROME = ZoneInfo("Europe/Rome")


def expect_unread(page: Page, label: str) -> None:
    """Expect the bell and the title to show this number of unread notifications, "" for none."""
    expect(page.locator("#bell")).to_have_accessible_name(f"Inbox {label} unread" if label else "Inbox")
    expect(page).to_have_title(re.compile(rf"^\({re.escape(label)}\) " if label else r"^[^(]"))


def expect_state(page: Page, word: str) -> None:
    expect(page.locator("#feed-state")).to_have_text(word)


def toast(page: Page, headline: str) -> Locator:
    return page.locator("#toasts .toast").filter(has_text=headline)


def sign_up(person: Person) -> None:
    page = person.open("/accounts/signup/")
    page.get_by_label("Email address").fill(f"{person.name}@example.org")
    page.get_by_label("Username").fill(person.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text(f"Welcome, {person.name}")).to_be_visible()
    page.close()


def test_reminder_arrives_on_the_open_page_of_somebody_who_subscribed_in_the_browser(meet: Meet) -> None:
    organiser, reader = meet("amanda", logged_in=False), meet("ben", logged_in=False)
    for person in (organiser, reader):
        sign_up(person)
    page = organiser.open("/events/new/")
    page.get_by_label("Title").fill("Songs by the river")
    # Long enough for posting and subscribing on a slow machine.
    due_in_seconds = 30
    starts_at = datetime.now(ROME) + timedelta(minutes=60, seconds=due_in_seconds)
    page.get_by_label("Start date").fill(f"{starts_at:%Y-%m-%d}")
    page.get_by_label("Start time").fill(f"{starts_at:%H:%M:%S}")
    page.get_by_text("Public: listed").click()
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_role("heading", name="Songs by the river")).to_be_visible()

    page = reader.open("/?q=songs")
    page.get_by_role("link", name="Songs by the river").click()
    page.get_by_text("Choose reminder times").click()
    page.get_by_text("1 day before").click()
    page.get_by_text("1 hour before").click()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_text("You’re subscribed.")).to_be_visible()
    page.evaluate("window.wasNotReloaded = true")

    expect(toast(page, "Songs by the river")).to_contain_text(
        f"Starts in 1 hour, {starts_at:%a} {starts_at.day}", timeout=(due_in_seconds + within(10)) * 1000
    )
    expect_unread(page, "1")
    expect_state(page, "Live")
    assert page.evaluate("window.wasNotReloaded")


def test_toast_on_a_phone_leaves_the_bar_free(meet: Meet) -> None:
    reader = meet("thea", viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    page = reader.open("/")
    expect_state(page, "Live")

    reader.remind("Concert")
    expect(toast(page, "Concert")).to_be_visible()

    covering, bar = toast(page, "Concert").bounding_box(), page.locator(".site-nav").bounding_box()
    assert covering
    assert bar
    assert covering["y"] + covering["height"] <= bar["y"]


def test_reading_in_one_tab_clears_the_other(meet: Meet) -> None:
    reader = meet("carla")
    page, inbox = reader.open("/"), reader.open("/notifications/")
    expect(inbox.get_by_text("Nothing yet.")).to_be_visible()
    for tab in (page, inbox):
        expect_state(tab, "Live")
    reader.remind("Concert", count=2)
    for tab in (page, inbox):
        expect_unread(tab, "2")
        expect(toast(tab, "Concert")).to_have_count(2)
    expect(inbox.locator(".entry-unread")).to_have_count(2)

    inbox.get_by_role("button", name="Mark “Concert” as read").first.click()
    for tab in (page, inbox):
        expect_unread(tab, "1")
        expect(toast(tab, "Concert")).to_have_count(1)
    expect(inbox.locator(".entry-unread")).to_have_count(1)
    expect(inbox.get_by_role("button", name="Mark “Concert” as unread")).to_be_focused()  # it has taken its place

    toast(page, "Concert").get_by_role("link", name="Open").click()
    expect(page.get_by_role("heading", name="Concert")).to_be_visible()
    for tab in (page, inbox):
        expect_unread(tab, "")
    expect(inbox.locator(".entry")).to_have_count(2)
    expect(inbox.locator(".entry-unread")).to_have_count(0)


def test_mark_all_read_clears_every_tab_and_device_and_is_undone_there_without_new_toasts(meet: Meet) -> None:
    reader, phone = meet("dora"), meet("dora")
    reader.remind("Concert", count=5)
    page, inbox, other = reader.open("/"), reader.open("/notifications/"), phone.open("/notifications/")
    tabs = (page, inbox, other)
    for tab in tabs:
        expect_unread(tab, "5")
        expect_state(tab, "Live")
    other.get_by_role("button", name="Mark “Concert” as read").first.click()
    for tab in tabs:
        expect_unread(tab, "4")

    answers: list[tuple[Route, APIResponse]] = []
    inbox.route("**/mark-read/", lambda route: answers.append((route, route.fetch())))
    inbox.get_by_role("button", name="Mark all as read").press("Enter")

    for tab in tabs:
        expect_unread(tab, "")
    expect(inbox.locator(".entry-unread")).to_have_count(0)
    expect(inbox.get_by_role("button", name="Mark all as read")).to_have_count(0)
    [(route, answer)] = answers  # which comes later than the feed's frame
    route.fulfill(response=answer)
    expect(inbox.get_by_role("button", name="Undo")).to_be_focused()
    page.evaluate("""window.toasts = 0; new MutationObserver((changes) => {
      toasts += changes.flatMap(({ addedNodes }) => [...addedNodes]).length;
    }).observe(document.getElementById("toasts"), { childList: true })""")

    page.keyboard.press("Tab")  # keys mean nothing on other pages
    inbox.get_by_role("button", name="Undo").press("Enter")

    for tab in tabs:
        expect_unread(tab, "4")  # what was read on the other device stays read
    for tab in (inbox, other):
        expect(tab.locator(".entry-unread")).to_have_count(4)
    expect(inbox.get_by_role("button", name="Undo")).to_be_hidden()
    expect(inbox.locator("#inbox")).to_be_focused()
    reader.remind("Fair")
    expect(toast(page, "Fair")).to_have_count(1)
    assert page.evaluate("toasts") == 1


def test_inbox_is_used_by_keyboard_while_notifications_arrive(meet: Meet) -> None:
    reader = meet("kira")
    inbox = reader.open("/notifications/")
    expect_state(inbox, "Live")
    event = reader.remind("Concert")
    expect_unread(inbox, "1")
    reader.announce(event, "Bring an umbrella.")
    expect_unread(inbox, "2")
    fair = reader.remind("Fair")
    expect_unread(inbox, "3")
    entries = inbox.locator(".entry")
    expect(entries).to_have_count(2)  # one for each event
    concert = entries.filter(has_text="Concert").get_by_role("link", name="Concert")
    press = inbox.keyboard.press

    press("j")
    expect(entries.get_by_role("link", name="Fair")).to_be_focused()
    press("j")
    expect(concert).to_be_focused()
    expect(concert).to_have_accessible_description(re.compile("Message from the organiser"))
    press("e")
    expect_unread(inbox, "1")  # both of its notifications
    expect(concert).to_be_focused()
    expect_status(inbox, "Marked as read.")
    press("z")
    expect_unread(inbox, "3")
    expect_status(inbox, "Marked as unread.")
    expect(inbox.locator(".entry.entry-unread")).to_have_count(2)
    press("e")
    expect_unread(inbox, "1")
    expect(inbox.locator(".entry.entry-unread")).to_have_count(1)
    press("u")
    expect_unread(inbox, "2")  # the newest of them
    expect(entries.nth(1).get_by_text("New", exact=True)).to_be_visible()
    expect(concert).to_be_focused()

    entries.get_by_text("1 earlier notification").click()
    expect(entries.get_by_text(re.compile("^Starts in"))).to_have_count(2)
    earlier = entries.locator(".earlier").get_by_role("button")
    earlier.click()
    expect_unread(inbox, "3")
    expect(earlier).to_have_accessible_name("Mark “Concert” as read")
    earlier.click()
    expect_unread(inbox, "2")
    summary = entries.locator("summary")
    summary.focus()
    reader.announce(event, "And a friend.")
    expect(entries.first).to_contain_text("And a friend.")
    expect(summary).to_be_focused()
    expect(entries.get_by_text("Bring an umbrella.")).to_be_visible()  # what was unfolded stays so

    press("?")
    focused, key = (inbox.locator(f"#keys {part}").first.bounding_box() for part in ("summary", "p kbd"))
    assert focused
    assert key
    assert key["y"] >= focused["y"] + focused["height"] + 5  # below the outline of the focus
    inbox.get_by_label("Use these shortcuts").uncheck()
    concert.focus()
    inbox.evaluate("document.addEventListener('keydown', (event) => { wasTaken = event.defaultPrevented; })")
    press("j")
    assert inbox.evaluate("wasTaken") is False  # browsers have uses of their own for letters
    expect(concert).to_be_focused()
    inbox.reload()
    inbox.get_by_text("Keyboard shortcuts").click()
    expect(inbox.get_by_label("Use these shortcuts")).not_to_be_checked()
    inbox.get_by_label("Use these shortcuts").check()
    press("j")
    press("j")
    press("k")
    press("j")
    expect(entries.get_by_role("link", name="Fair")).to_be_focused()
    press("o")
    expect(inbox).to_have_url(re.compile(f"/events/{fair}/$"))


def test_burst_shows_three_toasts_and_a_link_to_the_rest(meet: Meet) -> None:
    reader = meet("emil")
    page = reader.open("/")
    expect_state(page, "Live")

    reader.remind("Concert", count=8)

    expect_unread(page, "8")
    expect(toast(page, "Concert")).to_have_count(3)
    expect(page.get_by_role("link", name="5 more")).to_be_visible()
    for _ in range(3):
        toast(page, "Concert").first.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#toasts > *")).to_have_count(0)
    expect_unread(page, "8")


def test_newest_toast_of_an_event_takes_the_place_of_the_older_one(meet: Meet) -> None:
    reader = meet("lisa")
    page = reader.open("/")
    expect_state(page, "Live")
    event = reader.remind("Concert")
    expect(toast(page, "Concert")).to_contain_text("Starts in 1 hour")
    reader.remind("Fair")
    expect(toast(page, "Fair")).to_have_count(1)

    reader.announce(event, "Bring an umbrella.")

    expect(toast(page, "Concert")).to_contain_text("Bring an umbrella.")
    expect(page.locator("#toasts .toast strong")).to_have_text(["Concert", "Fair"])
    expect_unread(page, "3")


def test_what_is_new_about_an_event_is_read_once_its_page_has_been_seen(meet: Meet) -> None:
    reader = meet("maja")
    inbox = reader.open("/notifications/")
    event = reader.remind("Concert")
    expect_unread(inbox, "1")
    reader.announce(event, "Bring an umbrella.")
    expect_unread(inbox, "2")

    page = reader.open(f"/events/{event}/")

    block = page.get_by_role("region", name="What’s new")
    expect(block).to_contain_text("Bring an umbrella.")
    for tab in (page, inbox):
        expect_unread(tab, "")
    expect(inbox.locator(".entry-unread")).to_have_count(0)
    expect(block).to_contain_text("Bring an umbrella.")
    expect(page.get_by_role("button", name="Mark as read")).to_have_count(0)
    page.reload()
    expect(block).to_have_count(0)


def test_page_of_an_event_that_nobody_looks_at_marks_nothing_read(meet: Meet) -> None:
    reader = meet("norma")
    inbox = reader.open("/notifications/")
    event = reader.remind("Concert")
    expect_unread(inbox, "1")
    reader.context.add_init_script("Object.defineProperty(document, 'hidden', { get: () => !globalThis.isLookedAt });")

    page = reader.open(f"/events/{event}/")
    expect_state(page, "Live")
    page.wait_for_timeout(2_000)
    expect_unread(inbox, "1")
    page.evaluate("isLookedAt = true; document.dispatchEvent(new Event('visibilitychange'))")

    expect_unread(inbox, "")


def test_what_is_new_is_marked_read_without_scripts(meet: Meet) -> None:
    reader, plain = meet("oda"), meet("oda", java_script_enabled=False)
    inbox = reader.open("/notifications/")
    event = reader.remind("Concert")
    reader.announce(event, "Bring an umbrella.")
    expect_unread(inbox, "2")
    page = plain.open(f"/events/{event}/")
    expect(page.get_by_text("Bring an umbrella.")).to_be_visible()

    page.get_by_role("button", name="Mark as read").click()

    expect(page.get_by_role("heading", name="Concert")).to_be_visible()
    expect(page.get_by_text("Bring an umbrella.")).to_have_count(0)
    expect_unread(inbox, "")


def test_text_of_others_is_text_on_the_page(meet: Meet) -> None:
    headline = '<img src="/x" onerror="window.isBroken = true">'
    reader = meet("fina")
    page, inbox = reader.open("/"), reader.open("/notifications/")
    expect_state(inbox, "Live")

    reader.remind(headline)

    expect(toast(page, headline)).to_be_visible()
    expect(inbox.locator(".entry").filter(has_text=headline)).to_be_visible()
    assert [tab.evaluate("window.isBroken") for tab in (page, inbox)] == [None, None]


def test_more_than_99_unread_are_live_too(meet: Meet) -> None:
    reader = meet("gina")
    reader.remind("Concert", count=101)

    page = reader.open("/")

    expect_unread(page, "99+")
    expect_state(page, "Live")


def test_page_polls_while_the_feed_is_closed_and_returns_to_it(meet: Meet, deployment: Deployment) -> None:
    reader = meet("hugo")
    deployment.stop("feed")
    page, inbox = reader.open("/"), reader.open("/notifications/")
    expect_state(page, "Delayed")

    reader.remind("Concert", count=2)

    for tab in (page, inbox):
        expect(toast(tab, "Concert")).to_have_count(2)
        expect(toast(tab, "Concert").first).to_contain_text(
            re.compile(r"Starts in .*\d\d:\d\d UTC.*your time", re.DOTALL)
        )
        expect_unread(tab, "2")
    expect(inbox.locator(".entry-unread")).to_have_count(2)
    toast(page, "Concert").first.get_by_role("link", name="Open").click()
    expect_unread(page, "1")
    expect_unread(inbox, "1")
    expect(inbox.locator(".entry-unread")).to_have_count(1)

    deployment.start("feed")
    deployment.wait_for("feed")
    for tab in (page, inbox):
        tab.evaluate("dispatchEvent(new Event('online'))")  # instead of up to 30 s of backoff
        expect_state(tab, "Live")
    reader.forgive("WebSocket connection to .* failed")


def test_valkey_killed_between_commit_and_push_delays_the_page_by_seconds(meet: Meet, deployment: Deployment) -> None:
    reader = meet("ines")
    page = reader.open("/")
    expect_state(page, "Live")
    deployment.valkey.kill()
    reader.remind("Concert")
    time.sleep(1)

    deployment.manage("sweep")  # instead of the worker, which waits for Valkey

    expect(toast(page, "Concert")).to_be_visible(timeout=within(10) * 1000)
    expect_state(page, "Live")
    deployment.valkey.start()
    reader.remind("Encore")
    expect(toast(page, "Encore")).to_be_visible()


def test_feed_of_the_previous_version_brings_toasts_with_titles(meet: Meet) -> None:
    reader = meet("ivo")

    def forward_as_before(socket: WebSocketRoute) -> None:
        def forward(text: str | bytes) -> None:
            frame = json.loads(text)
            for each in frame.get("notifications", ()):
                del each["wording"]
            socket.send(json.dumps(frame))

        socket.connect_to_server().on_message(forward)

    reader.context.route_web_socket(re.compile("/ws/notifications/"), forward_as_before)
    page = reader.open("/")
    expect_state(page, "Live")

    reader.remind("Concert")

    expect(toast(page, "Concert").locator(".toast-text > *")).to_have_text(["Concert"])


def test_page_whose_feed_restarts_comes_back_at_a_moment_of_its_own(meet: Meet) -> None:
    reader = meet("ilse")
    sockets: list[WebSocketRoute] = []

    def forward(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    reader.context.route_web_socket(re.compile("/ws/notifications/"), forward)
    page = reader.open("/")
    expect_state(page, "Live")
    page.evaluate("""() => {
        window.states = [];
        const state = document.getElementById("feed-state");
        new MutationObserver(() => states.push(state.dataset.state)).observe(state, { attributes: true });
        Math.random = () => 0.9;
        window.delays = [];
        const set = window.setTimeout;
        window.setTimeout = (callback, delay) => (delays.push(delay), set(callback, delay));
    }""")

    sockets[0].close(code=1012)

    wait_for(page, lambda: page.evaluate("states.at(-1)") == "live")
    assert page.evaluate("states") == ["connecting", "live"]
    assert 2_700 in page.evaluate("delays.map(Math.round)")
    assert len(sockets) == 2


def test_page_whose_login_ended_says_so(meet: Meet, deployment: Deployment) -> None:
    reader = meet("jana")
    page, other = reader.open("/"), reader.open("/")
    expect_state(page, "Live")

    other.get_by_label("Account menu: jana").click()
    other.get_by_role("button", name="Log out").click()

    expect_state(page, "Logged out")
    reader.forgive("401")


def test_inbox_works_without_a_script(meet: Meet) -> None:
    reader = meet("karl", java_script_enabled=False)
    reader.remind("Concert", count=2)
    expect_unread(meet("karl").open("/"), "2")  # whose page says when both have arrived
    inbox = reader.open("/notifications/")
    expect_unread(inbox, "2")

    inbox.get_by_role("button", name="Mark “Concert” as read").first.click()
    expect_unread(inbox, "1")
    inbox.get_by_role("button", name="Mark all as read").click()

    expect_unread(inbox, "")
    expect(inbox.locator(".entry")).to_have_count(2)
    inbox.get_by_role("button", name="Undo").click()  # what was marked last, and not the first one
    expect_unread(inbox, "1")
    inbox.get_by_role("button", name="Mark “Concert” as unread").click()
    expect_unread(inbox, "2")
