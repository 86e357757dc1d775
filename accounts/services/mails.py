"""The mails that accounts are owed, and the address that they go to. `notifications` sends what is written here."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing

from accounts.exceptions import InvalidLink, TooManyMails
from accounts.models import AccountMail, User
from accounts.services.people import register_user, save_unique
from config.database import transactional

# What ACCOUNT_MAILS_PER_HOUR counts over.
RATE_WINDOW = timedelta(hours=1)
_signer = signing.Signer(salt="accounts.verify")


@transactional
def sign_up(
    *, username: str, email: str, password: str, time_zone: str = "UTC", language: str = "", at: datetime
) -> User:
    """Create an account and ask for its address to be verified. The caller has run the password validators.

    Raises:
        UsernameTaken, EmailTaken
    """
    user = register_user(username=username, email=email, password=password, time_zone=time_zone, language=language)
    write_mail(AccountMail.Kind.VERIFY, user=user, address=user.email, at=at)
    return user


@transactional
def change_email(user: User, *, email: str, at: datetime) -> User:
    """Give an account another address, unverified until its link is followed; the old one is told. The same: nothing.

    Raises:
        EmailTaken
    """
    previous = User.objects.select_for_update().values_list("email", flat=True).get(pk=user.pk)
    user.email = email.lower()
    if user.email == previous:
        return user
    user.email_verified_at = None
    save_unique(user, update_fields=["email", "email_verified_at"])
    write_mail(AccountMail.Kind.EMAIL_CHANGED, user=user, address=previous, at=at)
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
        _check_rate(AccountMail.Kind.VERIFY, locked.email, at=at)
        write_mail(AccountMail.Kind.VERIFY, user=locked, address=locked.email, at=at)


@transactional
def request_password_reset(address: str, *, at: datetime) -> None:
    """Ask for a link to a new password. One mail too many is left out in silence, as is one to an unknown address.

    The same two queries whether or not the address has an account, which only the mailer looks up: nobody learns it
    from the answer or from how long that takes.
    """
    try:
        _check_rate(AccountMail.Kind.RESET, address, at=at)
    except TooManyMails:
        return
    write_mail(AccountMail.Kind.RESET, user=None, address=address, at=at)


@transactional
def verify_email(token: str, *, at: datetime) -> User:
    """Believe that an address is its owner's. A link works once, for its address, for EMAIL_VERIFICATION_DAYS.

    Raises:
        InvalidLink
    """
    mail = AccountMail.objects.select_for_update().filter(pk=_verified_pk(token), used_at__isnull=True).first()
    if mail is None or mail.created_at <= at - timedelta(days=settings.EMAIL_VERIFICATION_DAYS):
        raise InvalidLink
    verified = User.objects.active().filter(pk=mail.user_id, email=mail.address).update(email_verified_at=at)
    if not verified:
        raise InvalidLink
    AccountMail.objects.filter(pk=mail.pk).update(used_at=at)
    return mail.user


def verification_token(mail: AccountMail) -> str:
    """Return what the link of a verification carries: the signed id of the row that knows address and age."""
    return _signer.sign(str(mail.pk))


def _verified_pk(token: str) -> int:
    try:
        return int(_signer.unsign(token))
    except signing.BadSignature as error:
        raise InvalidLink from error


def write_mail(kind: AccountMail.Kind, *, user: User | None, address: str, at: datetime) -> AccountMail:
    """Write down that a mail is owed; the mailer sends it within seconds."""
    return AccountMail.objects.create(kind=kind, user=user, address=address, created_at=at, due_at=at)


def _check_rate(kind: AccountMail.Kind, address: str, *, at: datetime) -> None:
    """Refuse one mail too many of a kind to an address.

    Raises:
        TooManyMails: `wait` says how long.
    """
    recent = AccountMail.objects.sent_to(address, kind=kind, since=at - RATE_WINDOW)
    moments = list(recent.values_list("created_at", flat=True)[: settings.ACCOUNT_MAILS_PER_HOUR])
    if len(moments) >= settings.ACCOUNT_MAILS_PER_HOUR:
        raise TooManyMails(wait=max(1, round((moments[0] + RATE_WINDOW - at).total_seconds())))
