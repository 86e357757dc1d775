"""Test that what is written takes effect once and is not lost: by a double click, a lost session, an error or Back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.people import PASSWORD, Person
from tools.stage.live import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.live]

Meet = Callable[..., Person]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SIZES = pytest.mark.parametrize("size", [PHONE, {}], ids=["phone", "desktop"])
LATENCY_MS = 1_500
RESTORED = "We’ve restored what you typed."
KEPT = "We’ve kept what you typed."

END_SESSIONS = """
from django.contrib.sessions.models import Session
print(Session.objects.all().delete()[0])
"""
# Prints how many events have this title.
COUNT_EVENTS = """
from events.models import Event
print(Event.objects.filter(headline={headline!r}).count())
"""
SUBSCRIBE = """
from accounts.models import User
from accounts.services import create_user
from config.database import database_now
from events.models import Event
from events.services import subscribe

fan = User.objects.filter(username="fan").first() or create_user(
    username="fan", email="fan@example.org", password="correct horse battery staple"
)
subscribe(Event.objects.get(pk={pk}), actor=fan, at=database_now())
"""
COUNT_MESSAGES = """
from events.models import Announcement
print(Announcement.objects.filter(event={pk}, kind="message").count())
"""
CHANGE = """
from config.database import database_now
from events.models import Event
from events.services import update_event

event = Event.objects.get(pk={pk})
update_event(event, actor=event.author, at=database_now(), expected_revision=event.revision, **{changes!r})
"""

# Logs whether the buttons of a form are busy after it is sent, and whether they have moved. A test cannot look at the
# page while the browser waits for an answer.
LOG_SENDING = """
() => addEventListener("submit", ({ target }) => {
  const buttons = [...target.querySelectorAll("button[type=submit]")];
  const place = (button) => [button.offsetTop, button.offsetLeft, button.offsetWidth, button.offsetHeight];
  const places = () => String(buttons.map(place));
  const before = places();
  setTimeout(() => {
    const isBusy = buttons.every((button) => button.getAttribute("aria-busy") === "true");
    console.log(`sending: ${isBusy ? "busy" : "idle"}, ${places() === before ? "still" : "moved"}`);
  });
}, { capture: true })
"""

# Saves the form, but does not show the page that comes after it.
SAVE_ONLY = """
() => {
  const form = document.querySelector("form[data-writing]");
  return fetch(location.href, { method: "POST", body: new FormData(form), redirect: "manual" }).then(() => {});
}
"""


def delay(page: Page) -> None:
    """Let each answer to this tab come late."""
    conditions = {"offline": False, "latency": LATENCY_MS, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def sent_from(page: Page) -> list[Request]:
    """Collect the forms that this tab sends from now on."""
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.is_navigation_request() else None)
    return sent


def posts(sent: list[Request]) -> int:
    return sum(request.method == "POST" for request in sent)


def kept(page: Page) -> dict[str, str]:
    """Return what the tab keeps, by user and path."""
    found: dict[str, str] = page.evaluate("({ ...sessionStorage })")
    return {key.removeprefix("typed "): value for key, value in found.items()}


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Email address").fill(f"{name}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()


def log_out(page: Page) -> None:
    page.locator("summary:has(.avatar)").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def write_event(page: Page, headline: str) -> None:
    page.get_by_label("Title").fill(headline)
    page.get_by_label("Description").fill("Doors at **seven**.\nBring a coat.")
    page.get_by_label("Start date").fill("2030-12-06")
    page.get_by_label("Start time").fill("18:00")
    page.get_by_label("Public: listed").check()


def expect_event(page: Page, headline: str) -> None:
    """Expect the event form to contain what `write_event` wrote."""
    expect(page.get_by_label("Title")).to_have_value(headline)
    expect(page.get_by_label("Description")).to_have_value("Doors at **seven**.\nBring a coat.")
    expect(page.get_by_label("Start date")).to_have_value("2030-12-06")
    expect(page.get_by_label("Start time")).to_have_value("18:00")
    expect(page.get_by_label("Public: listed")).to_be_checked()


def leave(page: Page) -> None:
    """Leave a form by a link, although something is not saved."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("link", name="Event manager").click()
    page.wait_for_url("**/")


