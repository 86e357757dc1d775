"""Authenticate sockets, and check whether the login of an open socket is still valid."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpRequest, parse_cookie
from rest_framework.exceptions import APIException

from accounts.callers import TokenAuthentication
from accounts.models import ApiSession, User
from accounts.services import SESSION_CLAIM, redeem_feed_ticket

# A socket may stay open for this long after its access token has expired. Then the client must connect with a new one.
TOKEN_GRACE = timedelta(hours=1)


@dataclass(frozen=True)
class Credential:
    """What a socket was opened with.

    It is valid while the login lasts, and while the user is active, has the same password and has not been suspended.
    """

    user_id: int
    password: str  # the hash, as it was when the socket opened
    lock_count: int
    session_key: str = ""
    api_session_id: int | None = None
    expires_at: datetime | None = None


def from_bearer(header: bytes) -> Credential | None:
    """Return the credential of an `Authorization: Bearer` header, or None if the token is not valid."""
    authentication = TokenAuthentication()
    try:
        raw = authentication.get_raw_token(header)
        if raw is None:
            return None
        token = authentication.get_validated_token(raw)
        user = authentication.get_user(token)
    except APIException:
        return None
    expires_at = datetime.fromtimestamp(token["exp"], tz=UTC) + TOKEN_GRACE
    return Credential(
        user.pk, user.password, user.lock_count, api_session_id=token[SESSION_CLAIM], expires_at=expires_at
    )


class _ReadSession(SessionStore):
    # Django derives the salt from the name of the class, so without this the session could not be read.
    key_salt = "django.contrib.sessions.SessionStore"

    def cycle_key(self) -> None:
        """Keep the key. Django renews it if the session was signed with a former SECRET_KEY, but a handshake cannot set
        the new cookie.
        """


def from_session_cookie(headers: dict[bytes, bytes]) -> Credential | None:
    """Return the credential of the session cookie, or None if it is not valid or Origin is not in ALLOWED_ORIGINS.

    Any page on the web can open a socket, and the browser sends the visitor's cookies with it. It also sends the true
    origin of that page, so the cookie is accepted only from the site's own pages.
    """
    if headers.get(b"origin", b"").decode("latin-1") not in settings.ALLOWED_ORIGINS:
        return None
    # Parse cookies as Django does. SimpleCookie would drop all of them if another site on this host has set one that it
    # cannot parse.
    session_key = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(settings.SESSION_COOKIE_NAME)
    if not session_key:
        return None
    request = HttpRequest()
    request.session = _ReadSession(session_key)
    user = get_user(request)
    if not isinstance(user, User) or not user.is_active:
        return None
    return Credential(user.pk, user.password, user.lock_count, session_key=session_key)


def from_ticket(ticket: Any, at: datetime) -> Credential | None:
    """Redeem a feed ticket and return the credential of the login that requested it, or None if either is not valid."""
    redeemed = redeem_feed_ticket(ticket, at=at) if isinstance(ticket, str) and ticket.isascii() else None
    if redeemed is None:
        return None
    credential = Credential(
        redeemed.user_id,
        redeemed.user.password,
        redeemed.user.lock_count,
        session_key=redeemed.session_key,
        api_session_id=redeemed.api_session_id,
        expires_at=at + TOKEN_GRACE if redeemed.api_session_id else None,
    )
    return credential if credential in still_valid([credential], at) else None


def still_valid(credentials: Collection[Credential], at: datetime) -> set[Credential]:
    """Return those of the credentials that are valid at this moment. Three queries for any number of credentials."""
    users = set(
        User.objects.active()
        .filter(pk__in={each.user_id for each in credentials})
        .values_list("pk", "password", "lock_count")
    )
    session_keys = set(
        Session.objects.filter(
            session_key__in={each.session_key for each in credentials if each.session_key}, expire_date__gt=at
        ).values_list("session_key", flat=True)
    )
    api_sessions = set(
        ApiSession.objects.live()
        .filter(pk__in={each.api_session_id for each in credentials if each.api_session_id})
        .values_list("pk", flat=True)
    )
    return {
        each
        for each in credentials
        if (each.user_id, each.password, each.lock_count) in users
        and (not each.session_key or each.session_key in session_keys)
        and (each.api_session_id is None or each.api_session_id in api_sessions)
        and (each.expires_at is None or each.expires_at > at)
    }
