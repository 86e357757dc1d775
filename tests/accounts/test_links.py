"""Test that an emailed link is valid only for the row, the address and the time for which it was signed."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from pytest_django import Settings

from accounts.exceptions import InvalidLink
from accounts.links import LinkSigner, password_reset_tokens
from accounts.mail import compose_account_mail
from accounts.models import AccountMail, User
from accounts.services import create_user, link_token, reset_password, verify_email
from accounts.services.outbox import write_mail
from notifications.mail.messages import unsubscribe_token, unsubscribing_user
from tests.makers import MakeUser
from tools.stage.paths import BASE_DIR

pytestmark = pytest.mark.django_db
MICROSECOND = timedelta(microseconds=1)
LINKS = LinkSigner("test")


def restore_as(row: User | AccountMail, **changes: object) -> None:
    """Give a row's number to another row, as happens if a dump from before the row existed is restored."""
    type(row)._default_manager.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()


def reset_page(user: User, token: str) -> str:
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return Client().get(f"/accounts/password-reset/{uid}/{token}/", follow=True).content.decode()


# What a signature covers


@pytest.mark.parametrize(
    "other",
    [{"pk": 8}, {"address": "eve@example.org"}, {"created_at": MICROSECOND}, {"created_at": -MICROSECOND}],
    ids=str,
)
def test_link_holds_for_its_number_address_and_microsecond_only(at: datetime, other: dict[str, Any]) -> None:
    facts: dict[str, Any] = {"pk": 7, "address": "ada@example.org", "created_at": at}
    token = LINKS.token(**facts)
    others = facts | other
    if isinstance(others["created_at"], timedelta):
        others["created_at"] = at + others["created_at"]

    assert LINKS.claimed_pk(token) == 7
    assert LINKS.holds(token, **facts)
    assert not LINKS.holds(token, **others)
    assert not LinkSigner("another purpose").holds(token, **facts)


@pytest.mark.parametrize("token", ["", ":", "7", "7:", "7:x", "x:7", "-7:x", "٧:x", f"{'9' * 19}:x"])
def test_link_that_was_never_signed_does_not_hold(at: datetime, token: str) -> None:
    assert LINKS.claimed_pk(token) in {7, 0}
    assert not LINKS.holds(token, 7, address="ada@example.org", created_at=at)


def test_link_shows_no_address(at: datetime) -> None:
    assert re.fullmatch(r"7:[\w-]+", LINKS.token(7, address="ada@example.org", created_at=at))


def test_links_hold_while_the_old_key_is_a_fallback(unverified_ada: User, settings: Settings) -> None:
    token, reset = unsubscribe_token(unverified_ada), password_reset_tokens.make_token(unverified_ada)
    old = settings.SECRET_KEY

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of at least thirty letters", [old]
    tokens = type(password_reset_tokens)()
    assert unsubscribing_user(token) == unverified_ada
    assert tokens.check_token(unverified_ada, reset)

    settings.SECRET_KEY_FALLBACKS = []
    assert unsubscribing_user(token) is None
    assert not type(password_reset_tokens)().check_token(unverified_ada, reset)


def test_nothing_else_of_the_project_signs_links() -> None:
    signs = re.compile(r"core import signing|core\.signing|default_token_generator|PasswordResetTokenGenerator")
    sources = [
        path for app in ("accounts", "config", "events", "notifications") for path in (BASE_DIR / app).rglob("*.py")
    ]

    found = [str(path.relative_to(BASE_DIR)) for path in sources if signs.search(path.read_text())]

    assert found == ["accounts/links.py"]


# Numbers that are used again


def test_verification_link_does_not_verify_a_stranger_whose_mail_has_its_number(
    unverified_ada: User, stranger: User, at: datetime
) -> None:
    mail = AccountMail.objects.get()
    token = link_token(mail)
    restore_as(mail, user=stranger, address=stranger.email, created_at=at + timedelta(minutes=1))

    with pytest.raises(InvalidLink):
        verify_email(token, at=at + timedelta(minutes=2))
    stranger.refresh_from_db()
    assert stranger.email_verified_at is None


