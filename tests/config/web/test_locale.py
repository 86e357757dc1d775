"""Test in which language pages answer, and that the API always answers in English."""

import re
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format, get_format
from pytest_django import Settings

from tests.config.environment.test_settings import refusal_of, start
from tests.makers import MakeUser
from tests.pages import html_of

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
CHOICE = "/accounts/language/"

pytestmark = pytest.mark.django_db


def language_of(client: Client, path: str = "/accounts/login/", **options: Any) -> str:
    """Return the language that a page declares, which must agree with its header."""
    response = client.get(path, **options)
    [language] = {response.context["LANGUAGE_CODE"], response["Content-Language"]}
    assert f'<html lang="{language}" dir="ltr">' in response.content.decode()
    return language


def test_page_speaks_the_language_that_the_browser_asks_for(client: Client) -> None:
    assert language_of(client, headers=GERMAN) == "de"
    assert language_of(client, headers={"Accept-Language": "fr, de;q=0.3"}) == "de"


def test_page_is_english_for_readers_who_ask_for_no_language_of_ours(client: Client) -> None:
    assert language_of(client) == "en"
    assert language_of(client, headers={"Accept-Language": "tlh"}) == "en"


def test_site_default_is_used_for_readers_who_ask_for_no_language(client: Client, settings: Settings) -> None:
    settings.LANGUAGE_CODE = "de"

    assert language_of(client) == "de"
    assert language_of(client, headers={"Accept-Language": "en"}) == "en"


def test_unknown_site_default_is_refused() -> None:
    assert refusal_of(DEFAULT_LANGUAGE="tlh") == "DEFAULT_LANGUAGE must be one of en, de, not 'tlh'."
    assert start("-c", "import config.settings", DEFAULT_LANGUAGE="de").returncode == 0


def test_language_ends_with_the_answer(client: Client) -> None:
    language_of(client, headers=GERMAN)

    assert translation.get_language() == "en"


def test_pages_say_in_vary_what_they_depend_on(client: Client) -> None:
    response = client.get("/accounts/login/")

    assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))


def test_static_file_varies_on_no_language(settings: Settings) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True

    response = Client().get("/static/css/base.css", headers=GERMAN)

    assert response.status_code == 200
    assert response.getvalue()
    assert "Accept-Language" not in response.get("Vary", "")
    assert "Content-Language" not in response


# Choosing a language


def test_chosen_language_comes_before_that_of_the_browser(client: Client) -> None:
    response = client.post(CHOICE, {"language": "en", "next": "/?q=jazz"}, headers=GERMAN)

    assert (response.status_code, response["Location"]) == (302, "/?q=jazz")
    assert language_of(client, headers=GERMAN) == "en"


def test_cookie_of_the_choice_lasts_and_is_kept_from_scripts(client: Client, settings: Settings) -> None:
    cookie = client.post(CHOICE, {"language": "de"}).cookies["language"]

    assert (cookie.value, cookie["max-age"], cookie["samesite"]) == ("de", 365 * 24 * 60 * 60, "Lax")
    assert cookie["httponly"] is True


@pytest.mark.parametrize("language", ["", "fr", "../de", "d" * 600])
def test_choice_of_a_language_that_is_none_changes_nothing(client: Client, language: str) -> None:
    response = client.post(CHOICE, {"language": language, "next": "/"})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert language_of(client, headers=GERMAN) == "de"


def test_choice_leads_to_no_other_site(client: Client) -> None:
    assert client.post(CHOICE, {"language": "de", "next": "https://evil.example/"})["Location"] == "/"


def test_choice_is_made_by_post_only(client: Client) -> None:
    assert client.get(CHOICE, {"language": "de"}).status_code == 405
    assert "language" not in client.cookies


def test_choice_of_a_visitor_needs_no_token_so_that_pages_set_no_cookie() -> None:
    strict = Client(enforce_csrf_checks=True)
    page = html_of(strict, "/")

    assert "csrfmiddlewaretoken" not in page
    assert [*strict.cookies] == []
    assert strict.post(CHOICE, {"language": "de", "next": "/"}).status_code == 302
    assert language_of(strict) == "de"


def test_choice_of_a_user_needs_a_token(make_user: MakeUser) -> None:
    """Another site must not change the language of their emails."""
    reader, strict = make_user("reader"), Client(enforce_csrf_checks=True)
    strict.force_login(reader)
    token = re.search('name="csrfmiddlewaretoken" value="(.*?)"', html_of(strict, "/"))
    assert token

    without = strict.post(CHOICE, {"language": "de"})
    reader.refresh_from_db()
    before = reader.language
    with_token = strict.post(CHOICE, {"language": "de", "csrfmiddlewaretoken": token[1]})
    reader.refresh_from_db()

    assert (without.status_code, "language" in without.cookies, before) == (403, False, "")
    assert (with_token.status_code, with_token.cookies["language"].value, reader.language) == (302, "de", "de")


def test_switch_names_each_language_and_leads_back_to_the_page(client: Client) -> None:
    page = html_of(client, "/?q=jazz&past=1")

    for code, name in site.LANGUAGES:
        assert page.count(f'name="language" value="{code}" lang="{code}"') == 1
        assert name in page
    assert '<input type="hidden" name="next" value="/?q=jazz&amp;past=1">' in page


def test_page_that_is_in_english_only_offers_no_switch(client: Client) -> None:
    page = client.get("/api/docs/feed/", headers=GERMAN).content.decode()

    assert '<html lang="en" dir="ltr">' in page
    assert 'name="language"' not in page


# The API


@pytest.mark.parametrize(
    "path", ["/api/v1/events/", "/api/v1/users/me/", "/api/v1/events/?page_size=0", "/api/nothing/"]
)
def test_api_says_the_same_in_every_language(client: Client, path: str) -> None:
    english = client.get(path)
    client.cookies["language"] = "de"
    german = client.get(path, headers=GERMAN)

    assert german.content == english.content
    assert german.headers.pop("X-Request-ID") != english.headers.pop("X-Request-ID")
    assert german.headers == english.headers
    assert "Accept-Language" not in english.get("Vary", "")


def test_api_reads_dates_in_one_way_only(client: Client) -> None:
    paths = ["/api/v1/events/?starts_after=01.05.2027", "/api/v1/events/?starts_after=2027-05-01T18:00:00Z"]

    assert [client.get(path, headers=GERMAN).status_code for path in paths] == [400, 200]


# English


def test_english_is_that_of_the_whole_world(at: datetime) -> None:
    moment = at.replace(year=2026, month=12, day=4, hour=18, minute=5)

    formats = ["DATE_FORMAT", "TIME_FORMAT", "DATETIME_FORMAT", "SHORT_DATE_FORMAT", "SHORT_DATETIME_FORMAT"]
    assert [date_format(moment, each) for each in formats] == [
        "4 December 2026",
        "18:05",
        "4 December 2026, 18:05",
        "4 Dec 2026",
        "4 Dec 2026, 18:05",
    ]
    assert get_format("FIRST_DAY_OF_WEEK") == 1
