"""Test emails about addresses and passwords: what is stored, what their links do, and what they don't reveal."""

import re
from datetime import datetime, timedelta

import pytest
from django.core import mail as outbox
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.checks import check_mail
from accounts.exceptions import InvalidLink, TooManyMails
from accounts.models import AccountMail, ApiSession, User
from accounts.services import (
    link_token,
    open_api_session,
    request_password_reset,
    request_verification,
    suspend_user,
    verify_email,
)
from notifications.mail.sender import send_mails
from tests.accounts.addresses import owed
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a wholly different sentence"


def links() -> list[str]:
    """Send the pending emails and return the paths of their links."""
    send_mails()
    return re.findall(r"http://localhost:8000(/accounts/\S+)", "\n".join(str(each.body) for each in outbox.outbox))


def test_signing_up_owes_a_link(client: Client) -> None:
    client.post(
        reverse("accounts:signup"),
        {"username": "ada", "email": "Ada@example.org", "password": PASSWORD, "time_zone": "UTC"},
    )

    assert owed() == [("verify", "ada@example.org")]


def test_link_verifies_by_post_only_and_once(unverified_ada: User, client: Client) -> None:
    [link] = links()

    client.get(link)
    unverified_ada.refresh_from_db()
    assert unverified_ada.email_verified_at is None

    client.post(link)
    unverified_ada.refresh_from_db()
    assert unverified_ada.email_verified_at is not None

    assert "expired, was already used" in client.post(link).content.decode()


@pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False)])
def test_link_of_a_verification_works_for_three_days(
    unverified_ada: User, at: datetime, seconds: int, works: bool
) -> None:
    token = link_token(AccountMail.objects.get())
    moment = at + timedelta(days=3, seconds=seconds)

    if works:
        assert verify_email(token, at=moment) == unverified_ada
    else:
        with pytest.raises(InvalidLink):
            verify_email(token, at=moment)


def test_link_of_the_address_before_does_not_verify_the_new_one(unverified_ada: User, at: datetime) -> None:
    token = link_token(AccountMail.objects.get())
    User.objects.filter(pk=unverified_ada.pk).update(email="ada@new.example.org")

    with pytest.raises(InvalidLink):
        verify_email(token, at=at)


def test_link_of_a_locked_account_does_not_verify(unverified_ada: User, at: datetime) -> None:
    token = link_token(AccountMail.objects.get())
    suspend_user(unverified_ada, at=at)

    with pytest.raises(InvalidLink):
        verify_email(token, at=at)


@pytest.mark.parametrize("token", ["1", "1:forged", "x"])
def test_forged_link_is_refused(unverified_ada: User, at: datetime, token: str) -> None:
    with pytest.raises(InvalidLink):
        verify_email(token, at=at)


def test_link_is_sent_again_five_times_an_hour_at_most(unverified_ada: User, at: datetime) -> None:
    for _number in range(4):
        request_verification(unverified_ada, at=at)

    with pytest.raises(TooManyMails) as refusal:
        request_verification(unverified_ada, at=at + timedelta(minutes=59))
    assert (refusal.value.wait, refusal.value.status) == (60, 429)

    request_verification(unverified_ada, at=at + timedelta(hours=1))
    assert len(owed()) == 6


def test_verified_address_is_sent_no_link(unverified_ada: User, at: datetime, client: Client) -> None:
    User.objects.filter(pk=unverified_ada.pk).update(email_verified_at=at)
    client.force_login(unverified_ada)

    client.post(reverse("accounts:send_verification"))

    assert len(owed()) == 1


def test_asking_for_a_new_password_answers_alike_for_known_and_unknown_addresses(
    unverified_ada: User, client: Client
) -> None:
    answers = []
    for address in ("ada@example.org", "eve@example.org"):
        with CaptureQueriesContext(connection) as queries:
            response = client.post(reverse("accounts:password_reset"), {"email": address})
        body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
        answers.append((response.status_code, body.replace(address, "…"), len(queries)))

    assert answers[0] == answers[1]
    assert answers[0][0] == 200


def test_sixth_reset_in_an_hour_is_left_out_in_silence(at: datetime) -> None:
    for _number in range(6):
        request_password_reset("eve@example.org", at=at)

    assert len(owed()) == 5


def test_link_to_a_new_password_works_once_and_ends_all_sessions(
    unverified_ada: User, client: Client, at: datetime
) -> None:
    open_api_session(unverified_ada, at=at)
    elsewhere = Client()
    elsewhere.force_login(unverified_ada)
    AccountMail.objects.all().delete()
    client.post(reverse("accounts:password_reset"), {"email": unverified_ada.email})
    [link] = links()

    form = client.get(link, follow=True)
    where = form.redirect_chain[-1][0]
    done = client.post(where, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})

    assert (done.status_code, done["Location"]) == (302, reverse("accounts:login"))
    assert ApiSession.objects.live().count() == 0
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert Client().login(email=unverified_ada.email, password=NEW_PASSWORD)
    assert "already used" in Client().get(link, follow=True).content.decode()
    unverified_ada.refresh_from_db()
    assert unverified_ada.email_verified_at is not None
    assert owed()[-1] == ("password_changed", "ada@example.org")


def test_password_change_keeps_this_browser_and_ends_the_others(
    unverified_ada: User, client: Client, at: datetime
) -> None:
    open_api_session(unverified_ada, at=at)
    elsewhere = Client()
    for browser in (client, elsewhere):
        browser.force_login(unverified_ada)

    client.post(
        reverse("accounts:password_change"),
        {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD},
    )

    assert client.get(reverse("accounts:profile")).status_code == 200
    assert elsewhere.get(reverse("accounts:profile")).status_code == 302
    assert ApiSession.objects.live().count() == 0
    assert owed()[-1] == ("password_changed", "ada@example.org")


def test_mails_say_how_long_their_links_work(unverified_ada: User, client: Client, settings: Settings) -> None:
    settings.EMAIL_VERIFICATION_DAYS, settings.PASSWORD_RESET_TIMEOUT = 5, 30 * 60
    client.post(reverse("accounts:password_reset"), {"email": unverified_ada.email})

    send_mails()

    said = [re.findall(r"expires (.*)\.", str(each.body)) for each in outbox.outbox]
    assert said == [["in 5 days"], ["in 30 minutes"]]


def test_rows_hold_no_link(unverified_ada: User, client: Client) -> None:
    client.post(reverse("accounts:password_reset"), {"email": unverified_ada.email})
    secrets = [link.rstrip("/").rpartition("/")[2] for link in links()]

    rows = str(list(AccountMail.objects.values()))

    assert len(secrets) == 2
    assert [secret for secret in secrets if secret in rows] == []


@pytest.mark.parametrize("name", ["change_email", "password_change"])
def test_page_needs_a_login(client: Client, name: str) -> None:
    assert client.get(reverse(f"accounts:{name}"))["Location"].startswith(reverse("accounts:login"))


def test_production_without_a_mail_server_is_refused(settings: Settings) -> None:
    settings.EMBEDDED = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert [error.id for error in check_mail()] == ["accounts.E001"]
    with pytest.raises(SystemCheckError, match=r"accounts\.E001"):
        call_command("send_mail", skip_checks=False)

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert check_mail() == []
