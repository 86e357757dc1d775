"""Test changing an email address: the new one waits until it is confirmed or cancelled.

An address that was mistyped never gets access to the account.
"""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.exceptions import EmailTaken, InvalidLink, NoPendingEmail, TooManyMails
from accounts.models import AccountMail, User
from accounts.services import (
    cancel_email_change,
    change_password,
    confirm_email_change,
    link_token,
    purge_user,
    register_user,
    request_confirmation,
    request_deletion,
    request_email_change,
    request_password_reset,
    reset_password,
    suspend_user,
    undo_email_change,
    verify_email,
)
from tests.accounts.addresses import (
    CHANGE,
    LOGIN,
    NEW,
    NEW_PASSWORD,
    NEWER,
    OLD,
    PROFILE,
    Kind,
    change,
    now,
    owed,
    sent,
    token_of,
)
from tests.conftest import PASSWORD
from tests.pages import html_of, messages_of

pytestmark = pytest.mark.django_db


# Asking


def test_new_address_waits_and_the_old_one_is_notified(ada: User, ada_client: Client, at: datetime) -> None:
    page = ada_client.post(CHANGE, {"email": "New@example.org", "password": PASSWORD}, follow=True)

    ada.refresh_from_db()
    assert (ada.email, ada.email_verified_at, ada.pending_email) == (OLD, at, NEW)
    assert owed() == [("change_asked", OLD), ("confirm_email", NEW)]
    assert messages_of(page) == [f"We’ve sent a link to {NEW}. Click it to confirm."]


def test_mistyped_address_gets_neither_logins_nor_resets(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at)
    request_password_reset(NEW, at=at)
    request_password_reset(OLD, at=at)

    assert Client().login(email=OLD, password=PASSWORD)
    assert not Client().login(email=NEW, password=PASSWORD)
    resets = [to for to, subject, _link in sent() if subject == "Choose a new password"]
    assert resets == [OLD]


def test_owner_of_a_mistyped_address_cannot_confirm_it(ada: User, stranger: User, at: datetime) -> None:
    """The link alone is not enough: its reader has to log in to the account, and the stranger cannot."""
    request_email_change(ada, email=NEW, at=timezone.now())
    [link] = [link for to, _subject, link in sent() if to == NEW]
    strangers = Client()

    response = strangers.post(link)
    assert response["Location"].startswith(f"{LOGIN}?next=/accounts/email/confirm/")
    strangers.force_login(stranger)
    refused = strangers.post(link)

    assert "belongs to another address" in refused.content.decode()
    assert now(ada) == (OLD, NEW)


def test_wrong_password_asks_for_nothing(ada: User, ada_client: Client) -> None:
    response = ada_client.post(CHANGE, {"email": NEW, "password": "wrong"})

    assert "That password isn’t correct." in response.content.decode()
    assert now(ada) == (OLD, None)


def test_taken_address_is_refused(ada: User, ada_client: Client, stranger: User) -> None:
    response = ada_client.post(CHANGE, {"email": "Stranger@example.org", "password": PASSWORD})

    assert response.context["form"].errors == {"email": ["There’s already an account with this email address."]}
    assert (now(ada), owed()) == ((OLD, None), [])


def test_own_address_in_any_case_asks_for_nothing_and_cancels_what_waits(ada: User, ada_client: Client) -> None:
    ada_client.post(CHANGE, {"email": NEW, "password": PASSWORD}, follow=True)

    page = ada_client.post(CHANGE, {"email": "ADA@example.org", "password": PASSWORD}, follow=True)

    assert (now(ada), len(owed())) == ((OLD, None), 2)
    assert messages_of(page) == [f"Your email address is still {OLD}."]


def test_second_request_replaces_the_first(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at)
    request_email_change(ada, email=NEWER, at=at)

    with pytest.raises(InvalidLink):
        confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEW), at=at)
    confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEWER), at=at)
    assert now(ada) == (NEWER, None)


def test_second_request_for_the_same_address_is_a_link_more(ada: User, at: datetime) -> None:
    """The form was sent twice: both links work, the time runs from the first, and the old address is notified once."""
    request_email_change(ada, email=NEW, at=at)
    first = token_of(Kind.CONFIRM_EMAIL, NEW)
    request_email_change(ada, email=NEW, at=at + timedelta(hours=2))

    assert owed() == [("change_asked", OLD), ("confirm_email", NEW), ("confirm_email", NEW)]
    confirm_email_change(ada, first, at=at + timedelta(hours=3))
    assert now(ada) == (NEW, None)


def test_sixth_request_for_an_address_in_an_hour_is_refused(ada: User, stranger: User, at: datetime) -> None:
    for _number in range(5):
        request_email_change(ada, email=NEW, at=at)

    with pytest.raises(TooManyMails):
        request_email_change(stranger, email=NEW, at=at)
    assert now(stranger) == (stranger.email, None)