# Once


@SIZES
def test_enter_twice_posts_one_event(meet: Meet, deployment: Deployment, size: dict[str, Any]) -> None:
    headline = f"Once {len(size)}"
    page = meet("erna", **size).open("/events/new/")
    write_event(page, headline)
    page.wait_for_load_state("networkidle")
    sent = sent_from(page)
    delay(page)

    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    page.evaluate(LOG_SENDING)

    page.get_by_label("Title").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=headline, level=1)).to_be_visible()
    assert posts(sent) == 1
    assert [text for text in logged if text.startswith("sending")] == ["sending: busy, still"] * 2
    assert deployment.shell(COUNT_EVENTS.format(headline=headline)) == "1"


@SIZES
def test_double_click_sends_one_message(meet: Meet, deployment: Deployment, size: dict[str, Any]) -> None:
    organiser = meet("dora", **size)
    pk = organiser.post("Concert")
    deployment.shell(SUBSCRIBE.format(pk=pk))
    page = organiser.open(f"/events/{pk}/announce/")
    page.get_by_label("Your message").fill("Doors open at five.")
    page.wait_for_load_state("networkidle")
    sent = sent_from(page)
    delay(page)

    page.get_by_role("button", name="Send message").dblclick(delay=100)

    expect(page.get_by_text("Message sent to 1 subscriber.")).to_be_visible()
    assert posts(sent) == 1
    assert deployment.shell(COUNT_MESSAGES.format(pk=pk)) == "1"


def test_form_that_is_busy_says_which_of_its_buttons_was_pressed(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("dolly")
    pk = organiser.post("Draft")
    deployment.shell(f"from events.models import Event; Event.objects.filter(pk={pk}).update(state='draft')")
    page = organiser.open(f"/events/{pk}/")
    page.wait_for_load_state("networkidle")
    sent = sent_from(page)
    delay(page)

    page.get_by_role("button", name="Publish for everyone").dblclick(delay=100)

    expect(page.get_by_text("Event published.")).to_be_visible()
    [request] = [request for request in sent if request.method == "POST"]
    assert "state=public" in str(request.post_data)


def test_form_that_was_not_sent_can_be_sent_again(meet: Meet) -> None:
    writer = meet("norbert")
    page = writer.open("/events/new/")
    write_event(page, "Concert")
    writer.context.set_offline(True)
    page.get_by_role("button", name="Post event").click()
    page.wait_for_url("chrome-error://**")
    writer.context.set_offline(False)
    writer.forgive("ERR_INTERNET_DISCONNECTED")

    page.goto(writer.url_of("/events/new/"))

    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect_event(page, "Concert")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("Event posted.")).to_be_visible()


def test_form_whose_answer_does_not_come_can_be_sent_again_after_some_seconds_or_back(meet: Meet) -> None:
    page = meet("nelly").open("/events/new/")
    page.clock.install()
    page.reload()
    write_event(page, "Concert")
    page.evaluate("addEventListener('submit', (event) => event.preventDefault())")  # nothing is sent, nothing comes
    is_busy = "document.querySelector('[data-writing]').getAttribute('aria-busy')"
    submit = "document.querySelector('[data-writing]').requestSubmit()"

    page.evaluate(submit)
    page.clock.run_for(14_000)
    assert page.evaluate(is_busy) == "true"
    page.clock.run_for(2_000)
    assert page.evaluate(is_busy) is None

    page.evaluate(submit)
    assert page.evaluate(is_busy) == "true"
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert page.evaluate(is_busy) is None


# Not lost


@SIZES
def test_event_that_is_written_while_the_session_ends_is_posted_after_a_login(
    meet: Meet, deployment: Deployment, size: dict[str, Any]
) -> None:
    page = meet("sina", **size).open("/events/new/")
    write_event(page, "Survivor")
    assert int(deployment.shell(END_SESSIONS)) > 0

    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text(KEPT)).to_be_visible()
    log_in(page, "sina")

    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect_event(page, "Survivor")
    expect(page.locator("#when")).to_contain_text("Fri 6 Dec 2030, 18:00")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("Event posted.")).to_be_visible()
    assert kept(page) == {}
    page.goto(page.url.split("/events/")[0] + "/events/new/")
    expect(page.get_by_label("Title")).to_have_value("")
    expect(page.get_by_text(RESTORED)).to_be_hidden()


