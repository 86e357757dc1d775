"""Test the language switch, with and without scripts."""

import re
from collections.abc import Callable

import pytest
from django.utils.translation import override
from playwright.sync_api import Page, expect

from tests.browser.people import Person
from tests.browser.test_posting import far

pytestmark = [pytest.mark.browser, pytest.mark.live]


def language_of(page: Page) -> str | None:
    return page.locator("html").get_attribute("lang")


def choose(page: Page, name: str) -> None:
    page.locator("summary", has_text="Language").or_(page.locator("summary", has_text="Sprache")).click()
    page.get_by_role("button", name=name).click()
    page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_language_is_switched_where_one_is_and_stays(meet: Callable[..., Person], scripts: bool) -> None:
    visitor = meet("switch", logged_in=False, java_script_enabled=scripts)
    page = visitor.open("/?past=1")
    assert language_of(page) == "en"

    choose(page, "Deutsch")

    assert (language_of(page), page.url) == ("de", visitor.url_of("/?past=1"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Vergangene Termine")
    page.goto(visitor.url_of("/accounts/login/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    choose(page, "English")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_page_speaks_the_language_of_the_browser(meet: Callable[..., Person]) -> None:
    page = meet("browser-de", logged_in=False, locale="de-CH").open("/")

    assert language_of(page) == "de"


def test_toast_is_in_the_language_of_the_page(meet: Callable[..., Person]) -> None:
    reader = meet("toast-de", locale="de-DE")
    page = reader.open("/notifications/preferences/")
    expect(page.locator("#feed-state")).to_have_attribute("data-state", "live")

    reader.remind("Konzert")

    expect(page.locator("#toasts")).to_contain_text(
        re.compile(r"Konzert\s*Beginnt in \d+ (Minuten|Stunde).*bei dir", re.DOTALL)
    )


def test_toasts_of_two_tabs_are_each_in_the_language_of_their_page(meet: Callable[..., Person]) -> None:
    reader = meet("toast-two", locale="de-DE")
    german = reader.open("/notifications/preferences/")
    english = reader.open("/notifications/preferences/")
    choose(english, "English")
    for page in (german, english):
        expect(page.locator("#feed-state")).to_have_attribute("data-state", "live")

    reader.remind("Konzert")

    expect(german.locator("#toasts")).to_contain_text(re.compile(r"Konzert\s*Beginnt in .*bei dir", re.DOTALL))
    expect(english.locator("#toasts")).to_contain_text(re.compile(r"Konzert\s*Starts in .*your time", re.DOTALL))


def test_toast_is_in_the_language_of_the_page_where_sockets_are_blocked(meet: Callable[..., Person]) -> None:
    reader = meet("toast-polled", locale="de-DE")
    reader.context.route_web_socket(re.compile("/ws/notifications/"), lambda socket: socket.close())
    page = reader.open("/notifications/preferences/")
    expect(page.locator("#feed-state")).to_have_text("Verzögert")

    reader.remind("Konzert")

    expect(page.locator("#toasts")).to_contain_text(re.compile(r"Konzert\s*Beginnt in .*bei dir", re.DOTALL))


def test_form_says_in_german_what_its_times_come_to(meet: Callable[..., Person]) -> None:
    page = meet("posting-de", locale="de-DE").open("/events/new/")

    for label, value in (
        ("Startdatum", "2030-12-06"),
        ("Startzeit", "18:00"),
        ("Zeitzone", "Europe/Rome"),
    ):
        page.get_by_label(label, exact=True).fill(value)

    with override("de"):
        expect(page.locator("#when")).to_have_text(f"Fr., 6. Dez. 2030, 18:00 Ortszeit Rom {far()}")

    page.get_by_label("Enddatum", exact=True).fill("2030-12-07")
    page.get_by_label("Endzeit", exact=True).fill("09:00")

    span = "Fr., 6. Dez. 2030, 18:00 – Sa., 7. Dez. 2030, 09:00 Ortszeit Rom"
    expect(page.locator("#when")).to_contain_text(span)


def test_bar_of_a_phone_has_short_names_and_the_header_full_ones(meet: Callable[..., Person]) -> None:
    page = meet("bar-de", locale="de-DE").open("/")
    names = page.get_by_role("navigation", name="Hauptmenü").get_by_role("link")

    page.set_viewport_size({"width": 1280, "height": 800})
    expect(names).to_have_text(["Termine", "Abos", "Meine Termine"], use_inner_text=True)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(names).to_have_text(["Termine", "Abos", "Neu", "Meine", "Eingang"], use_inner_text=True)