# The pending change, on the settings page


def test_settings_show_what_waits(ada: User, ada_client: Client) -> None:
    request_email_change(ada, email=NEW, at=timezone.now())

    page = html_of(ada_client, PROFILE)

    assert NEW in page
    assert "Not confirmed" in page
    assert f"we’ll keep using {OLD}." in page
    assert f"{NEW} is waiting to be confirmed." in html_of(ada_client, CHANGE)


def test_settings_offer_no_link_once_its_time_is_over(ada: User, ada_client: Client) -> None:
    request_email_change(ada, email=NEW, at=timezone.now() - timedelta(days=3))

    page = html_of(ada_client, PROFILE)

    assert reverse("accounts:send_email_confirmation") not in page
    assert reverse("accounts:cancel_email_change") in page
    again = ada_client.post("/accounts/email/send/", follow=True)
    assert messages_of(again) == ["There’s no new email address to confirm. Request the change again."]


def test_change_is_cancelled_from_the_settings(ada: User, ada_client: Client) -> None:
    request_email_change(ada, email=NEW, at=timezone.now())

    page = ada_client.post("/accounts/email/cancel/", follow=True)

    assert messages_of(page) == [f"Your email address is still {OLD}."]
    assert now(ada) == (OLD, None)
    with pytest.raises(InvalidLink):
        confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEW), at=timezone.now())
    assert [to for to, _subject, _link in sent()] == [OLD]


def test_link_of_a_cancelled_request_does_not_confirm_a_later_one_for_the_same_address(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at)
    first = token_of(Kind.CONFIRM_EMAIL, NEW)
    cancel_email_change(ada)
    request_email_change(ada, email=NEW, at=at + timedelta(seconds=1))

    with pytest.raises(InvalidLink):
        confirm_email_change(ada, first, at=at + timedelta(seconds=2))


def test_link_that_ended_before_it_was_mailed_is_not_mailed(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at - timedelta(seconds=1))
    cancel_email_change(ada)
    request_email_change(ada, email=NEW, at=at)

    [link] = [link for to, _subject, link in sent() if to == NEW]

    assert token_of(Kind.CONFIRM_EMAIL, NEW) in link


def test_link_is_sent_again_five_times_an_hour_at_most(ada: User, ada_client: Client, at: datetime) -> None:
    at = timezone.now()
    request_email_change(ada, email=NEW, at=at)
    page = ada_client.post("/accounts/email/send/", follow=True)
    assert messages_of(page) == [f"We’ve sent a link to {NEW}. Click it to confirm."]
    for _number in range(3):
        request_confirmation(ada, at=at)

    with pytest.raises(TooManyMails):
        request_confirmation(ada, at=at)
    assert owed().count(("confirm_email", NEW)) == 5
    assert owed().count(("change_asked", OLD)) == 1


def test_nothing_is_sent_again_where_nothing_waits(ada: User, at: datetime) -> None:
    with pytest.raises(NoPendingEmail):
        request_confirmation(ada, at=at)


# Confirming


def test_link_confirms_by_post_only_and_once(ada: User, ada_client: Client) -> None:
    request_email_change(ada, email=NEW, at=timezone.now())
    [link] = [link for to, _subject, link in sent() if to == NEW]

    assert NEW in html_of(ada_client, link)
    ada_client.head(link)
    assert now(ada) == (OLD, NEW)

    page = ada_client.post(link, follow=True)
    ada.refresh_from_db()
    assert messages_of(page) == [f"Email address changed. From now on, log in with {NEW}."]
    assert (ada.email, ada.pending_email, ada.email_verified_at is not None) == (NEW, None, True)
    assert "expired, was already used" in ada_client.post(link).content.decode()


def test_confirmed_address_logs_in_and_the_old_one_no_longer(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)

    assert Client().login(email=NEW, password=PASSWORD)
    assert not Client().login(email=OLD, password=PASSWORD)


def test_old_address_is_notified_of_the_confirmation_with_a_link_to_undo_it(ada: User, at: datetime) -> None:
    change(ada, NEW, at=timezone.now())

    mails = [(subject, link) for to, subject, link in sent() if to == OLD]

    assert [subject for subject, _link in mails] == [
        "Your email address is about to change",
        "Your email address was changed",
    ]
    assert mails[0][1] == mails[1][1] != ""


@pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False)])
def test_change_can_be_confirmed_for_three_days_from_the_request(
    ada: User, at: datetime, seconds: int, works: bool
) -> None:
    """The link may be sent again late, but the old address always has at least four days to undo the change."""
    moment = at + timedelta(days=3, seconds=seconds)
    request_email_change(ada, email=NEW, at=at)
    request_confirmation(ada, at=at + timedelta(days=2))

    if works:
        confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEW), at=moment)
    else:
        with pytest.raises(InvalidLink):
            confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEW), at=moment)
    assert now(ada)[0] == (NEW if works else OLD)


