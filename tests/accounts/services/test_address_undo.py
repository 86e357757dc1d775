"""Test undoing a change of email address.

A thief who has the session and knows the password must not be able to prevent it.
"""

from datetime import datetime, timedelta

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.exceptions import EmailTaken, InvalidLink, InvalidToken
from accounts.mail import compose_account_mail
from accounts.models import AccountMail, BrowserSession, User
from accounts.services import (
    cancel_email_change,
    change_password,
    confirm_email_change,
    issue_feed_ticket,
    link_token,
    open_api_session,
    refresh_api_session,
    register_user,
    reinstate_user,
    request_email_change,
    request_password_reset,
    suspend_user,
    undo_email_change,
)
from notifications.feed.credentials import from_ticket
from tests.accounts.addresses import (
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
    undo,
)
from tests.conftest import PASSWORD
from tests.makers import MakeUser
from tests.pages import messages_of

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


# Undoing


def test_link_undoes_by_post_only_and_once(ada: User) -> None:
    change(ada, NEW, at=timezone.now())
    [link, _again] = [link for to, _subject, link in sent() if to == OLD]
    client = Client(enforce_csrf_checks=True)

    assert client.get(link).status_code == 200
    client.head(link)
    assert now(ada) == (NEW, None)

    page = client.post(link, follow=True)
    assert messages_of(page) == [f"Your account uses {OLD} again. We’ve sent you a link to choose a new password."]
    assert now(ada) == (OLD, None)
    assert "expired, was already used" in client.post(link).content.decode()


@pytest.mark.parametrize("confirmed", [True, False])
def test_undo_gives_the_account_back(ada: User, ada_client: Client, at: datetime, confirmed: bool) -> None:
    request_email_change(ada, email=NEW, at=at)
    if confirmed:
        confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEW), at=at)
    tokens, ticket = open_api_session(ada, at=timezone.now()), issue_feed_ticket(ada, at=at, session_key="gone")
    program = APIClient(headers={"Authorization": f"Bearer {tokens.access}"})
    assert program.get("/api/v1/users/me/").status_code == 200

    undo(OLD, at=at)

    ada.refresh_from_db()
    assert (ada.email, ada.pending_email, ada.email_verified_at) == (OLD, None, at)
    assert not Client().login(email=OLD, password=PASSWORD)
    assert not Client().login(email=NEW, password=PASSWORD)
    assert ada_client.get(PROFILE).status_code == 302
    assert not BrowserSession.objects.exists()
    assert program.get("/api/v1/users/me/").status_code == 401
    with pytest.raises(InvalidToken):
        refresh_api_session(tokens.refresh, at=at)
    assert from_ticket(ticket, at) is None
    with pytest.raises(InvalidLink):
        confirm_email_change(ada, token_of(Kind.CONFIRM_EMAIL, NEW), at=at)


def test_undo_mails_a_link_to_a_new_password_and_more_can_be_asked_for(ada: User, at: datetime) -> None:
    change(ada, NEW, at=timezone.now())
    sent()
    undo(OLD, at=timezone.now())

    [displaced, (to, subject, link)] = sent()
    assert displaced == (NEW, "Your email address was changed", "")
    assert (to, subject) == (OLD, "Your email address was restored")
    request_password_reset(OLD, at=timezone.now())
    [(to, _subject, second)] = sent()
    assert to == OLD
    client = Client()
    for each in (link, second):
        form = client.get(each, follow=True)
        assert form.context["validlink"]
    where = form.redirect_chain[-1][0]
    client.post(where, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})
    assert Client().login(email=OLD, password=NEW_PASSWORD)


def test_undo_in_the_browser_of_the_account_logs_it_out(ada: User, ada_client: Client) -> None:
    request_email_change(ada, email=NEW, at=timezone.now())
    [link] = [link for to, _subject, link in sent() if to == OLD]

    page = ada_client.post(link, follow=True)

    assert page.redirect_chain == [(LOGIN, 302)]
    assert ada_client.get(PROFILE).status_code == 302


