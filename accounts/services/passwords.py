"""Passwords. A new one ends every session of browsers and of the API, and its user is notified by email."""

from datetime import datetime

from accounts.exceptions import InvalidCredentials, InvalidLink, TooManyMails
from accounts.models import AccountMail, User
from accounts.services.browser_sessions import end_other_sessions
from accounts.services.outbox import check_rate, write_mail
from config.database import transactional


@transactional
def change_password(user: User, *, password: str | None, at: datetime, session_key: str = "") -> None:
    """Set a new password and log the user out everywhere but in the browser with this session.

    The caller has run the password validators, and renews the login of that browser, which the old hash takes along.
    With None as the password none logs the user in. A pending change of the email address ends, because somebody who
    knew the old password requested it.
    """
    user.set_password(password)
    user.pending_email = user.pending_email_at = None
    user.save(update_fields=["password", "pending_email", "pending_email_at"])
    end_other_sessions(user, session_key=session_key, at=at)
    write_mail(AccountMail.Kind.PASSWORD_CHANGED, user=user, address=user.email, at=at)


@transactional
def replace_password(user: User, *, password: str, at: datetime, session_key: str = "") -> None:
    """Set a new password for somebody who has just typed the current one, as `change_password` does.

    Raises:
        InvalidCredentials: since the current password was checked, it was replaced, or the account was locked or got
            another address. Otherwise a thief's request could undo the change that has just locked the thief out.
    """
    if _lock_unchanged(user) is None:
        raise InvalidCredentials
    change_password(user, password=password, at=at, session_key=session_key)


@transactional
def request_password_reset(address: str, *, at: datetime) -> None:
    """Ask for a link to a new password. One mail too many is left out in silence, as is one to an unknown address.

    The same two queries whether or not the address has an account, which only the mailer looks up: nobody learns it
    from the answer or from how long that takes.
    """
    try:
        check_rate(AccountMail.Kind.RESET, address, at=at)
    except TooManyMails:
        return
    write_mail(AccountMail.Kind.RESET, user=None, address=address, at=at)


@transactional
def reset_password(user: User, *, password: str, at: datetime, session_key: str = "") -> None:
    """Set a new password by a mailed link, which also verifies the email address.

    Raises:
        InvalidLink: since the link was checked, the account's address or password changed, or it was locked.
    """
    locked = _lock_unchanged(user)
    if locked is None:
        raise InvalidLink
    change_password(locked, password=password, at=at, session_key=session_key)
    User.objects.filter(pk=user.pk, email_verified_at__isnull=True).update(email_verified_at=at)


def _lock_unchanged(user: User) -> User | None:
    """Lock the account's row; None if what lets somebody in has changed since `user` was read."""
    same = User.objects.active().filter(pk=user.pk, email=user.email, password=user.password)
    locked: User | None = same.filter(lock_count=user.lock_count).select_for_update().first()
    return locked
