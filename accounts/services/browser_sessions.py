"""The logins of browsers: rows beside Django's sessions, which know neither their user nor when they were seen."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from accounts.devices import Device
from accounts.models import BrowserSession, User
from accounts.services.api_sessions import revoke_api_sessions
from accounts.services.people import lock_active_user
from config.database import transactional

# Where a session keeps the id of its row.
ROW_KEY = "browser_session"
# How stale `seen_at` may be: at most one write in this time for each session.
SEEN_INTERVAL = timedelta(minutes=5)


@transactional
def keep_browser_session(user: User, *, session_key: str, known: int | None, device: Device, at: datetime) -> int:
    """Write down a login, or the new key of a `known` one, whose password has changed; returns the row's id.

    Raises:
        AccountLocked: the account was locked during the login.
    """
    lock_active_user(user)
    seen = {"session_key": session_key, "seen_at": at, **asdict(device)}
    if known and BrowserSession.objects.filter(pk=known, user=user).update(**seen):
        return known
    row: BrowserSession = BrowserSession.objects.create(user=user, created_at=at, **seen)
    return row.pk


@transactional
def see_browser_session(pk: int, *, device: Device, at: datetime) -> bool:
    """Write down that a session is in use, and from where, unless that was done less than SEEN_INTERVAL ago.

    Returns whether its row is there. Else it was purged, unused for longer than SESSION_COOKIE_AGE is by now.
    """
    row = BrowserSession.objects.filter(pk=pk)
    seen_at = row.values_list("seen_at", flat=True).first()
    if seen_at and seen_at <= at - SEEN_INTERVAL:
        row.update(seen_at=at, **asdict(device))
    return seen_at is not None


@transactional
def end_browser_session(user: User, pk: int) -> None:
    """Log one of the user's browsers out.

    Raises:
        BrowserSession.DoesNotExist: it is none of theirs.
    """
    row = BrowserSession.objects.select_for_update().get(pk=pk, user=user)
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()


@transactional
def end_other_sessions(user: User, *, session_key: str, at: datetime) -> None:
    """Log the user out everywhere but in the browser with this session."""
    others = BrowserSession.objects.filter(user=user).exclude(session_key=session_key)
    keys = list(others.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    BrowserSession.objects.filter(user=user, session_key__in=keys).delete()
    revoke_api_sessions(user, at=at)
