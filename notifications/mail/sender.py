"""Sending the mails that are owed. Only `manage.py send_mail` comes here: a mail server may be slow, hang or be gone.

Each try claims its row and commits, sends outside of any transaction, and notes what came of it. At least once: a
sender that dies between the server's yes and the note leaves a claim that runs out, and the next try carries the same
Message-ID.
"""

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.core.mail import EmailMultiAlternatives
from django.db import Error as DatabaseError

from accounts.mail import compose_account_mail
from accounts.models import AccountMail, OutgoingMail
from config.database import database_now, transactional
from config.mail.transport import MailServer, ServerAway, smtp_codes
from notifications.mail.escalation import escalate_unread
from notifications.mail.messages import compose_notification_mail
from notifications.models import NoticeMail, Notification

logger = logging.getLogger(__name__)

# How long a claim holds: longer than a server may take that answers each command at the last moment.
CLAIM = timedelta(minutes=10)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=2)
# Refused for good ("no such mailbox") as often as this, over about three hours, a mail is given up.
MAX_REFUSALS = 6
# A mail that could not be handed over for so long is given up.
PATIENCE = timedelta(days=3)
# Mails of one pass; those of accounts come first, since somebody waits for them.
MAX_PER_PASS = 500
KEPT = timedelta(days=30)
PURGED_PER_PASS = 500


class Compose(Protocol):
    def __call__(self, mail: Any, *, at: datetime) -> EmailMultiAlternatives | None: ...


@dataclass(frozen=True)
class _Kind:
    model: type[AccountMail] | type[NoticeMail]
    compose: Compose


KINDS = (_Kind(AccountMail, compose_account_mail), _Kind(NoticeMail, compose_notification_mail))


def send_mails(
    *, clock: Callable[[], datetime] = database_now, should_stop: Callable[[], bool] = lambda: False
) -> dict[str, int]:
    """Owe mails for unread notices, then try those that are due, MAX_PER_PASS at most.

    Returns how many were `escalated sent failed dropped`. A server that is away ends the pass: one mail has tried.
    """
    report = {"escalated": escalate_unread(at=clock()), "sent": 0, "failed": 0, "dropped": 0}
    server = MailServer()
    try:
        for _number in range(MAX_PER_PASS):
            if should_stop():
                break
            kind, mail = _claim_next(at=clock())
            if mail is None:
                break
            report[_try(kind, mail, server, clock=clock)] += 1
    except ServerAway as error:
        report["failed"] += 1
        logger.warning("the mail server cannot be used: %s", error)
    finally:
        server.close()
    purge_mails(before=clock() - KEPT)
    return report


def _try(kind: _Kind, mail: Any, server: MailServer, *, clock: Callable[[], datetime]) -> str:
    """Try one claimed mail; returns which number of the report it adds to.

    Raises:
        ServerAway: noted, to be tried again.
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
    except Exception as error:  # a mail that cannot be put together must not hold up the others
        if not isinstance(error, smtplib.SMTPException):
            logger.exception("%s cannot be sent", mail)
        _note_failure(mail, error, at=clock())
        return "failed"
    _settle(mail, sent_at=clock())
    return "sent"


@transactional
def _claim_next(*, at: datetime) -> tuple[_Kind, OutgoingMail | None]:
    """Take the next mail that is due; until CLAIM has passed no other mailer does."""
    for kind in KINDS:
        mail = kind.model.objects.due(at).claim().first()
        if mail is not None:
            mail.due_at, mail.tries = at + CLAIM, mail.tries + 1
            mail.save(update_fields=["due_at", "tries"])
            return kind, mail
    return KINDS[-1], None


@transactional
def _settle(mail: OutgoingMail, *, sent_at: datetime | None = None) -> None:
    """Note that there is nothing more to try: sent, or not wanted any more."""
    mail.due_at, mail.sent_at = None, sent_at
    mail.save(update_fields=["due_at", "sent_at"])
    if isinstance(mail, NoticeMail) and sent_at:
        Notification.objects.filter(recipient=mail.recipient_id).of_mail(mail).update(emailed_at=sent_at)


@transactional
def _note_failure(mail: OutgoingMail, error: Exception, *, at: datetime) -> None:
    """Note why a try failed and when the next is, or that there is none."""
    codes = smtp_codes(error)
    mail.refusals += bool(codes) and min(codes) >= 500
    mail.last_error = f"{type(error).__name__}: {error}"[:200]
    if mail.refusals >= MAX_REFUSALS or at - mail.created_at >= PATIENCE:
        mail.due_at, mail.given_up_at = None, at
        logger.error("%s given up after %d tries: %s", mail, mail.tries, mail.last_error)
    else:
        mail.due_at = at + min(FIRST_PAUSE * 2 ** min(mail.tries - 1, 10), LONGEST_PAUSE)
    mail.save(update_fields=["refusals", "last_error", "due_at", "given_up_at"])


@transactional
def purge_mails(*, before: datetime) -> int:
    """Forget settled mails from before this moment, some of the oldest of each kind; returns how many."""
    count = 0
    for kind in KINDS:
        oldest = kind.model.objects.order_by("pk").values_list("pk", flat=True)[:PURGED_PER_PASS]
        settled = kind.model.objects.settled_before(before).filter(pk__in=list(oldest))
        count += settled.delete()[0]
    return count