@pytest.mark.parametrize("how", ["locked", "password removed"])
def test_undo_promises_no_link_where_none_lets_in(ada: User, client: Client, at: datetime, how: str) -> None:
    change(ada, NEW, at=at)
    ada.refresh_from_db()
    if how == "locked":
        suspend_user(ada, at=at)
    else:
        change_password(ada, password=None, at=at)

    page = client.post(f"/accounts/email/undo/{token_of(Kind.CHANGE_ASKED, OLD)}/", follow=True)

    assert messages_of(page) == [f"Your account uses {OLD} again. To log in, contact the site’s administrator."]


def test_undo_leaves_a_password_that_staff_removed(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    change_password(ada, password=None, at=at)
    AccountMail.objects.exclude(kind=Kind.CHANGE_ASKED).delete()

    undo(OLD, at=at)

    ada.refresh_from_db()
    assert not ada.has_usable_password()
    request_password_reset(OLD, at=at)
    mails = [(subject, link) for to, subject, link in sent() if to == OLD and "restored" in subject]
    assert mails == [("Your email address was restored", "")]
    assert "Choose a new password" not in [each.subject for each in outbox.outbox]


@pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False)])
def test_change_can_be_undone_and_the_old_address_is_kept_for_a_week_from_the_request(
    ada: User, stranger: User, at: datetime, seconds: int, works: bool
) -> None:
    change(ada, NEW, at=at)
    moment = at + WEEK + timedelta(seconds=seconds)
    token = token_of(Kind.CHANGE_ASKED, OLD)

    if works:
        with pytest.raises(EmailTaken):
            register_user(username="other", email=OLD.upper(), password=PASSWORD, at=moment)
        with pytest.raises(EmailTaken):
            request_email_change(stranger, email=OLD, at=moment)
        assert undo_email_change(token, at=moment) == ada
    else:
        with pytest.raises(InvalidLink):
            undo_email_change(token, at=moment)
        request_email_change(stranger, email=OLD, at=moment)
        assert register_user(username="other", email=OLD, password=PASSWORD, at=moment)


@pytest.mark.parametrize("door", ["/accounts/signup/", "/api/v1/auth/signup/"])
def test_nobody_signs_up_with_an_address_that_can_be_restored(ada: User, door: str) -> None:
    change(ada, NEW, at=timezone.now())
    sent = {"username": "other", "email": "Ada@example.org", "password": PASSWORD, "time_zone": "UTC"}

    response = APIClient().post(door, sent) if "api" in door else Client().post(door, sent)

    assert "There’s already an account with this email address." in response.content.decode()
    assert User.objects.count() == 1


def test_address_that_became_reserved_meanwhile_is_not_confirmed(ada: User, stranger: User, at: datetime) -> None:
    request_email_change(stranger, email=NEW, at=at)
    change(ada, NEW, at=at)
    change(ada, NEWER, at=at)
    theirs = link_token(AccountMail.objects.get(kind=Kind.CONFIRM_EMAIL, user=stranger))

    with pytest.raises(EmailTaken):
        confirm_email_change(stranger, theirs, at=at)


