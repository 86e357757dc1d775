"""Who calls the API: a Bearer access token whose API session lives."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken

from accounts.models import ApiSession
from accounts.services import SESSION_CLAIM


class TokenAuthentication(JWTAuthentication):
    """simplejwt's check of signature, expiry, user and password, and ours of the API session. Two queries."""

    def get_user(self, validated_token: Any) -> Any:
        user = super().get_user(validated_token)
        session_id = validated_token.get(SESSION_CLAIM)
        if not isinstance(session_id, int) or not ApiSession.objects.live().filter(pk=session_id, user=user).exists():
            raise InvalidToken("The token has been revoked.")
        return user


class TokenScheme(SimpleJWTScheme):
    """How the schema names it."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"
