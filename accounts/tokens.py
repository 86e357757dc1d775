"""The API's tokens, which the current signing key or one of its predecessors must have signed.

simplejwt supports one key and has no setting for its backend, so these tokens return a backend of our own.
"""

import functools
import hashlib
import threading
from typing import Any

from django.conf import settings
from django.utils.encoding import force_bytes
from jwt import InvalidSignatureError
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.settings import api_settings

# How many tokens a process remembers for each key. One takes about a kilobyte.
MAX_REMEMBERED = 2_000


class RememberingBackend(TokenBackend):
    """Verifies the signature of a token once, and remembers the claims of the tokens that it verified last.

    Whether a token has expired is not remembered: each use makes a `Token`, which compares its expiry with the clock.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._claims: dict[bytes, dict[str, Any]] = {}  # by digest, so that no token stays in memory
        self._lock = threading.Lock()

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        digest = hashlib.sha256(force_bytes(token)).digest()
        claims = self._claims.get(digest)
        if claims is None:
            claims = super().decode(token, verify)
            if verify:
                self._remember(digest, claims)
        return dict(claims)

    def _remember(self, digest: bytes, claims: dict[str, Any]) -> None:
        with self._lock:
            self._claims[digest] = claims
            if len(self._claims) > MAX_REMEMBERED:
                del self._claims[next(iter(self._claims))]  # the one that was verified first


class RenewableBackend(RememberingBackend):
    """Signs with `JWT_SIGNING_KEY`, and also accepts tokens signed by a key of `JWT_SIGNING_KEY_FALLBACKS`."""

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        try:
            return super().decode(token, verify)
        except TokenBackendError as error:
            if not isinstance(error.__cause__, InvalidSignatureError):
                raise
            refusal = error
        for key in settings.JWT_SIGNING_KEY_FALLBACKS:
            try:
                return _former(key).decode(token, verify)
            except TokenBackendError as error:
                refusal = error
                if not isinstance(error.__cause__, InvalidSignatureError):
                    break
        raise refusal


def _backend(kind: type[RememberingBackend], key: str) -> RememberingBackend:
    """Return a backend for this key that is configured like simplejwt's own in all other respects."""
    return kind(
        algorithm=api_settings.ALGORITHM,
        signing_key=key,
        audience=api_settings.AUDIENCE,
        issuer=api_settings.ISSUER,
        leeway=api_settings.LEEWAY,
    )


@functools.cache
def _former(key: str) -> RememberingBackend:
    """Return the backend for a former key. It is asked only while the settings name the key."""
    return _backend(RememberingBackend, key)


_present = _backend(RenewableBackend, settings.JWT_SIGNING_KEY)


class AccessToken(tokens.AccessToken):
    def get_token_backend(self) -> TokenBackend:
        return _present


class RefreshToken(tokens.RefreshToken):
    access_token_class = AccessToken

    def get_token_backend(self) -> TokenBackend:
        return _present
