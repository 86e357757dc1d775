"""Send pending emails. Only `manage.py send_mail` does this, because a mail server may be slow, hang or be unavailable.

Each attempt claims a row and commits, sends the email outside of any transaction, and then records the outcome. Emails
are sent at least once: if a sender dies after the server has accepted an email and before that is recorded, its claim
expires, and the next attempt sends the email again with the same Message-ID.
"""

import logging
import smtplib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.mail import EmailMultiAlternatives
from django.db import Error as DatabaseError

from accounts.mail import compose_account_mail
from accounts.models import AccountMail, OutgoingMail
from config.database import database_now, transactional
from config.logs.context import on_behalf_of
from config.mail.transport import MailServer, ServerAway, smtp_codes
from notifications.mail.escalation import escalate_unread
from notifications.mail.messages import compose_notification_mail
from notifications.models import NoticeMail, Notification

logger = logging.getLogger(__name__)

# When a claim expires. This is longer than an attempt takes if the server answers each command just before its timeout.
CLAIM = timedelta(minutes=10)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=2)
# After so many permanent refusals ("no such mailbox"), which take about three hours, an email is given up.
MAX_REFUSALS = 6
# An email that could not be handed over to the server for so long is given up.
PATIENCE = timedelta(days=3)
# The most emails of one pass. Those about accounts come first, because somebody is waiting for them.
MAX_PER_PASS = 500
KEPT = timedelta(days=30)
PURGED_PER_PASS = 500


class Compose(Protocol):
    def __call__(self, mail: Any, *, at: datetime) -> EmailMultiAlternatives | None: ...


@dataclass(frozen=True)
class _Kind:
    model: type[AccountMail] | type[NoticeMail]
    compose: Compose
    # The attribute with the id of the user who gets it; None if a password reset was requested.
    recipient: str


KINDS = (
    _Kind(AccountMail, compose_account_mail, "user_id"),
    _Kind(NoticeMail, compose_notification_mail, "recipient_id"),
)


def send_mails(
    *,
    clock: Callable[[], datetime] = database_now,
    should_stop: Callable[[], bool] = lambda: False,
    on_attempt: Callable[[datetime, Mapping[str, int]], None] = lambda at, done: None,
) -> dict[str, int]:
    """Write pending emails about unread notifications, then try to send those that are due, at most MAX_PER_PASS.

    Returns how many were `escalated sent failed dropped`. If the mail server is unavailable, the pass ends after the
    first email that could not be sent.

    `on_attempt` is called before each attempt with the time and what the pass has done since the last call, under the
    same names, and with no numbers while emails are being written.
    """

    def may_continue() -> bool:
        on_attempt(clock(), {})
        return not should_stop()

    escalated = escalate_unread(at=clock(), may_continue=may_continue)
    report = Counter({"escalated": escalated, "sent": 0, "failed": 0, "dropped": 0})
    noted: Counter[str] = Counter()
    server = MailServer()
    try:
        for _number in range(MAX_PER_PASS):
            if should_stop():
                break
            at = clock()
            on_attempt(at, report - noted)
            noted = report.copy()
            kind, mail = _claim_next(at=at)
            if mail is None:
                break
            with on_behalf_of(mail.request_id, user_id=getattr(mail, kind.recipient)):
                outcome = _try(kind, mail, server, clock=clock)
                logger.info("%s: %s, attempt %d", mail, outcome, mail.tries)
            report[outcome] += 1
    except ServerAway as error:
        report["failed"] += 1
        logger.warning("the mail server is unavailable: %s", error)
    finally:
        server.close()
    at = clock()
    on_attempt(at, report - noted)
    purge_mails(before=at - KEPT)
    return dict(report)


def _try(kind: _Kind, mail: Any, server: MailServer, *, clock: Callable[[], datetime]) -> str:
    """Try to send one claimed email; return which number of the report to increment.

    Raises:
        ServerAway: the failure has been recorded, and the email will be tried again.
    """
    try:
        message = kind.compose(mail, at=clock())
        if message is None:
            _settle(mail)
            return "dropped"
        server.send(message)
    except DatabaseError:
        raise
    except ServerAway as error:
        _note_failure(mail, error, at=clock())
        raise
    except Exception as error:  # an email that cannot be composed must not block the others
        if not isinstance(error, smtplib.SMTPException):
            logger.exception("%s cannot be sent", mail)
        _note_failure(mail, error, at=clock())
        return "failed"
    _settle(mail, sent_at=clock())
    return "sent"


@transactional
def _claim_next(*, at: datetime) -> tuple[_Kind, OutgoingMail | None]:
    """Claim the next email that is due, so that no other mailer takes it until CLAIM has passed.

    Returns the email with its kind; the email is None if none is due.
    """
    for kind in KINDS:
        mail = kind.model.objects.due(at).claim().first()
        if mail is not None:
            mail.due_at, mail.tries = at + CLAIM, mail.tries + 1
            mail.save(update_fields=["due_at", "tries"])
            return kind, mail
    return KINDS[-1], None


@transactional
def _settle(mail: OutgoingMail, *, sent_at: datetime | None = None) -> None:
    """Record that the email needs no further attempt, because it was sent or is no longer wanted."""
    mail.due_at, mail.sent_at = None, sent_at
    mail.save(update_fields=["due_at", "sent_at"])
    if isinstance(mail, NoticeMail) and sent_at:
        Notification.objects.filter(recipient=mail.recipient_id).of_mail(mail).update(emailed_at=sent_at)


@transactional
def _note_failure(mail: OutgoingMail, error: Exception, *, at: datetime) -> None:
    """Record why an attempt failed, and when the next one is due or that the email is given up."""
    codes = smtp_codes(error)
    mail.refusals += bool(codes) and min(codes) >= 500
    mail.last_error = f"{type(error).__name__}: {error}"[:200]
    if mail.refusals >= MAX_REFUSALS or at - mail.created_at >= PATIENCE:
        mail.due_at, mail.given_up_at = None, at
        logger.error("%s was given up after %d attempts: %s", mail, mail.tries, mail.last_error)
    else:
        mail.due_at = at + min(FIRST_PAUSE * 2 ** min(mail.tries - 1, 10), LONGEST_PAUSE)
    mail.save(update_fields=["refusals", "last_error", "due_at", "given_up_at"])


@transactional
def purge_mails(*, before: datetime) -> int:
    """Delete emails that were settled before this moment, among the oldest PURGED_PER_PASS of each kind.

    Returns how many were deleted.
    """
    count = 0
    for kind in KINDS:
        oldest = kind.model.objects.order_by("pk").values_list("pk", flat=True)[:PURGED_PER_PASS]
        settled = kind.model.objects.settled_before(before).filter(pk__in=list(oldest))
        count += settled.delete()[0]
    return count
