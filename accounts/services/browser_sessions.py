"""Browser sessions: rows beside Django's sessions, which record neither the user nor when they were last used."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from accounts.devices import Device
from accounts.models import BrowserSession, User
from accounts.services.api_sessions import revoke_api_sessions
from accounts.services.people import lock_active_user
from config.database import transactional

# The key under which Django's session stores the id of its row.
ROW_KEY = "browser_session"
# How old `seen_at` may become in a session that is in use. Each session's is written at most once in this time.
SEEN_INTERVAL = timedelta(minutes=5)


@transactional
def keep_browser_session(user: User, *, session_key: str, known: int | None, device: Device, at: datetime) -> int:
    """Record a login and return the id of its row.

    `known` is the id of a row whose session has got a new key because its user has changed the password. If that row
    exists, it is updated.

    Raises:
        AccountSuspended: the account was suspended during the login.
    """
    lock_active_user(user)
    seen = {"session_key": session_key, "seen_at": at, **asdict(device)}
    if known and BrowserSession.objects.filter(pk=known, user=user).update(**seen):
        return known
    row: BrowserSession = BrowserSession.objects.create(user=user, created_at=at, **seen)
    return row.pk


@transactional
def see_browser_session(pk: int, *, device: Device, at: datetime) -> bool:
    """Record that a session is in use, and by which device, unless that was done less than SEEN_INTERVAL ago.

    Return whether the row exists. If it does not, it was purged, because the session was unused for longer than the
    present SESSION_COOKIE_AGE.
    """
    row = BrowserSession.objects.filter(pk=pk)
    seen_at = row.values_list("seen_at", flat=True).first()
    if seen_at and seen_at <= at - SEEN_INTERVAL:
        row.update(seen_at=at, **asdict(device))
    return seen_at is not None


@transactional
def end_browser_session(user: User, pk: int) -> BrowserSession:
    """Log the user out in one browser, and return what its login was.

    Raises:
        BrowserSession.DoesNotExist: the user has no such session.
    """
    row = BrowserSession.objects.select_for_update().get(pk=pk, user=user)
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    return row


@transactional
def end_other_sessions(user: User, *, session_key: str, at: datetime) -> None:
    """Log the user out everywhere except in the browser with this session."""
    others = BrowserSession.objects.filter(user=user).exclude(session_key=session_key)
    keys = list(others.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    BrowserSession.objects.filter(user=user, session_key__in=keys).delete()
    revoke_api_sessions(user, at=at)
