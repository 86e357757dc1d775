"""Test the credentials of sockets, as far as that needs no socket."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from accounts.models import ApiSession, User
from accounts.services import issue_feed_ticket, open_api_session, revoke_api_sessions
from notifications.feed.credentials import TOKEN_GRACE, from_bearer, from_session_cookie, from_ticket, still_valid
from tests.tokens import claims_of

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("cookies", ["{}", 'prefs={{"a": 1}}; {}', "{}; caf\u00e9=1; broken", "a[0]=1; {}"])
def test_session_cookie_is_found_among_cookies_of_other_sites_on_the_host(organiser: User, cookies: str) -> None:
    client = Client()
    client.force_login(organiser)
    cookie = cookies.format(f"sessionid={client.session.session_key}")
    headers = {b"origin": settings.ALLOWED_ORIGINS[0].encode(), b"cookie": cookie.encode()}

    credential = from_session_cookie(headers)

    assert credential is not None
    assert (credential.user_id, credential.session_key) == (organiser.pk, client.session.session_key)


def test_ticket_of_a_session_that_logged_out_meanwhile_does_not_hold(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)
    ticket = issue_feed_ticket(organiser, at=at, api_session_id=ApiSession.objects.get().pk)

    revoke_api_sessions(organiser, at=at)

    assert from_ticket(ticket, at=at) is None


def test_ticket_that_is_no_text_is_refused(at: datetime) -> None:
    for ticket in (None, 1, ["a"], "\ud800"):
        assert from_ticket(ticket, at=at) is None


def test_bearer_holds_until_an_hour_after_its_token(organiser: User, at: datetime) -> None:
    token = open_api_session(organiser, at=at).access
    lapses_at = datetime.fromtimestamp(claims_of(token)["exp"], tz=UTC) + timedelta(hours=1)

    credential = from_bearer(f"Bearer {token}".encode())

    assert credential is not None
    assert still_valid([credential], lapses_at - SECOND) == {credential}
    assert still_valid([credential], lapses_at) == set()


def test_ticket_of_a_program_holds_for_an_hour(organiser: User, at: datetime) -> None:
    open_api_session(organiser, at=at)

    credential = from_ticket(issue_feed_ticket(organiser, at=at, api_session_id=ApiSession.objects.get().pk), at=at)

    assert credential is not None
    assert still_valid([credential], at + TOKEN_GRACE - SECOND) == {credential}
    assert still_valid([credential], at + TOKEN_GRACE) == set()


def test_ticket_of_a_browser_holds_as_long_as_its_session(organiser: User, at: datetime) -> None:
    client = Client()
    client.force_login(organiser)
    session = Session.objects.get()

    credential = from_ticket(issue_feed_ticket(organiser, at=at, session_key=session.session_key), at=at)

    assert credential is not None
    assert still_valid([credential], session.expire_date - SECOND) == {credential}
    assert still_valid([credential], session.expire_date) == set()
