"""Who calls the API, and who opens a socket: the user of a Bearer access token whose API session is live."""

from typing import Any

from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken as InvalidSimpleToken
from rest_framework_simplejwt.exceptions import TokenError

from accounts.exceptions import InvalidToken
from accounts.models import ApiSession, User
from accounts.services import SESSION_CLAIM, claimed_id
from config.logs import context


class TokenAuthentication(JWTAuthentication):
    """Check a token's signature, expiry, user and password as simplejwt does, and then its API session. Two queries.

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
        context.identify(user.pk)
        return user


def caller(request: Request) -> User:
    """Return the user of a request that the view's permissions have accepted.

    Raises:
        NotAuthenticated: the permissions also accept requests without a login, and this is one.
    """
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
