"""Test that what a former key has signed is accepted while that key is configured, and no longer."""

from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import ApiSession, BrowserSession, User
from accounts.services import open_api_session
from accounts.tokens import AccessToken, RefreshToken
from notifications.feed.credentials import from_bearer, from_session_cookie
from tests.accounts.api.programs import status_with
from tests.problems import assert_problem

FORMER, OLDEST = "former-secret" * 5, "oldest-secret" * 5
ME, REFRESH, LOGOUT = "/api/v1/users/me/", "/api/v1/auth/refresh/", "/api/v1/auth/logout/"


@pytest.fixture
def former_tokens(organiser: User) -> dict[str, str]:
    """Return the tokens of a login, signed by the oldest key."""
    return {name: by(OLDEST, token) for name, token in vars(open_api_session(organiser, at=timezone.now())).items()}


def by(key: str, token: str, **changes: Any) -> str:
    """Return the same token, signed by another key."""
    return jwt.encode(jwt.decode(token, options={"verify_signature": False}) | changes, key, "HS256")


def is_signed_by_the_present_key(token: str) -> bool:
    return bool(jwt.decode(token, django_settings.JWT_SIGNING_KEY, ["HS256"], options={"verify_aud": False}))


# ---------------------------------------------------------------------------------------------------------- the API's


@pytest.fixture
def with_former_keys(settings: Settings) -> None:
    settings.JWT_SIGNING_KEY_FALLBACKS = [FORMER, OLDEST]


@pytest.mark.usefixtures("with_former_keys")
def test_access_token_of_a_former_key_is_believed(former_tokens: dict[str, str]) -> None:
    assert status_with(former_tokens["access"]) == 200
    assert from_bearer(f"Bearer {former_tokens['access']}".encode()) is not None


@pytest.mark.usefixtures("with_former_keys")
def test_refresh_token_of_a_former_key_is_exchanged_for_tokens_of_the_present_one(
    former_tokens: dict[str, str],
) -> None:
    response = APIClient().post(REFRESH, {"refresh": former_tokens["refresh"]})

    assert response.status_code == 200
    assert all(map(is_signed_by_the_present_key, response.json().values()))
    assert_problem(APIClient().post(REFRESH, {"refresh": former_tokens["refresh"]}), 401, "invalid_token")


@pytest.mark.usefixtures("with_former_keys")
def test_refresh_token_of_a_former_key_logs_out(former_tokens: dict[str, str]) -> None:
    assert APIClient().post(LOGOUT, {"refresh": former_tokens["refresh"]}).status_code == 204
    assert not ApiSession.objects.live().exists()


@pytest.mark.usefixtures("with_former_keys")
def test_token_of_a_former_key_must_hold_as_any_other(former_tokens: dict[str, str]) -> None:
    access = former_tokens["access"]
    refused = [
        by(FORMER, access, exp=1),
        by(OLDEST, access, aud="x"),
        by(OLDEST, access, iss="x"),
        by(OLDEST, access, token_type="refresh"),
        by("a-stranger's-secret" * 3, access),
        jwt.encode(jwt.decode(access, options={"verify_signature": False}), FORMER * 2, "HS512"),
        f"{access[:-4]}AAAA",
    ]

    assert [status_with(token) for token in refused] == [401] * len(refused)


def test_token_of_a_former_key_is_refused_where_that_is_not_named(former_tokens: dict[str, str]) -> None:
    assert status_with(former_tokens["access"]) == 401
    assert from_bearer(f"Bearer {former_tokens['access']}".encode()) is None
    for path in (REFRESH, LOGOUT):
        assert_problem(APIClient().post(path, {"refresh": former_tokens["refresh"]}), 401, "invalid_token")


def test_token_of_a_former_key_is_refused_as_soon_as_that_is_no_longer_named(
    former_tokens: dict[str, str], settings: Settings
) -> None:
    settings.JWT_SIGNING_KEY_FALLBACKS = [FORMER, OLDEST]
    assert status_with(former_tokens["access"]) == 200

    settings.JWT_SIGNING_KEY_FALLBACKS = [FORMER]

    assert status_with(former_tokens["access"]) == 401


def test_new_tokens_are_signed_by_the_present_key(organiser: User, with_former_keys: None) -> None:
    refresh = RefreshToken.for_user(organiser)

    assert is_signed_by_the_present_key(str(refresh))
    assert is_signed_by_the_present_key(str(refresh.access_token))
    assert isinstance(refresh.access_token, AccessToken)


# ----------------------------------------------------------------------------------------------------------- the pages'


@pytest.fixture
def former_client(client: Client, organiser: User, settings: Settings) -> Client:
    """Return a client whose session was signed by a key that has been replaced since."""
    client.force_login(organiser)
    client.get(ME)
    settings.SECRET_KEY_FALLBACKS = [FORMER, settings.SECRET_KEY]
    settings.SECRET_KEY = "present-secret" * 5
    return client


def handshake(session_key: str) -> Any:
    cookie = f"{django_settings.SESSION_COOKIE_NAME}={session_key}".encode()
    return from_session_cookie({b"origin": django_settings.ALLOWED_ORIGINS[0].encode(), b"cookie": cookie})


def session_key_of(browser: Client) -> str:
    return browser.cookies[django_settings.SESSION_COOKIE_NAME].value


def test_session_of_a_former_key_is_believed_and_renewed(former_client: Client, settings: Settings) -> None:
    former = session_key_of(former_client)

    assert former_client.get(ME).status_code == 200
    assert session_key_of(former_client) != former
    assert BrowserSession.objects.get().session_key == session_key_of(former_client)
    settings.SECRET_KEY_FALLBACKS = []
    assert former_client.get(ME).status_code == 200


def test_session_of_a_former_key_is_refused_where_that_is_not_named(former_client: Client, settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = []

    assert handshake(session_key_of(former_client)) is None
    assert former_client.get(ME).status_code == 401


def test_socket_believes_a_session_of_a_former_key_without_taking_it_from_the_browser(former_client: Client) -> None:
    """A handshake has no answer in which the browser could get a session that is signed by the new key."""
    key = session_key_of(former_client)

    assert handshake(key).session_key == key
    assert handshake(key).session_key == key
    assert former_client.get(ME).status_code == 200


def test_link_to_a_new_password_of_a_former_key_works(organiser: User, settings: Settings) -> None:
    token = default_token_generator.make_token(organiser)
    settings.SECRET_KEY, former = "present-secret" * 5, settings.SECRET_KEY

    assert not default_token_generator.check_token(organiser, token)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert default_token_generator.check_token(organiser, token)
