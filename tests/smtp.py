"""Run a real SMTP server for tests, which fails as it is asked to.

with MailServer() as server:
    server.port                 # where it listens
    server.mails                # what it has accepted
    server.answer = "451 later" # its answer to every message from now on
"""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tools.stage.ports import free_port


class MailServer:
    """A context manager around a server on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        # The answers to RCPT and to DATA; if empty, it accepts.
        self.refuses = ""
        self.answer = ""
        # Whether logins are refused; if not, any user and password are right.
        self.refuses_logins = False
        # The delay before the answer to DATA.
        self.delay_seconds = 0.0
        # How many messages have reached that delay.
        self.waiting = 0
        # Accept a message, then hang up without an answer.
        self.drops_after_taking = False
        self.port = free_port()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, authenticator=self._authenticate, auth_require_tls=False
        )

    def _authenticate(self, *arguments: Any) -> AuthResult:
        return AuthResult(success=not self.refuses_logins, handled=False)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.waiting += 1
        await asyncio.sleep(self.delay_seconds)
        if self.answer:
            return self.answer
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        if self.drops_after_taking:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 OK"