@pytest.mark.parametrize(
    ("form", "label", "button", "said"),
    [
        ("edit", "Description", "Save changes", "Changes saved."),
        ("duplicate", "Description", "Post event", "Event posted."),
        ("announce", "Your message", "Send message", "Message sent to 1 subscriber."),
        ("cancel", "Reason (optional)", "Cancel event", "Event cancelled."),
    ],
)
def test_text_about_a_private_event_survives_the_end_of_a_session(
    meet: Meet, deployment: Deployment, form: str, label: str, button: str, said: str
) -> None:
    organiser = meet("sven")
    pk = organiser.post("Concert")
    deployment.shell(SUBSCRIBE.format(pk=pk))
    deployment.shell(f"from events.models import Event; Event.objects.filter(pk={pk}).update(state='private')")
    page = organiser.open(f"/events/{pk}/{form}/")
    page.get_by_label(label).fill("Doors open at five.")
    deployment.shell(END_SESSIONS)

    page.get_by_role("button", name=button).click()
    log_in(page, "sven")

    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(page.get_by_label(label)).to_have_value("Doors open at five.")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text(said)).to_be_visible()
    assert kept(page) == {}


@SIZES
def test_form_that_has_expired_leads_back_to_what_was_typed(meet: Meet, size: dict[str, Any]) -> None:
    writer = meet("cilly", **size)
    page = writer.open("/events/new/")
    write_event(page, "Expired")
    expect(page.locator("#when")).to_contain_text("Fri 6 Dec 2030, 18:00")
    writer.context.clear_cookies(name="csrftoken")

    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_role("heading", name="This form has expired")).to_be_visible()
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.get_by_role("link", name="Back to the form").click()

    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect_event(page, "Expired")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("Event posted.")).to_be_visible()
    assert kept(page) == {}
    writer.forgive("403")


def test_page_that_was_left_still_has_what_was_typed(meet: Meet) -> None:
    page = meet("betty").open("/events/new/")
    write_event(page, "Concert")

    leave(page)
    page.go_back()
    expect_event(page, "Concert")
    leave(page)
    page.goto(page.url + "events/new/")

    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect_event(page, "Concert")


def test_going_back_after_a_save_shows_a_new_form(meet: Meet) -> None:
    page = meet("bianca").open("/events/new/")
    write_event(page, "Only one")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text("Event posted.")).to_be_visible()

    page.go_back()

    expect(page.get_by_text(RESTORED)).to_be_hidden()
    expect(page.get_by_label("Title")).to_have_value("")
    expect(page.get_by_role("button", name="Post event")).not_to_have_attribute("aria-busy", "true")
    assert kept(page) == {}


def test_save_that_fails_loses_nothing(meet: Meet) -> None:
    page = meet("fritz").open("/events/new/")
    write_event(page, "Concert")
    page.get_by_label("Start date").fill("2020-12-06")
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Start date").fill("2030-12-06")

    leave(page)
    page.goto(page.url + "events/new/")

    expect_event(page, "Concert")


def test_tabs_keep_their_own_text_and_saving_one_leaves_the_other(meet: Meet) -> None:
    writer = meet("tilly")
    first, second = writer.open("/events/new/"), writer.open("/events/new/")
    write_event(first, "First")
    write_event(second, "Second")

    first.get_by_role("button", name="Post event").click()
    expect(first.get_by_text("Event posted.")).to_be_visible()
    leave(second)
    second.goto(second.url + "events/new/")
    first.goto(second.url)

    expect_event(second, "Second")
    expect(first.get_by_label("Title")).to_have_value("")
    expect(first.get_by_text(RESTORED)).to_be_hidden()


