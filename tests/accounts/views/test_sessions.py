"""Where somebody is logged in: the list, ending one, ending all others, and what is removed with time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import middleware
from accounts.devices import Device, name_of
from accounts.links import password_reset_tokens
from accounts.models import ApiSession, BrowserSession, User
from accounts.services import (
    cleanup,
    end_browser_session,
    keep_browser_session,
    open_api_session,
    purge_sessions,
    refresh_api_session,
)
from tests.conftest import PASSWORD
from tests.makers import Api
from tests.pages import html_of

SESSIONS = "/accounts/sessions/"
END_OTHERS = f"{SESSIONS}end-others/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def browser(user: User, user_agent: str = FIREFOX, path: str = "/accounts/login/") -> Client:
    """Return a browser that the user has logged in with, on the page."""
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR="192.0.2.7")
    assert client.post(path, {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def is_logged_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


def end_address(kind: str, pk: int) -> str:
    return f"{SESSIONS}{kind}/{pk}/end/"


# ----------------------------------------------------------------------------------------------------------- the rows


def test_login_gets_a_row_that_says_from_where(organiser: User) -> None:
    client = browser(organiser)

    row = BrowserSession.objects.get()
    assert (row.user, row.session_key) == (organiser, client.session.session_key)
    assert (row.device, row.address, row.seen_at) == ("Firefox on Linux", "192.0.2.7", row.created_at)


def test_login_of_the_admin_gets_a_row_too(admin_user: User) -> None:
    browser(admin_user, path="/admin/login/?next=/admin/")

    assert BrowserSession.objects.get().user == admin_user


def test_signing_up_gets_a_row(client: Client, db: None) -> None:
    given = {"email": "new@example.org", "username": "new", "password": PASSWORD, "time_zone": "UTC"}

    client.post("/accounts/signup/", given)

    assert BrowserSession.objects.get().user == User.objects.get()


def test_new_password_keeps_the_row_of_this_browser(organiser: User) -> None:
    client = browser(organiser)
    before = BrowserSession.objects.get()
    new = "another battery staple"

    client.post("/accounts/password-change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    after = BrowserSession.objects.get()
    assert (after.pk, after.created_at) == (before.pk, before.created_at)
    assert after.session_key == client.session.session_key != before.session_key


def test_new_password_takes_the_other_browsers_off_the_list(organiser: User, at: datetime) -> None:
    client, _elsewhere = browser(organiser), browser(organiser, CHROME)
    new = "another battery staple"

    client.post("/accounts/password-change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    assert [row.device for row in client.get(SESSIONS).context["browsers"]] == ["Firefox on Linux"]
    assert Session.objects.count() == 1


def test_new_password_by_a_link_logs_out_also_the_browser_that_follows_it(organiser: User) -> None:
    client = browser(organiser)
    organiser.refresh_from_db()  # a link holds until the next login
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
    client = browser(organiser)
    client.post("/accounts/logout/")

    client.post("/accounts/login/", {"username": stranger.email, "password": PASSWORD})

    assert [row.user for row in BrowserSession.objects.order_by("id")] == [organiser, stranger]


@pytest.mark.parametrize(("age", "is_refreshed"), [(timedelta(minutes=5), True), (timedelta(minutes=4), False)])
def test_use_is_noted_every_five_minutes(organiser: User, age: timedelta, is_refreshed: bool) -> None:
    client = browser(organiser)
    seen_at = BrowserSession.objects.get().seen_at - age
    BrowserSession.objects.update(seen_at=seen_at)
    cache.clear()

    client.get("/", headers={"user-agent": CHROME})

    row = BrowserSession.objects.get()
    assert (row.seen_at > seen_at, row.device == "Chrome on Windows") == (is_refreshed, is_refreshed)


def test_use_costs_two_queries_once_and_then_none(
    organiser: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser(organiser)
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
    client = browser(organiser)
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
    client = browser(organiser)
    assert abs(Session.objects.get().expire_date - at - timedelta(days=30)) < MINUTE
    assert timedelta(days=30).total_seconds() == settings.SESSION_COOKIE_AGE

    Session.objects.update(expire_date=at)

    assert not is_logged_in(client)


def test_session_unused_for_longer_than_its_days_are_by_now_ends_with_its_next_use(
    organiser: User, at: datetime, settings: Settings
) -> None:
    client = browser(organiser)
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

    client = browser(organiser)
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


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (f"{CHROME} Edg/131.0.0.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        ("python-requests/2.32", "python-requests"),
        ("", "Unknown device"),
    ],
)
def test_device_is_named_in_words(user_agent: str, name: str) -> None:
    assert name_of(user_agent) == name


# ----------------------------------------------------------------------------------------------------------- the page


def test_page_lists_browsers_and_programs_but_no_key(organiser: User, stranger: User, at: datetime) -> None:
    here, there = browser(organiser), browser(organiser, CHROME)
    browser(stranger, "Foreign/1.0")
    open_api_session(organiser, at=at)

    page = html_of(here, SESSIONS)

    assert page.count("<strong>Firefox on Linux</strong> <span") == 1
    assert page.count("<strong>Chrome on Windows</strong></p>") == 1
    assert page.count("<strong>Unknown device</strong></p>") == 1
    assert "Foreign" not in page
    assert not {here.session.session_key, there.session.session_key} & set(page.replace('"', " ").split())


def test_page_leaves_out_what_is_over(organiser: User, at: datetime) -> None:
    here, out = browser(organiser), browser(organiser, CHROME)
    out.post("/accounts/logout/")
    open_api_session(organiser, at=at - api_settings.REFRESH_TOKEN_LIFETIME)
    ApiSession.objects.create(user=organiser, created_at=at, seen_at=at, revoked_at=at, user_agent="gone/1")

    page = html_of(here, SESSIONS)

    assert page.count('<li class="card stack">') == 1


def test_list_ends_where_sessions_do(organiser: User, at: datetime) -> None:
    browser(organiser)
    open_api_session(organiser, at=at)
    browser_ends = Session.objects.get().expire_date
    program_ends = at + api_settings.REFRESH_TOKEN_LIFETIME

    assert BrowserSession.objects.live(browser_ends - SECOND).count() == 1
    assert BrowserSession.objects.live(browser_ends).count() == 0
    assert ApiSession.objects.refreshable(program_ends - SECOND).count() == 1
    assert ApiSession.objects.refreshable(program_ends).count() == 0


def test_queries_do_not_depend_on_the_number(
    organiser: User, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = browser(organiser)
    for count in (1, 2):
        for _ in range(count):
            browser(organiser, CHROME)
            open_api_session(organiser, at=at)
        here.get(SESSIONS)

        # Session, user, browsers, programs, the bell.
        with django_assert_num_queries(5):
            here.get(SESSIONS)


@pytest.mark.parametrize("path", [SESSIONS, END_OTHERS, end_address("browser", 1), end_address("api", 1)])
def test_anonymous_is_asked_to_log_in(client: Client, db: None, path: str) -> None:
    response = client.get(path) if path == SESSIONS else client.post(path)

    assert response["Location"] == f"/accounts/login/?next={path}"


def test_get_ends_nothing(organiser: User) -> None:
    client = browser(organiser)

    paths = [END_OTHERS, end_address("browser", BrowserSession.objects.get().pk), end_address("api", 1)]

    assert [client.get(path).status_code for path in paths] == [405] * 3
    assert is_logged_in(client)


def test_other_browser_is_logged_out(organiser: User) -> None:
    here, there = browser(organiser), browser(organiser, CHROME)
    pk = BrowserSession.objects.get(session_key=there.session.session_key).pk

    response = here.post(end_address("browser", pk), follow=True)

    assert "Browser logged out." in response.content.decode()
    assert (is_logged_in(here), is_logged_in(there)) == (True, False)


def test_this_browser_is_logged_out(organiser: User) -> None:
    here = browser(organiser)

    response = here.post(end_address("browser", BrowserSession.objects.get().pk))

    assert response.status_code == 302
    assert not is_logged_in(here)
    assert not Session.objects.filter(pk=here.cookies["sessionid"].value).exists()


def test_program_is_logged_out(api: Api, organiser: User) -> None:
    here, program = browser(organiser), api(organiser)

    here.post(end_address("api", ApiSession.objects.get().pk))

    assert program.get("/api/v1/users/me/").status_code == 401


def test_sessions_of_others_are_not_there(api: Api, organiser: User, stranger: User) -> None:
    theirs, program, here = browser(organiser), api(organiser), browser(stranger)
    rows = [("browser", BrowserSession.objects.get(user=organiser).pk), ("api", ApiSession.objects.get().pk)]

    assert [here.post(end_address(*row)).status_code for row in rows] == [404, 404]
    assert is_logged_in(theirs)
    assert program.get("/api/v1/users/me/").status_code == 200


def test_all_others_are_logged_out(api: Api, organiser: User, stranger: User) -> None:
    here, there, program, foreign = browser(organiser), browser(organiser), api(organiser), browser(stranger)

    here.post(END_OTHERS)

    assert [is_logged_in(each) for each in (here, there, foreign)] == [True, False, True]
    assert program.get("/api/v1/users/me/").status_code == 401
    assert BrowserSession.objects.filter(user=organiser).count() == 1


# -------------------------------------------------------------------------------------------------------- the purging


def test_purge_keeps_what_lives_and_removes_what_has_expired(organiser: User, at: datetime, settings: Settings) -> None:
    browser(organiser)
    Session.objects.update(expire_date=at)
    BrowserSession.objects.update(seen_at=at - timedelta(seconds=settings.SESSION_COOKIE_AGE, minutes=5))
    open_api_session(organiser, at=at)
    ApiSession.objects.update(seen_at=at - api_settings.REFRESH_TOKEN_LIFETIME)
    refresh_token = OutstandingToken.objects.get()
    BlacklistedToken.objects.create(token=refresh_token)
    OutstandingToken.objects.update(expires_at=at - timedelta(seconds=api_settings.LEEWAY))

    assert purge_sessions(at=at - SECOND) == 0
    assert purge_sessions(at=at) == 4
    assert purge_sessions(at=at) == 0
    assert not BlacklistedToken.objects.exists()


def test_purge_keeps_tokens_that_are_still_good(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)
    open_api_session(organiser, at=at)
    BlacklistedToken.objects.create(token=OutstandingToken.objects.earliest("pk"))
    expiry = OutstandingToken.objects.latest("pk").expires_at

    purge_sessions(at=expiry)

    assert (OutstandingToken.objects.count(), BlacklistedToken.objects.count()) == (2, 1)


def test_purge_of_tokens_is_bounded(organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "PURGE_CHUNK", 2)
    for _ in range(3):
        open_api_session(organiser, at=at)
    ApiSession.objects.all().delete()
    later = at + timedelta(days=2)

    assert [purge_sessions(at=later) for _ in range(3)] == [2, 1, 0]


def test_purge_is_bounded(organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "PURGE_CHUNK", 2)
    ApiSession.objects.bulk_create([ApiSession(user=organiser, created_at=at, seen_at=at) for _ in range(3)])
    later = at + api_settings.REFRESH_TOKEN_LIFETIME

    assert [purge_sessions(at=later) for _ in range(3)] == [2, 1, 0]


def test_purge_of_nothing_writes_nothing(organiser: User, at: datetime) -> None:
    def refuse(execute: Any, sql: str, *args: Any) -> Any:
        assert sql.startswith("SELECT")
        return execute(sql, *args)

    with connection.execute_wrapper(refuse):
        purge_sessions(at=at)


def test_ended_session_of_somebody_else_is_refused(organiser: User, stranger: User) -> None:
    browser(organiser)

    with pytest.raises(BrowserSession.DoesNotExist):
        end_browser_session(stranger, BrowserSession.objects.get().pk)
