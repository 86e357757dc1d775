"""Check the mail server: connect, begin TLS, log in and name the sender, but send nothing."""

import re
import smtplib
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import get_connection

from config.doctor.findings import Finding, failed, ok, skipped, warning

TIMEOUT_SECONDS = 5
SMTP = "django.core.mail.backends.smtp.EmailBackend"
_NEARBY = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1|[\w-]+")


def mail_finding() -> Finding:
    if settings.EMAIL_BACKEND != SMTP:
        return skipped("emails are printed or stored, not sent: EMAIL_URL names no mail server")
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    server: Any = get_connection(timeout=TIMEOUT_SECONDS)
    try:
        server.open()
        _offer(server.connection)
    except smtplib.SMTPAuthenticationError as error:
        return failed(f"{where} refuses the login: {_said(error)}", "Correct the user and the password in EMAIL_URL.")
    except smtplib.SMTPSenderRefused as error:
        return failed(f"{where} refuses our sender: {_said(error)}", "Set EMAIL_FROM to an address it may send from.")
    except smtplib.SMTPNotSupportedError as error:
        return failed(f"{where}: {error}", "EMAIL_URL must be smtp+ssl:// for port 465, and smtp+tls:// for port 587.")
    finally:
        server.close()
    has_tls = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if settings.EMAIL_HOST_USER and not has_tls and not _NEARBY.fullmatch(settings.EMAIL_HOST):
        return warning(f"{where} gets the password without TLS", "Use smtp+tls:// or smtp+ssl:// in EMAIL_URL.")
    how = " over TLS" if has_tls else ""
    return ok(f"{where} accepts {'the login and ' if settings.EMAIL_HOST_USER else ''}our sender{how}")


def _offer(connection: smtplib.SMTP) -> None:
    """Begin an email of ours and take it back.

    Raises:
        SMTPSenderRefused: the server accepts none from this sender.
    """
    connection.ehlo_or_helo_if_needed()
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    code, answer = connection.mail(sender)
    connection.rset()
    if code >= 400:
        raise smtplib.SMTPSenderRefused(code, answer, sender)


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
    return f"{error.smtp_code} {' '.join(text.split())}"
