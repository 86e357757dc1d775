"""Signing up, logging in, rotating and revoking tokens over the API; tickets for the feed."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ApiSession, User
from accounts.services import SESSION_CLAIM, redeem_feed_ticket
from tests.conftest import PASSWORD
from tests.makers import Api
from tests.problems import assert_problem
from tests.tokens import claims_of

AUTH = "/api/v1/auth/"
ME = "/api/v1/users/me/"
NEW = {"username": "ada", "email": "ada@example.org", "password": PASSWORD}


# Without any of them a token says too little.
REQUIRED_CLAIMS = ["token_type", "exp", "jti", "user_id", "hash_password", "iss", "aud", SESSION_CLAIM]


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in claims.items() if each != name}


def log_in(user: User) -> dict[str, str]:
    response = APIClient().post(f"{AUTH}login/", {"email": user.email, "password": PASSWORD})
    assert response.status_code == 200
    return dict(response.json())


def refresh(token: str) -> Any:
    return APIClient().post(f"{AUTH}refresh/", {"refresh": token})


def status_with(access: str) -> int:
    """Return how the API answers to an access token."""
    return APIClient().get(ME, headers={"authorization": f"Bearer {access}"}).status_code


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
def test_login_with_wrong_credentials_tells_not_which(api: Api, organiser: User, given: dict[str, str]) -> None:
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


# ------------------------------------------------------------------------------------------------------- access tokens


def test_token_is_refused_when_it_does_not_hold(organiser: User) -> None:
    session = ApiSession.objects.create(user=organiser, created_at=timezone.now(), seen_at=timezone.now())
    good = log_in(organiser)
    claims = jwt.decode(good["access"], options={"verify_signature": False})
    key = django_settings.JWT_SIGNING_KEY

    def signed(changes: dict[str, Any], signing_key: str = key, algorithm: str = "HS256") -> str:
        return jwt.encode(claims | changes, signing_key, algorithm)

    refused = {
        "garbage": "x",
        "not ascii": "é",
        "a refresh token": good["refresh"],
        "another key": signed({}, "another key that is long enough for it"),
        "Django's key": signed({}, django_settings.SECRET_KEY),
        "no algorithm": signed({}, "", "none"),
        "another algorithm": signed({}, key * 2, "HS512"),
        "another issuer": signed({"iss": "x"}),
        "another audience": signed({"aud": "x"}),
        "another type": signed({"token_type": "refresh"}),
        "expired": signed({"exp": 1}),
        "not yet valid": signed({"nbf": claims["iat"] + 60}),
        "issued in the future": signed({"iat": claims["iat"] + 60}),
        "no session": signed({SESSION_CLAIM: None}),
        "a session that is none": signed({SESSION_CLAIM: 0}),
        "a session that is no number": signed({SESSION_CLAIM: "x"}),
        "a list of sessions": signed({SESSION_CLAIM: [session.pk]}),
        "a session beyond all numbers": signed({SESSION_CLAIM: 10**30}),
        "another user": signed({"user_id": str(organiser.pk + 1)}),
        "no user": signed({"user_id": None}),
        "a user that is no number": signed({"user_id": "x"}),
        "a user beyond all numbers": signed({"user_id": str(10**30)}),
        "a list of users": signed({"user_id": [organiser.pk]}),
        "an expiry that is no number": signed({"exp": "never"}),
        **{f"without {name}": jwt.encode(without(claims, name), key) for name in REQUIRED_CLAIMS},
    }

    assert status_with(signed({SESSION_CLAIM: session.pk})) == 200
    assert {name: status_with(token) for name, token in refused.items()} == dict.fromkeys(refused, 401)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_token_of_a_host_whose_clock_is_a_little_ahead_is_believed(organiser: User, claim: str) -> None:
    claims = jwt.decode(log_in(organiser)["access"], options={"verify_signature": False})

    token = jwt.encode(claims | {claim: claims["iat"] + 8}, django_settings.JWT_SIGNING_KEY, "HS256")

    assert status_with(token) == 200


def test_refresh_token_is_refused_when_it_does_not_hold(api: Api, organiser: User) -> None:
    session = ApiSession.objects.create(user=organiser, created_at=timezone.now(), seen_at=timezone.now())
    good = log_in(organiser)
    claims = jwt.decode(good["refresh"], options={"verify_signature": False})
    key = django_settings.JWT_SIGNING_KEY

    def signed(changes: dict[str, Any], signing_key: str = key, algorithm: str = "HS256") -> str:
        return jwt.encode(claims | changes, signing_key, algorithm)

    refused = {
        "an access token": good["access"],
        "another key": signed({}, "another key that is long enough for it"),
        "no algorithm": signed({}, "", "none"),
        "another algorithm": signed({}, key * 2, "HS512"),
        "another issuer": signed({"iss": "x"}),
        "another audience": signed({"aud": "x"}),
        "another type": signed({"token_type": "access"}),
        "expired": signed({"exp": 1}),
        "not yet valid": signed({"nbf": claims["iat"] + 60}),
        "issued in the future": signed({"iat": claims["iat"] + 60}),
        "an expiry that is no number": signed({"exp": "never"}),
        "a session that is none": signed({SESSION_CLAIM: 0}),
        "a session that is no number": signed({SESSION_CLAIM: "x"}),
        "a list of sessions": signed({SESSION_CLAIM: [session.pk]}),
        "a session beyond all numbers": signed({SESSION_CLAIM: 10**30}),
        "another user": signed({"user_id": str(organiser.pk + 1)}),
        "a user that is no number": signed({"user_id": "x"}),
        "a user beyond all numbers": signed({"user_id": str(10**30)}),
        "a list of users": signed({"user_id": [organiser.pk]}),
        **{f"without {name}": jwt.encode(without(claims, name), key) for name in REQUIRED_CLAIMS},
    }

    answers = {name: refresh(token) for name, token in refused.items()}

    assert {name: (answer.status_code, answer.json()["code"]) for name, answer in answers.items()} == dict.fromkeys(
        refused, (401, "invalid_token")
    )
    for name in ("expired", "another key", "a list of sessions", "a session beyond all numbers", "without sid"):
        assert_problem(api().post(f"{AUTH}logout/", {"refresh": refused[name]}), 401, "invalid_token")
    assert refresh(good["refresh"]).status_code == 200


def test_token_that_does_not_hold_is_one_problem_whatever_is_wrong(db: None) -> None:
    for header in ("Bearer x", "Bearer", "Bearer a b"):
        response = APIClient().get("/api/v1/events/", headers={"authorization": header})

        assert_problem(response, 401, "invalid_token")
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_token_that_does_not_hold_is_a_problem_in_a_browser_too(client: Client, db: None) -> None:
    headers = {"authorization": "Bearer x", "accept": "text/html"}

    assert client.get("/api/v1/events/", headers=headers).status_code == 401


def test_token_expires_after_five_minutes(organiser: User) -> None:
    token = claims_of(log_in(organiser)["access"])

    assert token["exp"] - token["iat"] == timedelta(minutes=5).total_seconds()


@pytest.mark.parametrize("change", ["lock", "password", "delete"])
def test_token_dies_with_the_account_or_its_password(organiser: User, change: str) -> None:
    tokens = log_in(organiser)

    if change == "delete":
        User.objects.all().delete()
    elif change == "lock":
        User.objects.update(is_active=False)
    else:
        organiser.set_password("another battery staple")
        organiser.save()

    assert status_with(tokens["access"]) == 401
    assert_problem(refresh(tokens["refresh"]), 401, "invalid_token")


# ------------------------------------------------------------------------------------------------------------ rotation


def test_refresh_gives_new_tokens(organiser: User) -> None:
    old = log_in(organiser)

    new = refresh(old["refresh"]).json()

    assert set(new) == {"access", "refresh"}
    assert not set(new.values()) & set(old.values())
    assert status_with(new["access"]) == 200


def test_refresh_token_used_twice_revokes_all_of_the_users_tokens(organiser: User, stranger: User) -> None:
    first, elsewhere, foreign = log_in(organiser), log_in(organiser), log_in(stranger)
    second = refresh(first["refresh"]).json()

    assert_problem(refresh(first["refresh"]), 401, "invalid_token")

    for tokens in (first, second, elsewhere):
        assert status_with(tokens["access"]) == 401
        assert_problem(refresh(tokens["refresh"]), 401, "invalid_token")
    assert status_with(foreign["access"]) == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", ""])
def test_refresh_with_something_else_is_refused(db: None, token: str) -> None:
    response = refresh(token)

    assert response.status_code == (401 if token else 400)


def test_access_token_does_not_refresh(organiser: User) -> None:
    assert_problem(refresh(log_in(organiser)["access"]), 401, "invalid_token")


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
