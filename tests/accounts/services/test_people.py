"""Test signing up, names that are taken, suspending an account and asking for its deletion."""

from datetime import datetime, timedelta

import pytest

from accounts.exceptions import EmailTaken, UsernameTaken
from accounts.models import ApiSession, User
from accounts.services import (
    create_user,
    open_api_session,
    reinstate_user,
    request_deletion,
    suspend_user,
    update_profile,
)

pytestmark = pytest.mark.django_db


def test_register_lowers_username_and_email() -> None:
    create_user(username="Ada", email="Ada@Example.ORG", password="x")

    user = User.objects.get(email="ADA@example.org")
    assert (user.username, user.email, user.default_leads) == ("ada", "ada@example.org", [1440])
    assert user.check_password("x")


def test_register_refuses_a_name_or_address_taken_in_any_case(organiser: User) -> None:
    with pytest.raises(UsernameTaken):
        create_user(username="ORGANISER", email="new@example.org", password="x")
    with pytest.raises(EmailTaken):
        create_user(username="new", email="Organiser@Example.org", password="x")
    assert User.objects.count() == 1


def test_profile_refuses_a_username_taken(organiser: User, stranger: User) -> None:
    with pytest.raises(UsernameTaken):
        update_profile(organiser, username="Stranger")

    assert update_profile(organiser, username="Boss", time_zone="Europe/Rome").username == "boss"


def test_deactivation_locks_once_and_ends_the_sessions(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)

    assert [suspend_user(organiser, at=at) for _ in range(2)] == [True, False]
    assert not User.objects.active().exists()
    assert ApiSession.objects.get().revoked_at == at


def test_reactivation_unlocks_once(organiser: User, at: datetime) -> None:
    suspend_user(organiser, at=at)

    assert [reinstate_user(organiser, at=at) for _ in range(2)] == [True, False]
    assert User.objects.active().get() == organiser


def test_reactivation_leaves_an_account_that_is_to_go(organiser: User, at: datetime) -> None:
    request_deletion(organiser, at=at)

    assert not reinstate_user(organiser, at=at)


def test_deletion_request_locks_the_account_and_its_sessions(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)

    request_deletion(organiser, at=at)
    request_deletion(organiser, at=at + timedelta(days=1))

    organiser.refresh_from_db()
    assert (organiser.is_active, organiser.deletion_requested_at) == (False, at)
    assert ApiSession.objects.get().revoked_at == at
