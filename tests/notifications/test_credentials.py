"""How a socket proves who it is, where the socket itself is not needed."""

from datetime import datetime

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import ApiSession, User
from accounts.services import issue_feed_ticket, open_api_session, revoke_api_sessions
from notifications.credentials import from_session_cookie, from_ticket

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("cookies", ["{}", 'prefs={{"a": 1}}; {}', "{}; caf\u00e9=1; broken", "a[0]=1; {}"])
def test_session_cookie_is_found_among_cookies_of_other_sites_on_the_host(owner: User, cookies: str) -> None:
    client = Client()
    client.force_login(owner)
    cookie = cookies.format(f"sessionid={client.session.session_key}")
    headers = {b"origin": settings.ALLOWED_ORIGINS[0].encode(), b"cookie": cookie.encode()}

    credential = from_session_cookie(headers)

    assert credential is not None
    assert (credential.user_id, credential.session_key) == (owner.pk, client.session.session_key)


def test_ticket_of_a_session_that_logged_out_meanwhile_does_not_hold(owner: User, at: datetime) -> None:
    open_api_session(owner, at=at)
    ticket = issue_feed_ticket(owner, at=at, api_session_id=ApiSession.objects.get().pk)

    revoke_api_sessions(owner, at=at)

    assert from_ticket(ticket, at=at) is None


def test_ticket_that_is_no_text_does_not_hold(at: datetime) -> None:
    for ticket in (None, 1, ["a"], "\ud800"):
        assert from_ticket(ticket, at=at) is None
