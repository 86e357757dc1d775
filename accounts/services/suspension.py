"""Suspend and reinstate accounts. Logins that a suspension has ended stay ended after the account is reinstated."""

from datetime import datetime

from django.db.models import F

from accounts.models import AccountMail, FeedTicket, User
from accounts.services.browser_sessions import end_other_sessions
from config.database import transactional


@transactional
def suspend_user(user: User, *, at: datetime) -> bool:
    """Suspend an account, end all its logins and keep everything else. Return whether it was active."""
    suspended = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False)
    _end_logins(user, at=at)
    return bool(suspended)


@transactional
def reinstate_user(user: User, *, at: datetime) -> bool:
    """Reinstate an account, unless its deletion was requested. Return whether this changed anything.

    Logins end here too, because an account suspended by other means, such as by hand in the database, may have some.
    """
    suspended = User.objects.filter(pk=user.pk, is_active=False, deletion_requested_at__isnull=True)
    reinstated = suspended.update(is_active=True)
    if reinstated:
        _end_logins(user, at=at)
    return bool(reinstated)


@transactional
def request_deletion(user: User, *, at: datetime) -> None:
    """Record that the account is to be deleted, and suspend it at once.

    The sweep then cancels its events, notifies their subscribers and purges the account.
    """
    User.objects.filter(pk=user.pk, deletion_requested_at__isnull=True).update(
        deletion_requested_at=at, is_active=False
    )
    _end_logins(user, at=at)


def _end_logins(user: User, *, at: datetime) -> None:
    """End for good everything that gives access to the account, except for the password.

    Raising the count ends what has no row: sessions older than the table of sessions, and links to choose a new
    password. The user's row stays locked until the transaction ends, so that a simultaneous login cannot succeed: it
    also locks that row first, and then finds the account suspended.
    """
    User.objects.filter(pk=user.pk).update(lock_count=F("lock_count") + 1)
    end_other_sessions(user, session_key="", at=at)
    FeedTicket.objects.filter(user=user).delete()
    waiting = AccountMail.objects.filter(address=user.email, kind=AccountMail.Kind.RESET, due_at__isnull=False)
    waiting.update(due_at=None)
