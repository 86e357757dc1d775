"""Mails about accounts, and the links in them. `notifications` sends the rows that are written here."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.exceptions import InvalidLink, TooManyMails
from accounts.links import LinkSigner
from accounts.models import AccountMail, User
from accounts.services.people import refuse_taken_address, register_user
from config.database import transactional

# What ACCOUNT_MAILS_PER_HOUR counts over.
RATE_WINDOW = timedelta(hours=1)


@transactional
def sign_up(
    *, username: str, email: str, password: str, time_zone: str = "UTC", language: str = "", at: datetime
) -> User:
    """Create an account and ask for its address to be verified. The caller has run the password validators.

    Raises:
        UsernameTaken
        EmailTaken: another account has the address, or can still take it back.
    """
    refuse_taken_address(email, at=at)
    user = register_user(username=username, email=email, password=password, time_zone=time_zone, language=language)
    write_mail(AccountMail.Kind.VERIFY, user=user, address=user.email, at=at)
    return user


@transactional
def request_verification(user: User, *, at: datetime) -> None:
    """Send the link of an unverified address again.

    Raises:
        TooManyMails
    """
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.email_verified_at is None:
        check_rate(AccountMail.Kind.VERIFY, locked.email, at=at)
        write_mail(AccountMail.Kind.VERIFY, user=locked, address=locked.email, at=at)


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
def verify_email(token: str, *, at: datetime) -> User:
    """Believe that an address is its owner's. A link works once, for its address, for EMAIL_VERIFICATION_DAYS.

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


def link_token(mail: AccountMail) -> str:
    """Return the token for the link in a mail, signed for its row, which records address, age and use."""
    return _links(mail.kind).token(mail.pk, address=mail.address, created_at=mail.created_at)


def account_of_link(token: str, kind: str, *, lifetime: timedelta, at: datetime) -> tuple[User, AccountMail]:
    """Return the user whom a link is about, with the row locked, and the mail that contained it.

    The account may be inactive, which the caller has to check.

    Raises:
        InvalidLink: it was not signed for this mail, was used before or has expired, or the account is deleted or
            about to be.
    """
    links = _links(kind)
    mail = AccountMail.objects.filter(kind=kind, pk=links.claimed_pk(token)).first()
    if mail is None or not links.holds(token, mail.pk, address=mail.address, created_at=mail.created_at):
        raise InvalidLink
    user = User.objects.select_for_update().filter(pk=mail.user_id, deletion_requested_at__isnull=True).first()
    # Every use of a link locks the account's row first, so this answer stays true.
    is_unused = AccountMail.objects.filter(pk=mail.pk, used_at__isnull=True).exists()
    if user is None or not is_unused or mail.created_at <= at - lifetime:
        raise InvalidLink
    return user, mail


def _links(kind: str) -> LinkSigner:
    return LinkSigner(f"accounts.{kind}")


def write_mail(kind: AccountMail.Kind, *, user: User | None, address: str, at: datetime) -> AccountMail:
    """Write down that a mail is owed; the mailer sends it within seconds."""
    return AccountMail.objects.create(kind=kind, user=user, address=address, created_at=at, due_at=at)


def check_rate(kind: AccountMail.Kind, address: str, *, at: datetime) -> None:
    """Refuse one mail too many of a kind to an address.

    Raises:
        TooManyMails: `wait` says how long.
    """
    recent = AccountMail.objects.sent_to(address, kind=kind, since=at - RATE_WINDOW)
    moments = list(recent.values_list("created_at", flat=True)[: settings.ACCOUNT_MAILS_PER_HOUR])
    if len(moments) >= settings.ACCOUNT_MAILS_PER_HOUR:
        raise TooManyMails(wait=max(1, round((moments[0] + RATE_WINDOW - at).total_seconds())))
