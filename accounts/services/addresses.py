"""Which address an account has. Another one counts once its owner confirms it; the one before can undo that.

Until a change is confirmed, `pending_email` waits, and everything stays with the address that the account has. That one
is mailed a link to undo the change, if it was ever verified: who mistyped their address when they signed up must not
leave the account to its owner. The mail's row is the right to undo, and it reserves the address for as long. Undoing
ends the rights of all addresses that came later, so that whoever took an account cannot take it back.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import get_random_string

from accounts.exceptions import InvalidLink, NoPendingEmail
from accounts.models import AccountMail, User
from accounts.querysets import AccountMailQuerySet
from accounts.services.browser_sessions import end_other_sessions
from accounts.services.mails import account_of_link, check_rate, write_mail
from accounts.services.people import refuse_taken_address, save_unique
from config.database import transactional

# Longer than anybody guesses.
UNKNOWN_PASSWORD_LENGTH = 64


@transactional
def request_email_change(user: User, *, email: str, at: datetime) -> User:
    """Ask for another address, which a link has to confirm; another one that waits is forgotten.

    The address that waits already is only sent its link again. The address that the account has cancels what waits.

    Raises:
        EmailTaken, TooManyMails
    """
    locked, address = User.objects.select_for_update().get(pk=user.pk), email.lower()
    user.email = locked.email
    if address == locked.email:
        return _set_pending(user, None, at=None)
    refuse_taken_address(address, user=locked, at=at)
    check_rate(AccountMail.Kind.CONFIRM_EMAIL, address, at=at)
    if address == locked.pending_email and locked.awaits_email(at):
        _set_pending(user, address, at=locked.pending_email_at)
    else:
        _set_pending(user, address, at=at)
        if locked.email_verified_at and not _rights(locked, at=at).filter(address=address).exists():
            write_mail(AccountMail.Kind.CHANGE_ASKED, user=user, address=locked.email, at=at)
    write_mail(AccountMail.Kind.CONFIRM_EMAIL, user=user, address=address, at=at)
    return user


@transactional
def request_confirmation(user: User, *, at: datetime) -> str:
    """Send the link that confirms the pending address again; returns that address.

    Raises:
        NoPendingEmail: none waits, or its time is over.
        TooManyMails
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not locked.pending_email or not locked.awaits_email(at):
        raise NoPendingEmail
    check_rate(AccountMail.Kind.CONFIRM_EMAIL, locked.pending_email, at=at)
    write_mail(AccountMail.Kind.CONFIRM_EMAIL, user=locked, address=locked.pending_email, at=at)
    return locked.pending_email


@transactional
def cancel_email_change(user: User) -> User:
    """Forget the address that waits to be confirmed, if there is one. The links to undo stay good."""
    return _set_pending(user, None, at=None)


@transactional
def confirm_email_change(user: User, token: str, *, at: datetime) -> User:
    """Let the pending address count from now on, by the link that was mailed to it.

    `user` is who has logged in: the link alone would give the account to whoever owns a mistyped address.

    Raises:
        InvalidLink: of another account, of another address than the one that waits, too old, used, cancelled.
        EmailTaken: somebody has that address by now.
    """
    lifetime = timedelta(days=settings.EMAIL_VERIFICATION_DAYS)
    locked, mail = account_of_link(token, AccountMail.Kind.CONFIRM_EMAIL, lifetime=lifetime, at=at)
    is_theirs = locked.pk == user.pk and locked.is_active and locked.pending_email == mail.address
    asked_at = locked.pending_email_at
    # A link of an earlier request for the same address has ended with that request.
    if not is_theirs or asked_at is None or mail.created_at < asked_at or not locked.awaits_email(at):
        raise InvalidLink
    refuse_taken_address(mail.address, user=locked, at=at)
    previous = locked.email
    _give_address(locked, mail.address, at=at)
    # Back to an address that could have undone it all: those that came after it lose their rights, as when it undoes.
    if right := _rights(locked, at=at).filter(address=mail.address).order_by("pk").first():
        AccountMail.objects.filter(_later_than(right)).update(used_at=at)
    AccountMail.objects.filter(pk=mail.pk).update(used_at=at)
    write_mail(AccountMail.Kind.EMAIL_CHANGED, user=locked, address=previous, at=at)
    return locked


@transactional
def undo_email_change(token: str, *, at: datetime) -> User:
    """Give an account back to the address that a change was to replace, confirmed or not, by the link mailed to it.

    All sessions end, nobody knows the password any more, and the address is mailed a link to a new one. An account that
    is locked stays so. The password is one that nobody knows rather than an unusable one, which would say that staff
    removed it and that no link brings a new one; where that is so, it stays so.

    Raises:
        InvalidLink: used, older than EMAIL_UNDO_DAYS, undone by an earlier address, or the account is gone or to go.
        EmailTaken: somebody has the address, although it was reserved.
    """
    lifetime = timedelta(days=settings.EMAIL_UNDO_DAYS)
    user, mail = account_of_link(token, AccountMail.Kind.CHANGE_ASKED, lifetime=lifetime, at=at)
    refuse_taken_address(mail.address, user=user, at=at)
    displaced = user.email
    if user.has_usable_password():
        user.set_password(get_random_string(UNKNOWN_PASSWORD_LENGTH))
        user.save(update_fields=["password"])
    _give_address(user, mail.address, at=at)
    end_other_sessions(user, session_key="", at=at)
    AccountMail.objects.filter(_later_than(mail) | Q(user=user, address=mail.address), used_at__isnull=True).update(
        used_at=at
    )
    if displaced != mail.address:
        write_mail(AccountMail.Kind.EMAIL_CHANGED, user=user, address=displaced, at=at)
    write_mail(AccountMail.Kind.RESTORED, user=user, address=mail.address, at=at)
    return user


def _set_pending(user: User, address: str | None, *, at: datetime | None) -> User:
    user.pending_email, user.pending_email_at = address, at
    user.save(update_fields=["pending_email", "pending_email_at"])
    return user


def _give_address(user: User, address: str, *, at: datetime) -> None:
    """Let an address count that has just been proved to be its owner's."""
    user.email, user.email_verified_at = address, at
    user.pending_email = user.pending_email_at = None
    save_unique(user, update_fields=["email", "email_verified_at", "pending_email", "pending_email_at"])


def _rights(user: User, *, at: datetime) -> AccountMailQuerySet:
    """Return the rights to undo that addresses of the account have."""
    return AccountMail.objects.undoable(at).filter(user=user)


def _later_than(right: AccountMail) -> Q:
    return Q(user=right.user_id, kind=AccountMail.Kind.CHANGE_ASKED, pk__gt=right.pk)
