"""The outbox of emails about accounts, and the links in them. `notifications` sends what is written here."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.exceptions import InvalidLink, TooManyMails
from accounts.links import LinkSigner
from accounts.models import AccountMail, User
from config.logs.context import request_id

# The period in which ACCOUNT_MAILS_PER_HOUR are allowed.
RATE_WINDOW = timedelta(hours=1)


def link_token(mail: AccountMail) -> str:
    """Return the token for the link in an email, signed for the email's row, which records address, age and use."""
    return _links(mail.kind).token(mail.pk, address=mail.address, created_at=mail.created_at)


def account_of_link(token: str, kind: str, *, lifetime: timedelta, at: datetime) -> tuple[User, AccountMail]:
    """Return the user whom a link is about, with their row locked, and the email that contained the link.

    The account may be inactive, which the caller has to check. A link has expired once it is as old as `lifetime`.

    Raises:
        InvalidLink: the link was not signed for this email, was used before or has expired, or the account is deleted
            or about to be.
    """
    links = _links(kind)
    mail = AccountMail.objects.filter(kind=kind, pk=links.claimed_pk(token)).first()
    if mail is None or not links.holds(token, mail.pk, address=mail.address, created_at=mail.created_at):
        raise InvalidLink
    user = User.objects.select_for_update().filter(pk=mail.user_id, deletion_requested_at__isnull=True).first()
    # Every use of a link locks the account's row first, so the answer stays true until this transaction ends.
    is_unused = AccountMail.objects.filter(pk=mail.pk, used_at__isnull=True).exists()
    if user is None or not is_unused or mail.created_at <= at - lifetime:
        raise InvalidLink
    return user, mail


def _links(kind: str) -> LinkSigner:
    return LinkSigner(f"accounts.{kind}")


def write_mail(kind: AccountMail.Kind, *, user: User | None, address: str, at: datetime) -> AccountMail:
    """Write an email into the outbox. The mailer sends it within seconds."""
    return AccountMail.objects.create(
        kind=kind, user=user, address=address, created_at=at, due_at=at, request_id=request_id()
    )


def check_rate(kind: AccountMail.Kind, address: str, *, at: datetime) -> None:
    """Refuse an email if ACCOUNT_MAILS_PER_HOUR of its kind were written to the address within the last hour.

    Raises:
        TooManyMails: `wait` is the number of seconds until the next one is allowed.
    """
    recent = AccountMail.objects.sent_to(address, kind=kind, since=at - RATE_WINDOW)
    moments = list(recent.values_list("created_at", flat=True)[: settings.ACCOUNT_MAILS_PER_HOUR])
    if len(moments) >= settings.ACCOUNT_MAILS_PER_HOUR:
        raise TooManyMails(wait=max(1, round((moments[0] + RATE_WINDOW - at).total_seconds())))
