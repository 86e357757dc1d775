"""Signed links in emails. Each is bound to the row that it was made for.

Signing a row's id alone is not enough: after a database is restored from a dump, ids are assigned again, and a link
that is still in a mailbox would act on another row. So each signature covers the id, the email address that the link
was sent to and the row's time of creation, to the microsecond. The link itself contains only the id and the signature;
the rest is compared with the row, so that no email address appears in a log.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing

from config.database import read_id


@dataclass(frozen=True)
class LinkSigner:
    """Signs one kind of link with SECRET_KEY, and also accepts links that a key of SECRET_KEY_FALLBACKS has signed."""

    salt: str

    def token(self, pk: int, *, address: str, created_at: datetime) -> str:
        """Return the token for a row: its id, and a signature over id, email address and time of creation."""
        signature = self._signer.sign(_facts(pk, address, created_at)).rpartition(self._signer.sep)[2]
        return f"{pk}{self._signer.sep}{signature}"

    def claimed_pk(self, token: str) -> int:
        """Return the number of the row that a token names, which `holds` must verify; 0 if it names none."""
        try:
            return read_id(token.partition(self._signer.sep)[0])
        except ValueError:
            return 0

    def holds(self, token: str, pk: int, *, address: str, created_at: datetime) -> bool:
        """Return whether this token was signed for exactly this row while it had this email address."""
        signature = token.partition(self._signer.sep)[2]
        try:
            self._signer.unsign(f"{_facts(pk, address, created_at)}{self._signer.sep}{signature}")
        except signing.BadSignature:
            return False
        return True

    @property
    def _signer(self) -> signing.Signer:
        return signing.Signer(salt=self.salt)


def _facts(pk: int, address: str, created_at: datetime) -> str:
    return f"{pk} {_instant(created_at)} {address.lower()}"


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


class PasswordResetTokens(PasswordResetTokenGenerator):
    """Tokens of links to choose a new password.

    Django's tokens are bound to the account's id, email address, password and last login. These are also bound to its
    time of sign-up, and become invalid when the account is suspended.
    """

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{_instant(user.date_joined)}|{user.lock_count}"


password_reset_tokens = PasswordResetTokens()
