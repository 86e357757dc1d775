"""Test API sessions and their tokens."""

from datetime import datetime
from typing import Any

import pytest

from accounts.exceptions import InvalidToken
from accounts.models import ApiSession, User
from accounts.services import (
    close_api_session,
    open_api_session,
    refresh_api_session,
    user_of_token,
)
from accounts.tokens import AccessToken
from tests.tokens import claims_of

pytestmark = pytest.mark.django_db


def test_user_of_a_token_has_all_that_the_database_knows_of_them(organiser: User, at: datetime) -> None:
    User.objects.update(email_verified_at=at, default_leads=[60, 5], mail_muted=["reminder"], last_login=at)
    access: Any = open_api_session(organiser, at=at).access  # the stubs ask for a Token

    user = user_of_token(AccessToken(access))

    expected = User.objects.get()
    assert {name: value for name, value in vars(user).items() if name != "_state"} == {
        name: value for name, value in vars(expected).items() if name != "_state"
    }
    assert (user._state.db, user._state.adding) == (expected._state.db, False)


def test_refresh_hands_out_new_tokens_of_the_same_session(organiser: User, at: datetime) -> None:
    first = open_api_session(organiser, at=at)

    second = refresh_api_session(first.refresh, at=at)

    assert second.refresh != first.refresh
    assert claims_of(second.access)["sid"] == ApiSession.objects.get().pk


def test_refresh_token_used_twice_revokes_all_sessions_of_the_user(organiser: User, at: datetime) -> None:
    stolen, other = open_api_session(organiser, at=at), open_api_session(organiser, at=at)
    following = refresh_api_session(stolen.refresh, at=at)

    with pytest.raises(InvalidToken):
        refresh_api_session(stolen.refresh, at=at)

    assert not ApiSession.objects.live().exists()
    for each in (following, other):
        with pytest.raises(InvalidToken):
            refresh_api_session(each.refresh, at=at)


def test_refresh_is_refused_for_what_is_no_refresh_token_of_an_active_user(organiser: User, at: datetime) -> None:
    pair = open_api_session(organiser, at=at)

    for token in ("", "a.b.c", pair.access, pair.refresh[:-2]):
        with pytest.raises(InvalidToken):
            refresh_api_session(token, at=at)
    User.objects.update(is_active=False)
    with pytest.raises(InvalidToken):
        refresh_api_session(pair.refresh, at=at)


def test_refresh_is_refused_after_a_password_change(organiser: User, at: datetime) -> None:
    pair = open_api_session(organiser, at=at)
    organiser.set_password("another")
    organiser.save()

    with pytest.raises(InvalidToken):
        refresh_api_session(pair.refresh, at=at)


def test_refresh_of_a_user_who_is_gone_is_refused(organiser: User, at: datetime) -> None:
    pair = open_api_session(organiser, at=at)
    organiser.delete()

    with pytest.raises(InvalidToken):
        refresh_api_session(pair.refresh, at=at)


def test_logout_ends_its_session_and_no_other(organiser: User, at: datetime) -> None:
    first, second = open_api_session(organiser, at=at), open_api_session(organiser, at=at)

    close_api_session(first.refresh, at=at)

    with pytest.raises(InvalidToken):
        refresh_api_session(first.refresh, at=at)
    assert refresh_api_session(second.refresh, at=at)
    with pytest.raises(InvalidToken):
        close_api_session("nonsense", at=at)
