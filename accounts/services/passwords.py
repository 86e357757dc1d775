"""Passwords: a new one ends all API sessions and is told by mail; sessions of browsers die with the old one's hash."""

from datetime import datetime

from accounts.models import AccountMail, User
from accounts.services.api_sessions import revoke_api_sessions
from accounts.services.mails import write_mail
from config.database import transactional


@transactional
def change_password(user: User, *, password: str, at: datetime) -> None:
    """Set a new password. The caller has run the password validators."""
    user.set_password(password)
    user.save(update_fields=["password"])
    revoke_api_sessions(user, at=at)
    write_mail(AccountMail.Kind.PASSWORD_CHANGED, user=user, address=user.email, at=at)


@transactional
def reset_password(user: User, *, password: str, at: datetime) -> None:
    """Set a new password by a mailed link, which proves whose the address is."""
    change_password(user, password=password, at=at)
    User.objects.filter(pk=user.pk, email_verified_at__isnull=True).update(email_verified_at=at)
