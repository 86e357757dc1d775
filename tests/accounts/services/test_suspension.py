"""Test that suspending an account ends all of its logins for good, also if it is reinstated."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import user_logged_in
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.exceptions import InvalidCredentials, InvalidToken
from accounts.models import AccountMail, ApiSession, BrowserSession, FeedTicket, User
from accounts.services import (
    issue_feed_ticket,
    open_api_session,
    refresh_api_session,
    reinstate_user,
    request_password_reset,
    suspend_user,
)
from notifications.feed.credentials import from_bearer, from_session_cookie, from_ticket, still_valid
from notifications.mail.sender import send_mails
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

USERS = "/admin/accounts/user/"
PROFILE, ME = "/accounts/profile/", "/api/v1/users/me/"
NEW_PASSWORD = "a wholly different sentence"

Lock = Callable[[User], None]


def lock_in_admin(user: User) -> None:
    _act("suspend_users", user, confirmed="yes", fate="keep")


def unlock_in_admin(user: User) -> None:
    _act("reinstate_users", user, confirmed="yes")
    assert User.objects.active().filter(pk=user.pk).exists()


def _act(action: str, user: User, **data: str) -> None:
    boss = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser(
        username="boss", email="boss@example.org", password=PASSWORD
    )
    client = Client()
    client.force_login(boss)
    client.post(USERS, data | {"action": action, "index": "0", "_selected_action": [user.pk]})


def lock_by_hand(user: User) -> None:
    """Suspend an account without any service, as an older version or a database console might do."""
    User.objects.filter(pk=user.pk).update(is_active=False)


def ask_for_deletion(user: User) -> None:
    """Request the deletion over the API, and take that back in the database, because nothing else can."""
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {open_api_session(user, at=timezone.now()).access}")
    assert api.delete(ME).status_code == 204
    User.objects.filter(pk=user.pk).update(deletion_requested_at=None)


def delete_in_admin(user: User) -> None:
    _act("delete_selected", user, post="yes")
    User.objects.filter(pk=user.pk).update(deletion_requested_at=None)


@pytest.fixture(params=[lock_in_admin, ask_for_deletion, delete_in_admin, lock_by_hand])
def lock(request: pytest.FixtureRequest) -> Lock:
    """Return each way of suspending an account."""
    chosen: Lock = request.param
    return chosen


def browser(user: User) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"username": user.email, "password": PASSWORD}).status_code == 302
    return client


def handshake_headers(client: Client) -> dict[bytes, bytes]:
    return {
        b"origin": settings.ALLOWED_ORIGINS[0].encode(),
        b"cookie": f"sessionid={client.session.session_key}".encode(),
    }


def test_browser_stays_logged_out(organiser: User, lock: Lock) -> None:
    client = browser(organiser)

    lock(organiser)
    unlock_in_admin(organiser)

    assert client.get(PROFILE).status_code == 302
    assert not BrowserSession.objects.filter(user=organiser).exists()
    assert browser(organiser).get(PROFILE).status_code == 200


def test_browser_that_no_list_knows_stays_logged_out(client: Client, organiser: User, lock: Lock) -> None:
    client.force_login(organiser)
    assert not BrowserSession.objects.exists()

    lock(organiser)
    unlock_in_admin(organiser)

    assert client.get(PROFILE).status_code == 302


def test_locking_removes_the_rows_of_browsers_and_of_nobody_else(organiser: User, stranger: User, at: datetime) -> None:
    browser(organiser)
    other = browser(stranger)

    suspend_user(organiser, at=at)

    assert Session.objects.get().session_key == other.session.session_key
    assert BrowserSession.objects.get().user == stranger
    assert other.get(PROFILE).status_code == 200


def test_tokens_of_a_program_stay_revoked(organiser: User, at: datetime, lock: Lock) -> None:
    pair = open_api_session(organiser, at=at)
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {pair.access}")
    assert api.get(ME).status_code == 200

    lock(organiser)
    unlock_in_admin(organiser)

    assert api.get(ME).status_code == 401
    with pytest.raises(InvalidToken):
        refresh_api_session(pair.refresh, at=at)


@pytest.mark.parametrize("kind", ["browser", "unlisted browser", "program"])
def test_feed_ticket_opens_nothing_any_more(organiser: User, at: datetime, lock: Lock, kind: str) -> None:
    ticket = issue_feed_ticket(organiser, at=at, **login_of(organiser, kind))

    lock(organiser)
    unlock_in_admin(organiser)

    assert from_ticket(ticket, at=at) is None
    assert not FeedTicket.objects.exists()


def login_of(user: User, kind: str) -> dict[str, Any]:
    if kind == "program":
        open_api_session(user, at=timezone.now())
        return {"api_session_id": ApiSession.objects.get().pk}
    client = Client()
    if kind == "browser":
        client = browser(user)
    else:
        client.force_login(user)
    return {"session_key": client.session.session_key}


@pytest.mark.parametrize("kind", ["browser", "unlisted browser", "program"])
def test_open_socket_does_not_outlive_a_lock_between_two_checks(
    organiser: User, at: datetime, lock: Lock, kind: str
) -> None:
    if kind == "program":
        credential = from_bearer(f"Bearer {open_api_session(organiser, at=at).access}".encode())
    else:
        client = browser(organiser) if kind == "browser" else Client()
        if kind != "browser":
            client.force_login(organiser)
        credential = from_session_cookie(handshake_headers(client))
    assert credential is not None
    assert still_valid([credential], at) == {credential}

    lock(organiser)
    unlock_in_admin(organiser)

    assert still_valid([credential], at) == set()


def reset_link() -> str:
    send_mails()
    [link] = re.findall(r"http://localhost:8000(/accounts/password-reset/\S+)", str(outbox.outbox[-1].body))
    return link


def reset_password(client: Client, link: str) -> bool:
    """Choose a new password with an emailed link; return whether the link was still valid."""
    response = client.get(link, follow=True)
    if not response.context["validlink"]:
        return False
    form = response.redirect_chain[-1][0]
    return client.post(form, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}).status_code == 302


@pytest.mark.parametrize("when", ["while locked", "after"])
def test_mailed_link_to_a_new_password_no_longer_holds(
    client: Client, organiser: User, at: datetime, lock: Lock, when: str
) -> None:
    request_password_reset(organiser.email, at=at)
    link = reset_link()

    lock(organiser)
    if when == "after":
        unlock_in_admin(organiser)

    assert not reset_password(client, link)


def test_link_that_is_asked_for_after_unlocking_holds(client: Client, organiser: User, at: datetime) -> None:
    suspend_user(organiser, at=at)
    reinstate_user(organiser, at=at)
    request_password_reset(organiser.email, at=at)

    assert reset_password(client, reset_link())
    assert client.login(email=organiser.email, password=NEW_PASSWORD)


def test_link_that_was_asked_for_and_not_yet_mailed_is_not_mailed(organiser: User, at: datetime, lock: Lock) -> None:
    request_password_reset(organiser.email, at=at)

    lock(organiser)
    unlock_in_admin(organiser)
    send_mails()

    assert not [each for each in outbox.outbox if "new password" in each.subject]
    assert AccountMail.objects.get(kind=AccountMail.Kind.RESET).due_at is None


def test_form_of_a_link_that_was_opened_before_the_lock_saves_nothing(
    client: Client, organiser: User, at: datetime
) -> None:
    request_password_reset(organiser.email, at=at)
    form = client.get(reset_link(), follow=True).redirect_chain[-1][0]

    suspend_user(organiser, at=at)
    reinstate_user(organiser, at=at)
    client.post(form, {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD})

    assert client.login(email=organiser.email, password=PASSWORD)


# -------------------------------------------------------------------------------------------------- at the same time


def test_login_of_a_browser_that_meets_a_lock_does_not_outlive_it(
    client: Client, organiser: User, at: datetime
) -> None:
    """The account is suspended after Django has checked the password and made a session, and before that is stored."""

    def lock(**_: Any) -> None:
        suspend_user(organiser, at=at)

    user_logged_in.connect(lock)
    try:
        client.post("/accounts/login/", {"username": organiser.email, "password": PASSWORD})
    finally:
        user_logged_in.disconnect(lock)
    reinstate_user(organiser, at=at)

    assert client.get(PROFILE).status_code == 302
    assert not BrowserSession.objects.exists()
    assert not Session.objects.exists()


def test_login_of_a_program_that_meets_a_lock_gets_no_tokens(organiser: User, at: datetime) -> None:
    suspend_user(organiser, at=at)

    with pytest.raises(InvalidCredentials):
        open_api_session(organiser, at=at)
    assert not ApiSession.objects.exists()


def test_accounts_that_were_never_locked_keep_the_logins_from_before(client: Client, organiser: User) -> None:
    """Their sessions are signed as Django alone does it, so that an upgrade logs nobody out."""
    client.force_login(organiser)

    signature = client.session["_auth_user_hash"]

    assert organiser.lock_count == 0
    assert signature == super(User, organiser).get_session_auth_hash()
