"""The emails that accounts are owed, and the links in them. `notifications` sends what is written here."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.exceptions import InvalidLink, TooManyMails
from accounts.links import LinkSigner
from accounts.models import AccountMail, User

# What ACCOUNT_MAILS_PER_HOUR counts over.
RATE_WINDOW = timedelta(hours=1)


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
