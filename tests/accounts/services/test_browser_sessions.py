"""Test when the row of a browser that is logged in is written, renewed and ended."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import middleware
from accounts.devices import Device
from accounts.links import password_reset_tokens
from accounts.models import ApiSession, BrowserSession, User
from accounts.services import (
    end_browser_session,
    keep_browser_session,
    purge_sessions,
    refresh_api_session,
)
from tests.accounts.browsers import CHROME, SESSIONS, is_logged_in, log_in_browser
from tests.conftest import PASSWORD
from tests.makers import Api

MINUTE = timedelta(minutes=1)


def test_login_gets_a_row_that_says_from_where(organiser: User) -> None:
    client = log_in_browser(organiser)

    row = BrowserSession.objects.get()
    assert (row.user, row.session_key) == (organiser, client.session.session_key)
    assert (row.device, row.address, row.seen_at) == ("Firefox on Linux", "192.0.2.7", row.created_at)


def test_login_of_the_admin_gets_a_row_too(admin_user: User) -> None:
    log_in_browser(admin_user, path="/admin/login/?next=/admin/")

    assert BrowserSession.objects.get().user == admin_user


def test_signing_up_gets_a_row(client: Client, db: None) -> None:
    given = {"email": "new@example.org", "username": "new", "password": PASSWORD, "time_zone": "UTC"}

    client.post("/accounts/signup/", given)

    assert BrowserSession.objects.get().user == User.objects.get()


def test_new_password_keeps_the_row_of_this_browser(organiser: User) -> None:
    client = log_in_browser(organiser)
    before = BrowserSession.objects.get()
    new = "another battery staple"

    client.post("/accounts/password-change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    after = BrowserSession.objects.get()
    assert (after.pk, after.created_at) == (before.pk, before.created_at)
    assert after.session_key == client.session.session_key != before.session_key


def test_new_password_takes_the_other_browsers_off_the_list(organiser: User, at: datetime) -> None:
    client, _elsewhere = log_in_browser(organiser), log_in_browser(organiser, CHROME)
    new = "another battery staple"

    client.post("/accounts/password-change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert [row.device for row in client.get(SESSIONS).context["browsers"]] == ["Firefox on Linux"]
    assert Session.objects.count() == 1


def test_new_password_by_a_link_logs_out_also_the_browser_that_opened_it(organiser: User) -> None:
    client = log_in_browser(organiser)
    organiser.refresh_from_db()  # a link is valid until the next login
    uid, token = urlsafe_base64_encode(str(organiser.pk).encode()), password_reset_tokens.make_token(organiser)
    form = client.get(f"/accounts/password-reset/{uid}/{token}/", follow=True).redirect_chain[-1][0]
    new = "another battery staple"

    response = client.post(form, {"new_password1": new, "new_password2": new}, follow=True)

    assert [str(message) for message in response.context["messages"]] == [
        "Password changed. Log in with your new password."
    ]
    assert not is_logged_in(client)
    assert not BrowserSession.objects.live(timezone.now()).exists()


def test_row_of_somebody_else_is_never_taken_over(organiser: User, stranger: User, at: datetime) -> None:
    options: dict[str, Any] = {"session_key": "key", "device": Device(), "at": at}
    known = keep_browser_session(organiser, known=None, **options)

    keep_browser_session(stranger, known=known, **options | {"session_key": "other"})

    rows = BrowserSession.objects.order_by("id").values_list("user", "session_key")
    assert list(rows) == [(organiser.pk, "key"), (stranger.pk, "other")]


def test_other_person_in_the_same_browser_gets_another_row(organiser: User, stranger: User) -> None:
    client = log_in_browser(organiser)
    client.post("/accounts/logout/")

    client.post("/accounts/login/", {"username": stranger.email, "password": PASSWORD})

    assert [row.user for row in BrowserSession.objects.order_by("id")] == [organiser, stranger]


@pytest.mark.parametrize(("age", "is_refreshed"), [(timedelta(minutes=5), True), (timedelta(minutes=4), False)])
def test_use_is_noted_every_five_minutes(organiser: User, age: timedelta, is_refreshed: bool) -> None:
    client = log_in_browser(organiser)
    seen_at = BrowserSession.objects.get().seen_at - age
    BrowserSession.objects.update(seen_at=seen_at)
    cache.clear()

    client.get("/", headers={"user-agent": CHROME})

    row = BrowserSession.objects.get()
    assert (row.seen_at > seen_at, row.device == "Chrome on Windows") == (is_refreshed, is_refreshed)


def test_use_costs_two_queries_once_and_then_none(
    organiser: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = log_in_browser(organiser)
    cache.clear()

    with django_assert_num_queries(3 + 2):  # session, user, bell; clock, row
        client.get("/accounts/email/")
    with django_assert_num_queries(3):
        client.get("/accounts/email/")


@pytest.mark.parametrize(("shift", "is_renewed"), [(-MINUTE, True), (MINUTE, False)])
def test_session_in_use_is_renewed_once_a_hundredth_of_its_time_has_passed(
    organiser: User, at: datetime, settings: Settings, shift: timedelta, is_renewed: bool
) -> None:
    life = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    client = log_in_browser(organiser)
    session = client.session
    session.set_expiry(at + 0.99 * life + shift)
    session.save()
    client.cookies["sessionid"]["max-age"] = 0
    cache.clear()

    assert is_logged_in(client)

    expires_at = Session.objects.get().expire_date
    assert abs(expires_at - (at + life if is_renewed else at + 0.99 * life + shift)) < MINUTE / 2
    assert (int(client.cookies["sessionid"]["max-age"]) > 0) == is_renewed


def test_session_that_is_not_used_ends_after_its_days(organiser: User, at: datetime, settings: Settings) -> None:
    client = log_in_browser(organiser)
    assert abs(Session.objects.get().expire_date - at - timedelta(days=30)) < MINUTE
    assert timedelta(days=30).total_seconds() == settings.SESSION_COOKIE_AGE

    Session.objects.update(expire_date=at)

    assert not is_logged_in(client)


def test_session_unused_for_longer_than_its_days_are_by_now_ends_with_its_next_use(
    organiser: User, at: datetime, settings: Settings
) -> None:
    client = log_in_browser(organiser)
    settings.SESSION_COOKIE_AGE = timedelta(days=1).total_seconds()
    assert purge_sessions(at=at + timedelta(days=2)) == 1
    assert BrowserSession.objects.count() == 0
    cache.clear()

    client.get("/")

    assert not is_logged_in(client)
    assert (Session.objects.count(), BrowserSession.objects.count()) == (0, 0)


def test_use_that_cannot_be_noted_costs_nobody_the_answer(
    organiser: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*args: Any, **options: Any) -> None:
        raise OperationalError(2002, "Can't connect")

    client = log_in_browser(organiser)
    cache.clear()
    monkeypatch.setattr(middleware, "see_browser_session", away)

    assert is_logged_in(client)
    assert "could not record that browser session" in caplog.text


def test_api_session_says_from_where_and_is_seen_when_it_is_refreshed(api: Api, organiser: User) -> None:
    given = {"email": organiser.email, "password": PASSWORD}
    refresh = api().post("/api/v1/auth/login/", given, headers={"user-agent": "curl/8.5"}).json()["refresh"]
    row = ApiSession.objects.get()
    later = row.created_at + timedelta(minutes=1)

    refresh_api_session(refresh, at=later)

    assert (row.device, row.address, row.seen_at) == ("curl", "127.0.0.1", row.created_at)
    assert ApiSession.objects.get().seen_at == later


def test_ended_session_of_somebody_else_is_refused(organiser: User, stranger: User) -> None:
    log_in_browser(organiser)

    with pytest.raises(BrowserSession.DoesNotExist):
        end_browser_session(stranger, BrowserSession.objects.get().pk)
