"""Who calls the API, and who opens a socket: the user of a Bearer access token whose API session is live."""

from typing import Any

from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken as InvalidSimpleToken
from rest_framework_simplejwt.exceptions import TokenError

from accounts.exceptions import InvalidToken
from accounts.models import User
from accounts.services import user_of_token
from config.logs import context


class TokenAuthentication(JWTAuthentication):
    """Check a token's signature and expiry as simplejwt does, and its user, password and API session with one query.

    Whatever is wrong with a token, the answer is the same: 401 `invalid_token`.
    """

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except AuthenticationFailed as error:
            raise AuthenticationFailed(InvalidToken.message, code=InvalidToken.code) from error

    def get_user(self, validated_token: Any) -> Any:
        try:
            user = user_of_token(validated_token)
        except TokenError as error:
            raise InvalidSimpleToken(str(error)) from error
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
