"""Test the list of a person's logins: ending one, and ending all others."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework_simplejwt.settings import api_settings

from accounts.devices import name_of
from accounts.models import ApiSession, BrowserSession, User
from accounts.services import (
    open_api_session,
)
from tests.accounts.browsers import CHROME, FIREFOX, SESSIONS, is_logged_in, log_in_browser
from tests.makers import Api
from tests.pages import html_of, words

END_OTHERS = f"{SESSIONS}end-others/"
SECOND = timedelta(seconds=1)


def end_url(kind: str, pk: int) -> str:
    return f"{SESSIONS}{kind}/{pk}/end/"


# ----------------------------------------------------------------------------------------------------------- the name


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (f"{CHROME} Edg/131.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("python-requests/2.32", "python-requests"),
        ("", "Unknown device"),
    ],
)
def test_device_is_named_in_words(user_agent: str, name: str) -> None:
    assert name_of(user_agent) == name


# ----------------------------------------------------------------------------------------------------------- the page


def test_page_lists_browsers_and_programs_but_no_key(organiser: User, stranger: User, at: datetime) -> None:
    here, there = log_in_browser(organiser), log_in_browser(organiser, CHROME)
    log_in_browser(stranger, "Foreign/1.0")
    open_api_session(organiser, at=at)

    page = html_of(here, SESSIONS)

    rows = [words(row).partition(" since ")[0] for row in re.findall(r'<li class="setting">.*?</li>', page, re.DOTALL)]
    assert sorted(rows) == [
        "Chrome on Windows 192.0.2.7 ·",
        "Firefox on Linux This device 192.0.2.7 ·",
        "Unknown device",
    ]
    assert re.findall(r'aria-label="(Log out .*?)"', page) == ["Log out Chrome on Windows", "Log out Unknown device"]
    assert "Foreign" not in page
    assert not {here.session.session_key, there.session.session_key} & set(page.replace('"', " ").split())


def test_page_leaves_out_what_is_over(organiser: User, at: datetime) -> None:
    here, out = log_in_browser(organiser), log_in_browser(organiser, CHROME)
    out.post("/accounts/logout/")
    open_api_session(organiser, at=at - api_settings.REFRESH_TOKEN_LIFETIME)
    ApiSession.objects.create(user=organiser, created_at=at, seen_at=at, revoked_at=at, user_agent="gone/1")

    page = html_of(here, SESSIONS)

    assert page.count('<li class="setting">') == 1


def test_list_ends_where_sessions_do(organiser: User, at: datetime) -> None:
    log_in_browser(organiser)
    open_api_session(organiser, at=at)
    browser_ends = Session.objects.get().expire_date
    program_ends = at + api_settings.REFRESH_TOKEN_LIFETIME

    assert BrowserSession.objects.live(browser_ends - SECOND).count() == 1
    assert BrowserSession.objects.live(browser_ends).count() == 0
    assert ApiSession.objects.refreshable(program_ends - SECOND).count() == 1
    assert ApiSession.objects.refreshable(program_ends).count() == 0


def test_queries_do_not_depend_on_the_number(
    organiser: User, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = log_in_browser(organiser)
    for count in (1, 2):
        for _ in range(count):
            log_in_browser(organiser, CHROME)
            open_api_session(organiser, at=at)
        here.get(SESSIONS)

        # Session, user, browsers, programs, the bell.
        with django_assert_num_queries(5):
            here.get(SESSIONS)


@pytest.mark.parametrize("path", [SESSIONS, END_OTHERS, end_url("browser", 1), end_url("api", 1)])
def test_anonymous_is_asked_to_log_in(client: Client, db: None, path: str) -> None:
    response = client.get(path) if path == SESSIONS else client.post(path)

    assert response["Location"] == f"/accounts/login/?next={path}"


def test_get_ends_nothing(organiser: User) -> None:
    client = log_in_browser(organiser)

    paths = [END_OTHERS, end_url("browser", BrowserSession.objects.get().pk), end_url("api", 1)]

    assert [client.get(path).status_code for path in paths] == [405] * 3
    assert is_logged_in(client)


def test_other_browser_is_logged_out(organiser: User) -> None:
    here, there = log_in_browser(organiser), log_in_browser(organiser, CHROME)
    pk = BrowserSession.objects.get(session_key=there.session.session_key).pk

    response = here.post(end_url("browser", pk), follow=True)

    assert "Chrome on Windows logged out." in response.content.decode()
    assert (is_logged_in(here), is_logged_in(there)) == (True, False)


def test_this_browser_is_logged_out(organiser: User) -> None:
    here = log_in_browser(organiser)

    response = here.post(end_url("browser", BrowserSession.objects.get().pk))

    assert response.status_code == 302
    assert not is_logged_in(here)
    assert not Session.objects.filter(pk=here.cookies["sessionid"].value).exists()


def test_program_is_logged_out(api: Api, organiser: User) -> None:
    here, program = log_in_browser(organiser), api(organiser)

    here.post(end_url("api", ApiSession.objects.get().pk))

    assert program.get("/api/v1/users/me/").status_code == 401


def test_sessions_of_others_are_not_there(api: Api, organiser: User, stranger: User) -> None:
    theirs, program, here = log_in_browser(organiser), api(organiser), log_in_browser(stranger)
    rows = [("browser", BrowserSession.objects.get(user=organiser).pk), ("api", ApiSession.objects.get().pk)]

    assert [here.post(end_url(*row)).status_code for row in rows] == [404, 404]
    assert is_logged_in(theirs)
    assert program.get("/api/v1/users/me/").status_code == 200


def test_all_others_are_logged_out(api: Api, organiser: User, stranger: User) -> None:
    here, there, foreign = (log_in_browser(each) for each in (organiser, organiser, stranger))
    program = api(organiser)

    here.post(END_OTHERS)

    assert [is_logged_in(each) for each in (here, there, foreign)] == [True, False, True]
    assert program.get("/api/v1/users/me/").status_code == 401
    assert BrowserSession.objects.filter(user=organiser).count() == 1