def test_request_after_the_first_one_ran_out_is_a_new_one(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at)
    later = at + timedelta(days=3)

    change(ada, NEW, at=later)

    assert now(ada) == (NEW, None)
    assert owed().count(("change_asked", OLD)) == 2


def test_pending_address_blocks_nobody_and_then_is_taken(ada: User, ada_client: Client) -> None:
    request_email_change(ada, email=NEW, at=timezone.now())
    [link] = [link for to, _subject, link in sent() if to == NEW]

    assert register_user(username="other", email=NEW, password=PASSWORD, at=timezone.now()).email == NEW

    assert "There’s already an account with this email address." in ada_client.post(link).content.decode()
    assert now(ada) == (OLD, NEW)


def test_two_wait_for_one_address_and_the_first_to_confirm_has_it(ada: User, stranger: User, at: datetime) -> None:
    for user in (ada, stranger):
        request_email_change(user, email=NEW, at=at)
    theirs = link_token(AccountMail.objects.get(kind=Kind.CONFIRM_EMAIL, user=stranger))
    confirm_email_change(stranger, theirs, at=at)

    with pytest.raises(EmailTaken):
        confirm_email_change(ada, link_token(AccountMail.objects.get(kind=Kind.CONFIRM_EMAIL, user=ada)), at=at)


def test_locked_account_confirms_nothing(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at)
    suspend_user(ada, at=at)

    with pytest.raises(InvalidLink):
        confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEW), at=at)
    assert NEW not in [to for to, _subject, _link in sent()]


def test_account_that_is_to_go_confirms_and_undoes_nothing(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at)
    tokens = token_of(Kind.CONFIRM_EMAIL, NEW), token_of(Kind.CHANGE_ASKED, OLD)
    request_deletion(ada, at=at)

    with pytest.raises(InvalidLink):
        confirm_email_change(ada, tokens[0], at=at)
    with pytest.raises(InvalidLink):
        undo_email_change(tokens[1], at=at)
    assert sent() == []

    purge_user(ada)
    with pytest.raises(InvalidLink):
        undo_email_change(tokens[1], at=at)
    assert register_user(username="ada", email=OLD, password=PASSWORD, at=at)


@pytest.mark.parametrize("by", ["change", "reset", "staff"])
def test_new_password_ends_the_request_that_the_old_one_made(ada: User, at: datetime, by: str) -> None:
    request_email_change(ada, email=NEW, at=at)
    token = token_of(Kind.CONFIRM_EMAIL, NEW)

    if by == "reset":
        reset_password(ada, password=NEW_PASSWORD, at=at)
    else:
        change_password(ada, password=NEW_PASSWORD if by == "change" else None, at=at)

    assert now(ada) == (OLD, None)
    with pytest.raises(InvalidLink):
        confirm_email_change(ada, token, at=at)


# An address that was never verified


@pytest.fixture
def mistyped(at: datetime) -> User:
    """Return somebody who mistyped their address when they signed up. It belongs to a stranger."""
    user = register_user(username="bob", email="bop@example.org", password=PASSWORD, at=at)
    AccountMail.objects.all().delete()
    return user


def test_address_mistyped_when_signing_up_is_mended_and_gets_no_power(mistyped: User, at: datetime) -> None:
    change(mistyped, "bob@example.org", at=at)

    assert now(mistyped) == ("bob@example.org", None)
    assert owed() == [("confirm_email", "bob@example.org"), ("email_changed", "bop@example.org")]
    assert [link for to, _subject, link in sent() if to == "bop@example.org"] == [""]
    assert register_user(username="bop", email="bop@example.org", password=PASSWORD, at=at)


def test_address_mistyped_when_signing_up_is_no_longer_verified_by_its_link(mistyped: User, at: datetime) -> None:
    request_password_reset("bop@example.org", at=at)
    sign_up_link = link_token(
        AccountMail.objects.create(kind=Kind.VERIFY, user=mistyped, address="bop@example.org", created_at=at, due_at=at)
    )
    change(mistyped, "bob@example.org", at=at)

    with pytest.raises(InvalidLink):
        verify_email(sign_up_link, at=at)
    assert "bop@example.org" not in [to for to, subject, _link in sent() if subject == "Choose a new password"]


def test_unverified_address_is_not_given_up_for_one_that_nobody_confirmed(mistyped: User, at: datetime) -> None:
    request_email_change(mistyped, email="bobb@example.org", at=at)

    assert now(mistyped)[0] == "bop@example.org"
    assert owed() == [("confirm_email", "bobb@example.org")]
