"""Who calls the API: a Bearer access token whose API session lives."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken as InvalidSimpleToken
from rest_framework_simplejwt.exceptions import TokenError

from accounts.exceptions import InvalidToken
from accounts.models import ApiSession, User
from accounts.services import SESSION_CLAIM, claimed_id


class TokenAuthentication(JWTAuthentication):
    """simplejwt's check of signature, expiry, user and password, and ours of the API session. Two queries.

    Whatever is wrong with a token, the answer is the same: 401 `invalid_token`.
    """

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except AuthenticationFailed as error:
            raise AuthenticationFailed(InvalidToken.message, code=InvalidToken.code) from error

    def get_user(self, validated_token: Any) -> Any:
        try:
            claimed_id(validated_token, "user_id")
            session_id = claimed_id(validated_token, SESSION_CLAIM)
        except TokenError as error:
            raise InvalidSimpleToken(str(error)) from error
        user = super().get_user(validated_token)
        if not ApiSession.objects.live().filter(pk=session_id, user=user).exists():
            raise InvalidSimpleToken("The token has been revoked.")
        return user


def caller(request: Request) -> User:
    """Return the user behind a request that came past a permission.

    Raises:
        NotAuthenticated: the view lets everybody in.
    """
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


class TokenScheme(SimpleJWTScheme):
    """How the schema names it."""

    target_class = "accounts.api.authentication.TokenAuthentication"
    name = "token"
