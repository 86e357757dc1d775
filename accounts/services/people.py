"""Create accounts, change profiles and purge accounts."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from accounts.exceptions import AccountSuspended, EmailTaken, UsernameTaken
from accounts.models import AccountMail, User
from accounts.services.outbox import write_mail
from config.database import transactional


@transactional
def register_user(
    *, username: str, email: str, password: str, time_zone: str = "UTC", language: str = "", at: datetime
) -> User:
    """Create an account and send it a link to verify its address. The caller has run the password validators.

    Raises:
        UsernameTaken
        EmailTaken: another account has the address, or can still take it back.
    """
    refuse_taken_address(email, at=at)
    user = create_user(username=username, email=email, password=password, time_zone=time_zone, language=language)
    write_mail(AccountMail.Kind.VERIFY, user=user, address=user.email, at=at)
    return user


@transactional
def create_user(*, username: str, email: str, password: str, time_zone: str = "UTC", language: str = "") -> User:
    """Create an account without sending anything to its address. The caller has run the password validators.

    Raises:
        UsernameTaken, EmailTaken: another account has it, ignoring case, even if that account was created at the same
            moment.
    """
    user = User(username=username.lower(), email=email.lower(), time_zone=time_zone, language=language)
    user.set_password(password)
    save_unique(user)
    return user


@transactional
def update_profile(user: User, **changes: Any) -> User:
    """Change fields of an account other than its email address and password. The caller has validated the values.

    Raises:
        UsernameTaken
    """
    for name, value in changes.items():
        setattr(user, name, value)
    save_unique(user, update_fields=list(changes))
    return user


def save_unique(user: User, **options: Any) -> None:
    """Save an account whose username or email address may be taken.

    Raises:
        UsernameTaken, EmailTaken
    """
    user.username = user.username.lower()
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError as error:
        if User.objects.filter(email=user.email).exclude(pk=user.pk).exists():
            raise EmailTaken from error
        if User.objects.filter(username=user.username).exclude(pk=user.pk).exists():
            raise UsernameTaken from error
        raise


def refuse_taken_address(address: str, *, user: User | None = None, at: datetime) -> None:
    """Refuse an email address that another account has or can still take back. A pending address is not refused.

    Raises:
        EmailTaken
    """
    others, reserved = User.objects.filter(email=address), AccountMail.objects.undoable(at).filter(address=address)
    if user:
        others, reserved = others.exclude(pk=user.pk), reserved.exclude(user=user.pk)
    if others.exists() or reserved.exists():
        raise EmailTaken


def lock_active_user(user: User, **facts: Any) -> User:
    """Return the user as they are now, with their row locked until the transaction ends.

    Services count quotas while they hold this lock. `facts` are expressions that are annotated, such as that count.
    They must refer to the row by `OuterRef`, so that the database evaluates them once it has locked the row.

    Raises:
        AccountSuspended: the account was suspended, or its deletion was requested, after the request had begun.
    """
    locked: User | None = User.objects.active().select_for_update().annotate(**facts).filter(pk=user.pk).first()
    if locked is None:
        raise AccountSuspended
    return locked


@transactional
def purge_user(user: User) -> None:
    """Delete an account and everything that belongs to it. Its events must have been purged before."""
    User.objects.get(pk=user.pk).delete()
