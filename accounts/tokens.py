"""The API's tokens, which the current signing key or one of its predecessors must have signed.

simplejwt supports one key and has no setting for its backend, so these tokens return a backend of our own.
"""

from typing import Any

from django.conf import settings
from jwt import InvalidSignatureError
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.settings import api_settings


class RenewableBackend(TokenBackend):
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
                return _backend(TokenBackend, key).decode(token, verify)
            except TokenBackendError as error:
                refusal = error
                if not isinstance(error.__cause__, InvalidSignatureError):
                    break
        raise refusal


def _backend(kind: type[TokenBackend], key: str) -> TokenBackend:
    """Return a backend for this key that is configured like simplejwt's own in all other respects."""
    return kind(
        algorithm=api_settings.ALGORITHM,
        signing_key=key,
        audience=api_settings.AUDIENCE,
        issuer=api_settings.ISSUER,
        leeway=api_settings.LEEWAY,
    )


_present = _backend(RenewableBackend, settings.JWT_SIGNING_KEY)


class AccessToken(tokens.AccessToken):
    def get_token_backend(self) -> TokenBackend:
        return _present


class RefreshToken(tokens.RefreshToken):
    access_token_class = AccessToken

    def get_token_backend(self) -> TokenBackend:
        return _present
