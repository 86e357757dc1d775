"""Test signing up, and logging in and out in the browser."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import OperationalError, connection
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import User
from tests.accounts.browsers import is_logged_in
from tests.conftest import PASSWORD

SIGNUP, LOGIN, LOGOUT, PROFILE = (f"/accounts/{name}/" for name in ("signup", "login", "logout", "profile"))
INPUTS = {
    "email": "New@Example.org",
    "username": "Newcomer",
    "password": "correct horse battery",
    "time_zone": "Europe/Rome",
}


# Signing up


def test_signing_up_creates_an_account_and_logs_it_in(client: Client, db: None) -> None:
    response = client.post(SIGNUP, INPUTS)

    user = User.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/")
    assert (user.email, user.username, user.time_zone) == ("new@example.org", "newcomer", "Europe/Rome")
    assert user.check_password(INPUTS["password"])
    assert is_logged_in(client)


def test_signing_up_says_where_the_link_was_sent(client: Client, db: None) -> None:
    page = client.post(SIGNUP, INPUTS, follow=True).content.decode()

    assert "Welcome, newcomer. We’ve sent a link to new@example.org" in page


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"email": "nobody"}, "email", "Enter a valid email address."),
        ({"email": "organiser@EXAMPLE.org"}, "email", "There’s already an account with this email address."),
        ({"username": "ORGANISER"}, "username", "That username is taken."),
        ({"username": "two words"}, "username", "Only letters, numbers and “_ . -” are allowed."),
        ({"password": "pq7xw"}, "password", "too short"),
        ({"password": "newcomer1"}, "password", "too similar to the username"),
        (
            {"time_zone": "Europe/Atlantis"},
            "time_zone",
            "“Europe/Atlantis” isn’t a city or time zone we know. Try a larger city nearby.",
        ),
        ({"time_zone": "utc+2"}, "time_zone", "Did you mean UTC?"),
        ({"time_zone": "Munchin"}, "time_zone", "Munich (Europe/Berlin)?"),
        (
            {"time_zone": "valencia"},
            "time_zone",
            "“valencia” could be in several time zones. Did you mean Valencia (America/Caracas) or "
            "Valencia (Europe/Madrid)?",
        ),
    ],
)
def test_signing_up_answers_bad_input_beside_its_field(
    client: Client, organiser: User, changes: dict[str, str], field: str, message: str
) -> None:
    page = client.post(SIGNUP, INPUTS | changes).content.decode()

    [notes] = re.findall(rf'<div id="id_{field}_error">(.*?)</div>', page, re.DOTALL)
    assert message in notes
    for name in {"email", "username", "time_zone"}:
        assert f'value="{(INPUTS | changes)[name]}"' in page
    assert (INPUTS | changes)["password"] not in page
    assert ("Password: Enter your password again." in page) == (field != "password")
    assert not is_logged_in(client)


# Logging in and out


def test_logging_in_takes_the_email_in_any_case(client: Client, organiser: User) -> None:
    response = client.post(LOGIN, {"username": "Organiser@Example.org", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_logged_in(client)


@pytest.mark.parametrize(
    ("email", "password", "is_active"),
    [
        ("organiser@example.org", "wrong", True),
        ("nobody@example.org", PASSWORD, True),
        ("organiser@example.org", PASSWORD, False),
    ],
)
def test_logging_in_gives_one_answer_to_all_that_is_wrong(
    client: Client, organiser: User, email: str, password: str, is_active: bool
) -> None:
    User.objects.filter(pk=organiser.pk).update(is_active=is_active)

    page = client.post(LOGIN, {"username": email, "password": password}).content.decode()

    assert "Wrong email address or password." in page
    assert f'value="{email}"' in page
    assert not is_logged_in(client)


@pytest.mark.parametrize("url", [LOGIN, SIGNUP])
@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/events/new/", "/events/new/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_next_leads_only_to_our_own_pages(client: Client, organiser: User, url: str, wanted: str, reached: str) -> None:
    inputs: dict[str, Any] = {LOGIN: {"username": organiser.email, "password": PASSWORD}, SIGNUP: INPUTS}[url]

    response = client.post(f"{url}?next={wanted}", inputs | {"next": wanted})

    assert (response.status_code, response["Location"]) == (302, reached)


@pytest.mark.parametrize("url", [LOGIN, SIGNUP])
def test_logged_in_readers_need_no_such_page(client: Client, organiser: User, url: str) -> None:
    client.force_login(organiser)

    assert client.get(url).status_code == 302


def test_logging_out_takes_a_post(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    assert client.get(LOGOUT).status_code == 405
    assert is_logged_in(client)
    assert client.post(LOGOUT)["Location"] == "/"
    assert not is_logged_in(client)


# Pages of errors


def test_an_unknown_page_says_so_kindly(client: Client, db: None) -> None:
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


def test_unknown_page_offers_the_login_that_comes_back_to_it(client: Client, organiser: User) -> None:
    page = client.get("/nowhere/?of=this&or=that").content.decode()
    client.force_login(organiser)
    page_of_reader = client.get("/nowhere/?of=this&or=that").content.decode()

    [url] = re.findall(r'<a class="button" href="(/accounts/login/[?]next=[^"]*)"', page)
    assert parse_qs(urlsplit(url).query) == {"next": ["/nowhere/?of=this&or=that"]}
    assert '<a class="button" href="/accounts/login/' not in page_of_reader


def test_the_page_of_a_failure_needs_no_request() -> None:
    assert "Something went wrong" in render_to_string("500.html")


def test_a_page_without_the_database_says_when_to_come_back(client: Client, organiser: User) -> None:
    def away(*args: Any) -> Any:
        raise OperationalError(2002, "Can't connect")

    client.force_login(organiser)
    with connection.execute_wrapper(away):
        responses = [client.get(path) for path in ("/", "/notifications/", PROFILE)]

    assert [(response.status_code, response["Retry-After"]) for response in responses] == [(503, "5")] * 3
    assert "Back in a moment" in responses[0].content.decode()
