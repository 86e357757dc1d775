"""Test that nothing begun with the old password outlives its replacement."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.exceptions import InvalidCredentials, InvalidLink
from accounts.models import ApiSession, User
from accounts.services import (
    change_password,
    open_api_session,
    reinstate_user,
    request_email_change,
    reset_password,
    suspend_user,
)
from tests.accounts.addresses import NEW, NEW_PASSWORD, OLD, PROFILE, change, undo
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


class UndoMeanwhile:
    """A password validator that is called after the old password was checked."""

    at: datetime

    def validate(self, password: str, user: Any = None) -> None:
        undo(OLD, at=self.at)

    def get_help_text(self) -> str:
        return ""


def take_password_away(ada: User, how: str, at: datetime) -> None:
    someone = User.objects.get(pk=ada.pk)
    if how == "undo":
        undo(OLD, at=at)
    elif how == "new password":
        change_password(someone, password=NEW_PASSWORD, at=at)
    else:
        suspend_user(someone, at=at)
        reinstate_user(someone, at=at)


@pytest.mark.parametrize("how", ["undo", "new password", "locked and unlocked"])
def test_login_of_a_program_gets_no_tokens_if_its_password_was_taken_away(ada: User, at: datetime, how: str) -> None:
    request_email_change(ada, email=NEW, at=at)
    seen = User.objects.get(pk=ada.pk)

    take_password_away(ada, how, at)

    with pytest.raises(InvalidCredentials):
        open_api_session(seen, at=at)
    assert not ApiSession.objects.exists()


def test_thief_whose_new_password_meets_the_undo_keeps_nothing(
    ada: User, client: Client, at: datetime, settings: Settings
) -> None:
    change(ada, NEW, at=at)
    client.post("/accounts/login/", {"username": NEW, "password": PASSWORD})
    UndoMeanwhile.at = at
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": f"{__name__}.UndoMeanwhile"}]

    page = client.post(
        "/accounts/password-change/",
        {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD},
    )

    assert page.status_code == 200
    assert "old_password" in page.context["form"].errors
    assert not User.objects.get(pk=ada.pk).check_password(NEW_PASSWORD)
    assert client.get(PROFILE).status_code == 302


def test_reset_that_meets_a_lock_and_its_end_is_refused(ada: User, at: datetime) -> None:
    seen = User.objects.get(pk=ada.pk)
    take_password_away(ada, "locked and unlocked", at)

    with pytest.raises(InvalidLink):
        reset_password(seen, password=NEW_PASSWORD, at=at)
