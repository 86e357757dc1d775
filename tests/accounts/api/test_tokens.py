"""Test which tokens the API accepts, how they are renewed and what ends them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from django.utils.encoding import force_str
from rest_framework.test import APIClient

from accounts.models import ApiSession, User
from accounts.services import SESSION_CLAIM, revoke_api_sessions
from accounts.tokens import AccessToken, RememberingBackend
from tests.accounts.api.programs import AUTH, log_in, refresh, status_with
from tests.makers import Api
from tests.problems import assert_problem
from tests.tokens import claims_of

# A token without one of these is refused.
REQUIRED_CLAIMS = ["token_type", "exp", "jti", "user_id", "hash_password", "iss", "aud", SESSION_CLAIM]


def without(claims: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in claims.items() if each != name}


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


@pytest.mark.parametrize("change", ["lock", "password", "delete", "revoke"])
def test_token_dies_with_the_account_its_password_or_its_session(organiser: User, at: datetime, change: str) -> None:
    tokens = log_in(organiser)
    assert status_with(tokens["access"]) == 200

    if change == "delete":
        User.objects.all().delete()
    elif change == "lock":
        User.objects.update(is_active=False)
    elif change == "revoke":
        revoke_api_sessions(organiser, at=at)
    else:
        organiser.set_password("another battery staple")
        organiser.save()

    assert status_with(tokens["access"]) == 401
    assert_problem(refresh(tokens["refresh"]), 401, "invalid_token")


# Tokens that a process remembers


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the tokens whose signatures are verified from now on."""
    verified: list[str] = []
    decode = jwt.decode

    def noted(token: Any, *args: Any, **options: Any) -> Any:
        verified.append(force_str(token))
        return decode(token, *args, **options)

    monkeypatch.setattr(jwt, "decode", noted)
    return verified


def test_signature_is_verified_once(organiser: User, decoded: list[str]) -> None:
    access = log_in(organiser)["access"]

    assert [status_with(access) for _ in range(3)] == [200] * 3
    assert decoded == [access]


def test_token_that_was_used_before_expires(organiser: User, monkeypatch: pytest.MonkeyPatch) -> None:
    access = log_in(organiser)["access"]
    expires_at = datetime.fromtimestamp(claims_of(access)["exp"], UTC)

    def status_at(moment: datetime) -> int:
        monkeypatch.setattr("rest_framework_simplejwt.tokens.aware_utcnow", lambda: moment)
        return status_with(access)

    # Ten seconds of leeway, because the clocks of hosts differ.
    latest = expires_at + timedelta(seconds=10)
    assert status_with(access) == 200
    assert [status_at(latest - timedelta(seconds=1)), status_at(latest), status_at(latest)] == [200, 401, 401]


def test_token_that_was_used_before_is_refused_when_anything_in_it_is_changed(organiser: User) -> None:
    access = log_in(organiser)["access"]
    assert status_with(access) == 200
    header, claims, signature = access.split(".")
    other = log_in(organiser)["access"].split(".")

    changed = [
        f"{header}.{claims}.{other[2]}",
        f"{header}.{other[1]}.{signature}",
        f"{header}.{claims}.{signature[:-2]}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{access}A",
    ]

    assert [status_with(token) for token in changed] == [401] * len(changed)
    assert status_with(access) == 200


def test_claims_that_somebody_changes_are_not_those_that_are_remembered(organiser: User) -> None:
    access: Any = log_in(organiser)["access"]  # the stubs ask for a Token

    AccessToken(access)["user_id"] = "0"

    assert AccessToken(access)["user_id"] == str(organiser.pk)


def test_only_the_last_tokens_are_remembered(
    organiser: User, monkeypatch: pytest.MonkeyPatch, decoded: list[str]
) -> None:
    backend = RememberingBackend(algorithm="HS256", signing_key="a key that is long enough for this test")
    monkeypatch.setattr("accounts.tokens.MAX_REMEMBERED", 2)
    first, second, third = (backend.encode({"jti": name}) for name in "abc")

    for token in (first, second, third, second, third, first):
        backend.decode(token)

    assert decoded == [first, second, third, first]


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
