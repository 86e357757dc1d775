"""Verify and change the email address of an account.

A new address must be confirmed, and the previous one can undo the change.

Until a change is confirmed, the new address waits in `pending_email`, and the account keeps its current one. If the
current address was ever verified, a link to undo the change is sent to it. An unverified address gets no such link,
because it may be a typing error and belong to a stranger, who must not get the account. The row of the email with the
link is the right to undo, and it reserves the address for as long as the link works. Undoing ends the rights of all
later addresses, so that a thief cannot take the account back.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import get_random_string

from accounts.exceptions import InvalidLink, NoPendingEmail
from accounts.models import AccountMail, User
from accounts.querysets import AccountMailQuerySet
from accounts.services.browser_sessions import end_other_sessions
from accounts.services.outbox import account_of_link, check_rate, write_mail
from accounts.services.people import refuse_taken_address, save_unique
from config.database import transactional

# Too long for anybody to guess.
UNKNOWN_PASSWORD_LENGTH = 64


@transactional
def request_verification(user: User, *, at: datetime) -> None:
    """Send the link to verify the email address again, unless the address is verified.

    Raises:
        TooManyMails
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.email_verified_at is None:
        check_rate(AccountMail.Kind.VERIFY, locked.email, at=at)
        write_mail(AccountMail.Kind.VERIFY, user=locked, address=locked.email, at=at)


@transactional
def verify_email(token: str, *, at: datetime) -> User:
    """Mark the account's email address as verified. A link works once, for its address, for EMAIL_VERIFICATION_DAYS.

    Raises:
        InvalidLink
    """
    lifetime = timedelta(days=settings.EMAIL_VERIFICATION_DAYS)
    user, mail = account_of_link(token, AccountMail.Kind.VERIFY, lifetime=lifetime, at=at)
    if not user.is_active or user.email != mail.address:
        raise InvalidLink
    User.objects.filter(pk=user.pk).update(email_verified_at=at)
    AccountMail.objects.filter(pk=mail.pk).update(used_at=at)
    return user


@transactional
def request_email_change(user: User, *, email: str, at: datetime) -> User:
    """Request another email address, which must be confirmed by a link. It replaces an address that is pending.

    Requesting the pending address again only sends its link again. Requesting the current one cancels the change.

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
    """Send the link that confirms the pending address again, and return that address.

    Raises:
        NoPendingEmail: no address is pending, or it has expired.
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
    """Forget the pending address, if there is one. The links to undo still work."""
    return _set_pending(user, None, at=None)


@transactional
def confirm_email_change(user: User, token: str, *, at: datetime) -> User:
    """Make the pending address the account's email address, by the link that was sent to it.

    `user` must be logged in, because otherwise the link would give the account to the owner of a mistyped address.

    Raises:
        InvalidLink: the link is for another account or another address, or it is too old, used or cancelled.
        EmailTaken: somebody else has that address by now.
    """
    lifetime = timedelta(days=settings.EMAIL_VERIFICATION_DAYS)
    locked, mail = account_of_link(token, AccountMail.Kind.CONFIRM_EMAIL, lifetime=lifetime, at=at)
    is_theirs = locked.pk == user.pk and locked.is_active
    if not is_theirs or not locked.can_confirm(mail.address, asked_at=mail.created_at, at=at):
        raise InvalidLink
    refuse_taken_address(mail.address, user=locked, at=at)
    previous = locked.email
    _give_address(locked, mail.address, at=at)
    # If the account returns to an address that has a right to undo, later addresses lose theirs, as if it had used it.
    if right := _rights(locked, at=at).filter(address=mail.address).order_by("pk").first():
        AccountMail.objects.filter(_later_than(right)).update(used_at=at)
    AccountMail.objects.filter(pk=mail.pk).update(used_at=at)
    write_mail(AccountMail.Kind.EMAIL_CHANGED, user=locked, address=previous, at=at)
    return locked


@transactional
def undo_email_change(token: str, *, at: datetime) -> User:
    """Give an account its previous address again by the link sent there, whether or not the change was confirmed.

    All sessions and the calendar link end, the password is replaced by a random one, and a link to choose a new one is
    sent to the address. A suspended account stays suspended. The password is not made unusable instead, because an
    unusable password means that staff removed it and that no link can set a new one. An account in that state stays in
    it.

    Raises:
        InvalidLink: the link is used or as old as EMAIL_UNDO_DAYS, an earlier address has undone the change, or the
            account is deleted or about to be.
        EmailTaken: somebody else has the address, although it was reserved.
    """
    lifetime = timedelta(days=settings.EMAIL_UNDO_DAYS)
    user, mail = account_of_link(token, AccountMail.Kind.CHANGE_ASKED, lifetime=lifetime, at=at)
    refuse_taken_address(mail.address, user=user, at=at)
    displaced = user.email
    if user.has_usable_password():
        user.set_password(get_random_string(UNKNOWN_PASSWORD_LENGTH))
    # It ends what a thief may have copied: links to choose a password, and the link of the calendar feed.
    user.lock_count += 1
    user.save(update_fields=["password", "lock_count"])
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
    """Give the account an email address that its owner has just proved to receive emails at."""
    user.email, user.email_verified_at = address, at
    user.pending_email = user.pending_email_at = None
    save_unique(user, update_fields=["email", "email_verified_at", "pending_email", "pending_email_at"])


def _rights(user: User, *, at: datetime) -> AccountMailQuerySet:
    """Return the rights to undo changes that addresses of this account have."""
    return AccountMail.objects.undoable(at).filter(user=user)


def _later_than(right: AccountMail) -> Q:
    return Q(user=right.user_id, kind=AccountMail.Kind.CHANGE_ASKED, pk__gt=right.pk)
