"""The tokens of the API, and the keys that they are believed by: the present one, and those that it has replaced.

simplejwt knows one key only, and offers no setting for its backend; its tokens ask themselves for it.
"""

from typing import Any

from django.conf import settings
from jwt import InvalidSignatureError
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.settings import api_settings


class RenewableBackend(TokenBackend):
    """Signs with `JWT_SIGNING_KEY`, and also believes what a key of `JWT_SIGNING_KEY_FALLBACKS` has signed."""

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
    """Return a backend for a key, otherwise the same as simplejwt's own."""
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
