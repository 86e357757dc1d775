"""Locking accounts, and unlocking them, which brings no login back."""

from datetime import datetime

from django.db.models import F

from accounts.models import AccountMail, FeedTicket, User
from accounts.services.browser_sessions import end_other_sessions
from config.database import transactional


@transactional
def deactivate_user(user: User, *, at: datetime) -> bool:
    """Lock an account and end all its logins; all else of it stays. Returns whether it was active."""
    deactivated = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False)
    _end_logins(user, at=at)
    return bool(deactivated)


@transactional
def reactivate_user(user: User, *, at: datetime) -> bool:
    """Unlock an account, unless its deletion was asked for. Returns whether it was locked and now is not.

    Its logins end here too: whatever locked it, by hand in the database for example, may have left some.
    """
    locked = User.objects.filter(pk=user.pk, is_active=False, deletion_requested_at__isnull=True)
    unlocked = locked.update(is_active=True)
    if unlocked:
        _end_logins(user, at=at)
    return bool(unlocked)


@transactional
def request_deletion(user: User, *, at: datetime) -> None:
    """Write down that the account is to go, and lock it at once. The sweep cancels, tells and purges."""
    User.objects.filter(pk=user.pk, deletion_requested_at__isnull=True).update(
        deletion_requested_at=at, is_active=False
    )
    _end_logins(user, at=at)


def _end_logins(user: User, *, at: datetime) -> None:
    """End for good whatever lets somebody in as this user, but for the password.

    The count ends what no row lists: sessions from before there were such rows, and links to a new password that have
    been mailed. The user's row stays locked until the transaction ends, so that no login slips past (a login that is
    on its way locks the row first as well, and then finds the account locked).
    """
    User.objects.filter(pk=user.pk).update(lock_count=F("lock_count") + 1)
    end_other_sessions(user, session_key="", at=at)
    FeedTicket.objects.filter(user=user).delete()
    waiting = AccountMail.objects.filter(address=user.email, kind=AccountMail.Kind.RESET, due_at__isnull=False)
    waiting.update(due_at=None)
