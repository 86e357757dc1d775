"""Test signing up, logging in and logging out over the API, and tickets for the feed."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import ApiSession, User
from accounts.services import redeem_feed_ticket
from tests.accounts.api.programs import AUTH, log_in, refresh, status_with
from tests.conftest import PASSWORD
from tests.makers import Api
from tests.problems import assert_problem

NEW = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}


# ---------------------------------------------------------------------------------------------------------- signing up


def test_new_account_is_answered_without_its_password(api: Api) -> None:
    response = api().post(f"{AUTH}signup/", NEW)

    user = User.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": user.pk,
        "username": "ada",
        "email": "ada@example.org",
        "pending_email": None,
        "time_zone": "UTC",
        "default_leads": [1440],
    }
    assert user.check_password(PASSWORD)


def test_names_of_a_new_account_are_lowered(api: Api) -> None:
    response = api().post(f"{AUTH}signup/", NEW | {"username": "Ada", "email": "Ada@Example.org"})

    assert (response.json()["username"], response.json()["email"]) == ("ada", "ada@example.org")


@pytest.mark.parametrize("name", ["is_staff", "is_superuser", "id", "email_verified_at", "time_zone", "is_active"])
def test_new_account_ignores_what_is_not_for_it_to_say(api: Api, name: str) -> None:
    api().post(f"{AUTH}signup/", NEW | {name: 99})

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active, user.email_verified_at) == (False, False, True, None)
    assert (user.time_zone, user.pk != 99) == ("UTC", True)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"username": "ORGANISER"}, "username_taken", "username"),
        ({"email": "Organiser@example.org"}, "email_taken", "email"),
        ({"username": "two words"}, "invalid", "username"),
        ({"username": "a\nda"}, "invalid", "username"),
        ({"username": "а́да"}, "invalid", "username"),
        ({"username": "x" * 41}, "invalid", "username"),
        ({"username": ""}, "invalid", "username"),
        ({"username": 5}, "invalid", "username"),
        ({"username": "a\x00"}, "invalid", "username"),
        ({"email": "ada"}, "invalid", "email"),
        ({"email": "ada@example.org\r\nBcc: x@example.org"}, "invalid", "email"),
        ({"email": "x" * 250 + "@example.org"}, "invalid", "email"),
        ({"email": None}, "invalid", "email"),
        ({"password": "short"}, "invalid", "password"),
        ({"password": "password"}, "invalid", "password"),
        ({"password": "123456789012"}, "invalid", "password"),
        ({"password": "ada@example.org"}, "invalid", "password"),
        ({"password": "x\x00" * 10}, "invalid", "password"),
        ({"password": ["x"]}, "invalid", "password"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_new_account_with_bad_input_is_refused_by_field(
    api: Api, organiser: User, given: dict[str, Any], code: str, field: str
) -> None:
    response = api().post(f"{AUTH}signup/", NEW | given)

    assert_problem(response, 400, code)
    assert list(response.json()["fields"]) == [field]
    assert User.objects.count() == 1


# ---------------------------------------------------------------------------------------------------------- logging in


def test_login_gives_tokens_that_open_the_api(organiser: User) -> None:
    tokens = log_in(organiser)

    assert set(tokens) == {"access", "refresh"}
    assert status_with(tokens["access"]) == 200


def test_login_takes_the_address_in_any_case(api: Api, organiser: User) -> None:
    response = api().post(f"{AUTH}login/", {"email": "ORGANISER@Example.org", "password": PASSWORD})

    assert response.status_code == 200


@pytest.mark.parametrize(
    "given",
    [{"password": "wrong"}, {"password": PASSWORD + " "}, {"email": "nobody@example.org"}, {"email": "organiser"}],
    ids=str,
)
def test_login_with_wrong_credentials_does_not_say_which_is_wrong(
    api: Api, organiser: User, given: dict[str, str]
) -> None:
    response = api().post(f"{AUTH}login/", {"email": organiser.email, "password": PASSWORD} | given)

    assert_problem(response, 401, "invalid_credentials")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json()["detail"] == "Wrong email address or password."


def test_login_of_a_locked_account_is_refused_like_a_wrong_password(api: Api, organiser: User) -> None:
    User.objects.update(is_active=False)

    response = api().post(f"{AUTH}login/", {"email": organiser.email, "password": PASSWORD})

    assert_problem(response, 401, "invalid_credentials")


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": ["x"], "password": "x"}, {"email": "x", "password": 5}])
def test_login_without_credentials_is_invalid(api: Api, db: None, body: dict[str, Any]) -> None:
    assert_problem(api().post(f"{AUTH}login/", body), 400, "invalid")


def test_login_ignores_an_old_token(api: Api, organiser: User) -> None:
    client = api()
    client.credentials(HTTP_AUTHORIZATION="Bearer old")

    response = client.post(f"{AUTH}login/", {"email": organiser.email, "password": PASSWORD})

    assert response.status_code == 200


# ---------------------------------------------------------------------------------------------------------- logging out


def test_logout_ends_this_session_at_once_and_no_other(api: Api, organiser: User) -> None:
    here, elsewhere = log_in(organiser), log_in(organiser)

    response = api().post(f"{AUTH}logout/", {"refresh": here["refresh"]})

    assert (response.status_code, response.content) == (204, b"")
    assert status_with(here["access"]) == 401
    assert_problem(refresh(here["refresh"]), 401, "invalid_token")
    assert status_with(elsewhere["access"]) == 200


def test_logout_with_something_else_is_refused(api: Api, organiser: User) -> None:
    for token in ("x", log_in(organiser)["access"]):
        assert_problem(api().post(f"{AUTH}logout/", {"refresh": token}), 401, "invalid_token")


# -------------------------------------------------------------------------------------------------------- feed tickets


def test_ticket_of_a_token_lives_with_its_api_session(api: Api, organiser: User, settings: Settings) -> None:
    response = api(organiser).post(f"{AUTH}feed-ticket/")

    body = response.json()
    found = redeem_feed_ticket(body["ticket"], at=timezone.now())
    assert (response.status_code, body["expires_in"]) == (200, settings.FEED_TICKET_SECONDS)
    assert found is not None
    assert (found.user, found.api_session, found.session_key) == (organiser, ApiSession.objects.get(), "")


def test_ticket_of_a_session_lives_with_the_session(client: Client, organiser: User) -> None:
    client.force_login(organiser)

    ticket = client.post(f"{AUTH}feed-ticket/").json()["ticket"]

    found = redeem_feed_ticket(ticket, at=timezone.now())
    assert found is not None
    assert (found.user, found.api_session, found.session_key) == (organiser, None, client.session.session_key)


def test_ticket_needs_a_login(api: Api, organiser: User) -> None:
    assert_problem(api().post(f"{AUTH}feed-ticket/"), 401, "not_authenticated")


def test_ticket_for_a_session_needs_the_csrf_token(organiser: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(organiser)

    assert_problem(client.post(f"{AUTH}feed-ticket/"), 403, "permission_denied")
