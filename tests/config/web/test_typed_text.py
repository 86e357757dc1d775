"""Test how the server says that what was typed is saved, or that somebody has logged out."""

from collections.abc import Iterable

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from accounts.models import User
from config.web.typed_text import SAVED_SECONDS, without_typed_text
from events.models import Event
from tests.accounts.browsers import log_in_browser
from tests.conftest import PASSWORD

EVENT = {
    "headline": "Concert",
    "start_date": "2030-12-06",
    "start_time": "18:00",
    "time_zone": "Europe/Rome",
    "state": "public",
    "kept": "1ab2",
}


def said(cookies: Iterable[str]) -> list[str]:
    """Return the names of those cookies by which a response says something to the script."""
    return [name for name in cookies if name.startswith(("saved-", "logged-out"))]


def test_attempt_that_saves_is_named(organiser_client: Client, subscribed_event: Event) -> None:
    url = subscribed_event.get_absolute_url()
    for path, inputs in (
        ("/events/new/", EVENT),
        (f"{url}duplicate/", EVENT),
        (f"{url}edit/", EVENT),
        (f"{url}announce/", {"message": "Doors open at five.", "kept": "1ab2"}),
        (f"{url}cancel/", {"reason": "", "kept": "1ab2"}),
    ):
        response = organiser_client.post(path, inputs)

        assert (response.status_code, said(response.cookies)) == (302, ["saved-1ab2"]), path


def test_attempt_that_saves_nothing_is_not_named(
    organiser_client: Client, subscribed_event: Event, settings: Settings
) -> None:
    settings.ANNOUNCEMENTS_PER_HOUR = 0
    url = subscribed_event.get_absolute_url()
    for path, inputs in (
        ("/events/new/", EVENT | {"headline": ""}),
        ("/events/new/", EVENT | {"preview": "1"}),
        ("/events/new/", EVENT | {"start_date": "2020-12-06"}),
        (f"{url}edit/", EVENT | {"revision": "7"}),
        (f"{url}announce/", {"message": "Doors open at five.", "kept": "1ab2"}),
    ):
        response = organiser_client.post(path, inputs)

        assert (response.status_code in {200, 429}, said(response.cookies)) == (True, []), path


@pytest.mark.parametrize("attempt", ["", "A", "a b", "a;b", "a" * 33, "ä"])
def test_attempt_that_no_script_has_named_is_ignored(attempt: str) -> None:
    request = RequestFactory().post("/", {"kept": attempt})

    assert said(without_typed_text(request, HttpResponse()).cookies) == []


def test_scripts_can_read_the_cookies_and_other_sites_cannot_send_them(
    organiser_client: Client, settings: Settings
) -> None:
    settings.SESSION_COOKIE_SECURE = True

    saved = organiser_client.post("/events/new/", EVENT).cookies["saved-1ab2"]
    logged_out = organiser_client.post("/accounts/logout/").cookies["logged-out"]

    for cookie, max_age in ((saved, SAVED_SECONDS), (logged_out, "")):
        attributes = [cookie[name] for name in ("httponly", "secure", "samesite", "path", "max-age")]
        assert attributes == ["", True, "Lax", "/", max_age]


def test_each_logout_says_so_in_another_way(organiser: User) -> None:
    values = set()
    for path, inputs in (
        ("/accounts/logout/", {}),
        ("/accounts/logout/", {}),
        ("/admin/logout/", {}),
        ("/accounts/sessions/browser/{browser}/end/", {}),
        ("/accounts/delete/", {"password": PASSWORD}),
    ):
        client = log_in_browser(organiser)
        browser = organiser.browser_sessions.get(session_key=client.session.session_key).pk

        response = client.post(path.format(browser=browser), inputs)

        assert said(response.cookies) == ["logged-out"], path
        values.add(response.cookies["logged-out"].value)
    assert len(values) == 5


def test_ending_other_logins_is_no_logout_here(organiser: User) -> None:
    here, there = log_in_browser(organiser), log_in_browser(organiser)
    other = organiser.browser_sessions.get(session_key=there.session.session_key).pk

    assert said(here.post(f"/accounts/sessions/browser/{other}/end/").cookies) == []
    assert said(here.post("/accounts/sessions/end-others/").cookies) == []