def test_save_whose_answer_another_tab_sees_first_is_known_to_the_tab_that_sent_it(meet: Meet) -> None:
    writer = meet("tessa")
    page, other = writer.open("/events/new/"), writer.open("/")
    write_event(page, "Concert")
    page.evaluate(SAVE_ONLY)

    other.reload()
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(writer.url_of("/events/new/"))

    expect(other.get_by_text("Event posted.")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("")
    assert kept(page) == {}


def test_text_that_was_restored_overwrites_nothing_that_was_saved_meanwhile(meet: Meet, deployment: Deployment) -> None:
    organiser = meet("merle")
    pk = organiser.post("Concert")
    page = organiser.open(f"/events/{pk}/edit/")
    page.get_by_label("Title").fill("Mine")
    leave(page)
    deployment.shell(CHANGE.format(pk=pk, changes={"headline": "Theirs", "location": "Milan"}))

    page.goto(page.url + f"events/{pk}/edit/")
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Mine")
    expect(page.get_by_label("Location")).to_have_value("Milan")
    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_text("Currently saved: Theirs").first).to_be_visible()
    expect(page.get_by_label("Location")).to_have_value("Milan")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("heading", name="Mine", level=1)).to_be_visible()
    expect(page.get_by_text("Milan").first).to_be_visible()
    assert kept(page) == {}


# Over


@pytest.mark.parametrize("how", ["beside the text", "below the form"])
def test_what_is_discarded_does_not_come_back(meet: Meet, how: str) -> None:
    page = meet(f"dieter{len(how)}").open("/events/new/")
    write_event(page, "Concert")
    leave(page)
    page.goto(page.url + "events/new/")
    expect(page.get_by_text(RESTORED)).to_be_visible()

    if how == "beside the text":
        page.get_by_role("button", name="Discard").click()
    else:
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("link", name="Discard").click()
        page.wait_for_url("**/")
        page.goto(page.url + "events/new/")

    expect(page.get_by_label("Title")).to_have_value("")
    expect(page.get_by_text(RESTORED)).to_be_hidden()
    assert kept(page) == {}


def test_logging_out_removes_what_was_typed_in_all_tabs(meet: Meet) -> None:
    writer = meet("lore")
    page, other = writer.open("/events/new/"), writer.open("/events/new/")
    for tab in (page, other):
        write_event(tab, "Concert")
        leave(tab)
    assert len(kept(page)) == len(kept(other)) == 1

    log_out(page)
    assert kept(page) == {}
    page.goto(page.url + "events/new/")
    log_in(page, "lore")

    expect(page.get_by_label("Title")).to_have_value("")
    other.goto(page.url)
    expect(other.get_by_label("Title")).to_have_value("")
    assert kept(other) == {}
    writer.forgive("401")  # the feed of the tab in which nobody has logged out


def test_somebody_else_in_the_same_tab_sees_nothing_of_it(meet: Meet, deployment: Deployment) -> None:
    writer = meet("anna")
    meet("zoe")
    page = writer.open("/events/new/")
    write_event(page, "Secret")
    deployment.shell(END_SESSIONS)
    page.get_by_role("button", name="Post event").click()
    expect(page.get_by_text(KEPT)).to_be_visible()

    log_in(page, "zoe")

    expect(page.get_by_label("Title")).to_have_value("")
    expect(page.get_by_text(RESTORED)).to_be_hidden()
    assert kept(page) == {}


def test_tab_keeps_texts_but_no_tokens_and_no_passwords(meet: Meet) -> None:
    writer = meet("greta")
    page = writer.open("/events/new/")
    write_event(page, "Concert")
    hidden = page.locator("input[name=csrfmiddlewaretoken], input[name=once]")
    tokens = [str(field.get_attribute("value")) for field in hidden.all()]
    leave(page)
    page.goto(page.url + "accounts/password-change/")
    page.get_by_label("Current password").fill(PASSWORD)

    [(key, value)] = kept(page).items()

    assert key.endswith(" /events/new/")
    assert len(tokens) >= 2
    assert [secret for secret in (*tokens, PASSWORD) if secret in value] == []
    assert "Concert" in value
