"""Send messages to the mail server, and interpret its answers."""

import logging
import smtplib
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection

logger = logging.getLogger(__name__)

# Servers close a connection over which too many messages are sent.
MAX_PER_CONNECTION = 50


class ServerAway(Exception):
    """The mail server cannot be used at all at the moment. The message is not the cause."""


class MailServer:
    """The mail server. Several messages share one connection, which is opened for the first of them."""

    def __init__(self) -> None:
        self._connection: Any = None
        self._count = 0

    def send(self, message: EmailMultiAlternatives) -> None:
        """Hand over a message.

        Raises:
            ServerAway: the server cannot be reached, the connection broke, or it accepts nothing from us.
            SMTPException: it does not accept this message.
        """
        try:
            if self._connection is None or self._count >= MAX_PER_CONNECTION:
                self.close()
                self._connection, self._count = get_connection(), 0
                self._connection.open()
            self._count += 1
            self._connection.send_messages([message])
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            self.close()
            if smtp_codes(error) & {421}:
                raise ServerAway(error) from error
            raise
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise ServerAway(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            try:
                connection.close()
            except (smtplib.SMTPException, OSError) as error:
                logger.info("the connection to the mail server broke while it was closed: %r", error)


def smtp_codes(error: Exception) -> set[int]:
    """Return the SMTP codes of a refusal, one for each recipient."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return {code for code, _text in error.recipients.values()}
    return {error.smtp_code} if isinstance(error, smtplib.SMTPResponseException) else set()