def test_verification_link_does_not_hold_for_a_later_mail_to_the_same_address(
    unverified_ada: User, at: datetime
) -> None:
    mail = AccountMail.objects.get()
    token = link_token(mail)
    restore_as(mail, created_at=at + MICROSECOND)

    with pytest.raises(InvalidLink):
        verify_email(token, at=at + timedelta(minutes=1))


def test_link_of_one_kind_of_mail_does_not_do_for_another(unverified_ada: User, at: datetime) -> None:
    token = link_token(write_mail(AccountMail.Kind.RESET, user=unverified_ada, address=unverified_ada.email, at=at))

    with pytest.raises(InvalidLink):
        verify_email(token, at=at)


@pytest.mark.parametrize("change", ["address", "time of signing up"])
def test_unsubscribe_link_does_not_hold_for_somebody_else_with_its_number(unverified_ada: User, change: str) -> None:
    token = unsubscribe_token(unverified_ada)
    assert unsubscribing_user(token) == unverified_ada
    later = {"date_joined": unverified_ada.date_joined + MICROSECOND}
    restore_as(unverified_ada, **({"email": "eve@example.org"} if change == "address" else later))

    Client().post(f"/notifications/unsubscribe/{token}/")

    unverified_ada.refresh_from_db()
    assert unverified_ada.mail_muted == []


def test_reset_link_does_not_hold_for_somebody_else_with_its_number(unverified_ada: User) -> None:
    token = password_reset_tokens.make_token(unverified_ada)
    assert "new_password1" in reset_page(unverified_ada, token)

    restore_as(unverified_ada, date_joined=unverified_ada.date_joined + MICROSECOND)

    assert "expired or was already used" in reset_page(unverified_ada, token)


# Links that were mailed before all this was signed


def test_links_of_the_version_before_do_not_hold(unverified_ada: User, at: datetime) -> None:
    verify = signing.Signer(salt="accounts.verify").sign(str(AccountMail.objects.get().pk))
    unsubscribe = signing.Signer(salt="notifications.unsubscribe").sign(str(unverified_ada.pk))

    with pytest.raises(InvalidLink):
        verify_email(verify, at=at)
    assert unsubscribing_user(unsubscribe) is None
    assert "expired or was already used" in reset_page(
        unverified_ada, default_token_generator.make_token(unverified_ada)
    )


# Links to a new password


def test_reset_link_does_not_hold_for_another_address(unverified_ada: User) -> None:
    token = password_reset_tokens.make_token(unverified_ada)

    User.objects.update(email="new@example.org")

    assert "expired or was already used" in reset_page(unverified_ada, token)


@pytest.mark.parametrize("meanwhile", [{"email": "new@example.org"}, {"password": "x"}, {"is_active": False}], ids=str)
def test_reset_is_refused_if_the_account_changes_after_its_link_was_checked(
    unverified_ada: User, at: datetime, meanwhile: dict
) -> None:
    User.objects.update(**meanwhile)

    with pytest.raises(InvalidLink):
        reset_password(unverified_ada, password="a wholly different sentence", at=at)

    now = User.objects.get()
    assert (now.email_verified_at, now.check_password("a wholly different sentence")) == (None, False)


def test_reset_is_mailed_only_to_the_address_that_it_was_asked_for(make_user: MakeUser, at: datetime) -> None:
    user = make_user("moved")
    mail = write_mail(AccountMail.Kind.RESET, user=user, address="before@example.org", at=at)

    assert compose_account_mail(mail, at=at) is None
    same = write_mail(AccountMail.Kind.RESET, user=user, address=user.email, at=at)
    assert compose_account_mail(same, at=at) is not None


def test_address_of_any_case_gets_links_that_hold() -> None:
    user = create_user(username="Ada", email="Ada@Example.ORG", password="x")

    assert unsubscribing_user(unsubscribe_token(user)) == user
