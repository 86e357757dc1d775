"""Change passwords. A change ends all browser sessions and API sessions, and the user is notified by email."""

from datetime import datetime

from accounts.exceptions import InvalidCredentials, InvalidLink, TooManyMails
from accounts.models import AccountMail, User
from accounts.services.browser_sessions import end_other_sessions
from accounts.services.outbox import check_rate, write_mail
from config.database import transactional


@transactional
def change_password(user: User, *, password: str | None, at: datetime, session_key: str = "") -> None:
    """Set a new password and log the user out everywhere except in the browser with this session.

    The caller has run the password validators, and must renew the login of that browser, because it ends together with
    the old password hash. If the password is None, no password logs the user in. A pending change of the email address
    is cancelled, because it was requested by somebody who knew the old password.
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
        InvalidCredentials: after the current password was checked, it was replaced, or the account was suspended or
            got another email address. Otherwise a thief's request could undo the change that has just shut the thief
            out.
    """
    if _lock_unchanged(user) is None:
        raise InvalidCredentials
    change_password(user, password=password, at=at, session_key=session_key)


@transactional
def request_password_reset(address: str, *, at: datetime) -> None:
    """Request an email with a link to choose a new password.

    If the address was sent too many of them, or has no account, no email is sent and no error is raised. The same two
    queries are issued whether or not the address has an account, which only the mailer looks up, so that neither the
    answer nor its duration reveals it.
    """
    try:
        check_rate(AccountMail.Kind.RESET, address, at=at)
    except TooManyMails:
        return
    write_mail(AccountMail.Kind.RESET, user=None, address=address, at=at)


@transactional
def reset_password(user: User, *, password: str, at: datetime, session_key: str = "") -> None:
    """Set a new password by the link from an email, which also verifies the email address.

    Raises:
        InvalidLink: after the link was checked, the account's email address or password was changed, or the account was
            suspended.
    """
    locked = _lock_unchanged(user)
    if locked is None:
        raise InvalidLink
    change_password(locked, password=password, at=at, session_key=session_key)
    User.objects.filter(pk=user.pk, email_verified_at__isnull=True).update(email_verified_at=at)


def _lock_unchanged(user: User) -> User | None:
    """Return the account with its row locked.

    None if the account is suspended, or if its email address or password has changed since `user` was read.
    """
    same = User.objects.active().filter(pk=user.pk, email=user.email, password=user.password)
    locked: User | None = same.filter(lock_count=user.lock_count).select_for_update().first()
    return locked