def test_undo_is_refused_if_somebody_has_the_address_nevertheless(ada: User, stranger: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    User.objects.filter(pk=stranger.pk).update(email=OLD)

    with pytest.raises(EmailTaken):
        undo(OLD, at=at)
    assert now(ada) == (NEW, None)
    assert Client().login(email=NEW, password=PASSWORD)


def test_address_that_was_restored_is_not_emailed_that_it_is_no_longer_used(ada: User, at: datetime) -> None:
    """The mail server was unavailable from the confirmation until after the undo."""
    change(ada, NEW, at=at)
    undo(OLD, at=at)

    assert [(to, subject) for to, subject, _link in sent()] == [
        (NEW, "Your email address was changed"),
        (OLD, "Your email address was restored"),
    ]


def test_cancelling_leaves_the_link_to_undo(ada: User, at: datetime) -> None:
    """The person who cancels may be the one who asked, and may be about to try something else."""
    request_email_change(ada, email=NEW, at=at)
    cancel_email_change(ada)

    undo(OLD, at=at)

    assert now(ada) == (OLD, None)
    assert not Client().login(email=OLD, password=PASSWORD)


# Several changes


def test_thief_who_changes_twice_does_not_shake_off_the_first_address(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    change(ada, NEWER, at=at + timedelta(days=1))
    change_password(ada, password=NEW_PASSWORD, at=at)

    undo(OLD, at=at + timedelta(days=2))

    assert now(ada) == (OLD, None)
    with pytest.raises(InvalidLink):  # nor can they undo it with a link of their own
        undo(NEW, at=at + timedelta(days=2))
    assert now(ada) == (OLD, None)


def test_thief_who_undoes_the_second_change_does_not_shake_off_the_first_address(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    change(ada, NEWER, at=at)
    undo(NEW, at=at)
    assert now(ada) == (NEW, None)

    undo(OLD, at=at)

    assert now(ada) == (OLD, None)


def test_second_address_undoes_the_second_change_only(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    request_email_change(ada, email=NEWER, at=at)

    undo(NEW, at=at)

    assert now(ada) == (NEW, None)


def test_undo_of_the_first_of_two_requests_cancels_the_second(ada: User, at: datetime) -> None:
    request_email_change(ada, email=NEW, at=at)
    first = token_of(Kind.CHANGE_ASKED, OLD)
    request_email_change(ada, email=NEWER, at=at)
    second = token_of(Kind.CHANGE_ASKED, OLD)

    undo_email_change(first, at=at)

    assert now(ada) == (OLD, None)
    with pytest.raises(InvalidLink):
        undo_email_change(second, at=at)


def test_going_back_to_the_first_address_leaves_the_second_without_power(ada: User, at: datetime) -> None:
    """Restoring the address by hand must not give a thief's address more time than the undo link would."""
    change(ada, NEW, at=at - timedelta(days=6))
    change(ada, OLD, at=at)

    assert now(ada) == (OLD, None)
    assert owed().count(("change_asked", NEW)) == 0
    assert [link for to, _subject, link in sent() if to == NEW and "confirm" not in link] == [""]


def test_going_back_over_two_changes_ends_the_rights_between(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    change(ada, NEWER, at=at)
    change(ada, OLD, at=at)

    with pytest.raises(InvalidLink):
        undo(NEW, at=at)
    assert now(ada) == (OLD, None)


def test_change_back_that_is_not_confirmed_ends_nothing(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    change(ada, NEWER, at=at)
    request_email_change(ada, email=OLD, at=at)

    undo(NEW, at=at)

    assert now(ada) == (NEW, None)


# A locked account


def test_locked_account_is_restored_and_stays_locked(ada: User, at: datetime) -> None:
    change(ada, NEW, at=at)
    suspend_user(ada, at=at)
    assert [subject for to, subject, _link in sent() if to == OLD] == ["Your email address is about to change"]

    undo(OLD, at=at)

    ada.refresh_from_db()
    assert (ada.email, ada.is_active) == (OLD, False)
    assert sent() == []
    reinstate_user(ada, at=at)
    request_password_reset(OLD, at=at)
    assert [to for to, _subject, _link in sent()] == [OLD]


# What mails say


def test_mails_are_german(ada: User, at: datetime) -> None:
    User.objects.update(language="de")
    change(ada, NEW, at=timezone.now())
    composed = [compose_account_mail(each, at=timezone.now()) for each in AccountMail.objects.order_by("pk")]
    until = AccountMail.objects.latest("pk").pk
    undo(OLD, at=timezone.now())
    later = AccountMail.objects.filter(pk__gt=until).order_by("pk")
    composed += [compose_account_mail(each, at=timezone.now()) for each in later]

    assert [(mail.subject, mail.to) for mail in composed if mail] == [
        ("Deine E-Mail-Adresse soll geändert werden", [OLD]),
        ("Deine E-Mail-Adresse wurde geändert", [OLD]),
        ("Deine E-Mail-Adresse wurde geändert", [NEW]),
        ("Deine E-Mail-Adresse wurde wiederhergestellt", [OLD]),
    ]


def test_link_of_one_account_undoes_no_other(ada: User, make_user: MakeUser, at: datetime) -> None:
    """After a dump was restored, the number of an email may be given to another account's."""
    change(ada, NEW, at=at)
    mail = AccountMail.objects.get(kind=Kind.CHANGE_ASKED)
    token, other = link_token(mail), make_user("other")
    AccountMail.objects.filter(pk=mail.pk).update(user=other, address="before@example.org")

    with pytest.raises(InvalidLink):
        undo_email_change(token, at=at)
    assert now(other) == ("other@example.org", None)
