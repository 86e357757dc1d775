"""API sessions and their tokens."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from django.db import DEFAULT_DB_ALIAS
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.devices import Device
from accounts.exceptions import AccountSuspended, InvalidCredentials, InvalidToken
from accounts.models import ApiSession, User
from accounts.services.people import lock_active_user
from accounts.tokens import RefreshToken
from config.database import read_id, transactional
from config.statements import Query

# The claim that ties tokens to their ApiSession ("sid" as in OpenID Connect Front-Channel Logout 1.0, section 3).
SESSION_CLAIM = "sid"

_USER_COLUMNS = [field.attname for field in User._meta.concrete_fields]
_users_of_live_sessions = Query(
    lambda *, session, user: ApiSession.objects.live().filter(pk=session, user=user),
    columns=[f"user__{name}" for name in _USER_COLUMNS],
    parameters={"session": ApiSession._meta.pk, "user": User._meta.pk},
)


@dataclass(frozen=True)
class TokenPair:
    """The encoded tokens that a login or a refresh returns."""

    access: str
    refresh: str


@transactional
def open_api_session(user: User, *, at: datetime, device: Device | None = None) -> TokenPair:
    """Start an API session and return its first tokens.

    Raises:
        InvalidCredentials: the password was replaced or the account was suspended while the password was being
            checked.
    """
    try:
        locked = lock_active_user(user)
    except AccountSuspended as error:
        raise InvalidCredentials from error
    if (locked.password, locked.lock_count) != (user.password, user.lock_count):
        raise InvalidCredentials
    session = ApiSession.objects.create(user=user, created_at=at, seen_at=at, **asdict(device or Device()))
    refresh = RefreshToken.for_user(user)
    refresh[SESSION_CLAIM] = session.pk
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def refresh_api_session(encoded: str, *, at: datetime) -> TokenPair:
    """Exchange a refresh token, which can be used only once, for new tokens.

    If a refresh token is used twice, it must have been stolen: all of the user's API sessions are revoked, and this is
    committed before the refusal.

    Raises:
        InvalidToken: the token has expired, was used before or was revoked, or its user was deleted, is suspended or
            has a new password.
    """
    pair = _rotate(encoded, at=at)
    if pair is None:
        raise InvalidToken
    return pair


@transactional
def _rotate(encoded: str, *, at: datetime) -> TokenPair | None:
    """Return the next pair, or None if the token is refused.

    It returns instead of raising a refusal, so that the revocations after a second use are committed.
    """
    try:
        # This verifies everything except the blacklist, which is checked below while the user's row is locked.
        token = _UncheckedRefreshToken(encoded)
        user = User.objects.select_for_update().get(pk=_claimed_id(token, "user_id"), is_active=True)
        session = ApiSession.objects.live().get(pk=_claimed_id(token, SESSION_CLAIM), user=user)
    except (TokenError, User.DoesNotExist, ApiSession.DoesNotExist):
        return None
    if token.get("hash_password") != get_md5_hash_password(user.password):
        return None
    # According to its annotation simplejwt returns only the row, but it returns the pair of get_or_create.
    _, is_first_use = cast("tuple[BlacklistedToken, bool]", token.blacklist())
    if not is_first_use:
        revoke_api_sessions(user, at=at)
        return None
    ApiSession.objects.filter(pk=session.pk).update(seen_at=at)
    following = RefreshToken.for_user(user)
    following[SESSION_CLAIM] = session.pk
    return TokenPair(access=str(following.access_token), refresh=str(following))


class _UncheckedRefreshToken(RefreshToken):
    def __init__(self, encoded: str) -> None:
        # According to its annotation simplejwt takes a Token, but it takes the encoded string.
        super().__init__(cast(Token, encoded))

    def check_blacklist(self) -> None:
        """Check nothing, because `blacklist()` enforces the single use: its insert decides between two at once."""


def close_api_session(encoded: str, *, at: datetime) -> None:
    """Log out: revoke the API session that this refresh token belongs to.

    Raises:
        InvalidToken: it is not a refresh token of this site, or it has expired.
    """
    try:
        token = _UncheckedRefreshToken(encoded)
        session = _claimed_id(token, SESSION_CLAIM)
    except TokenError as error:
        raise InvalidToken from error
    ApiSession.objects.filter(pk=session).revoke(at)


def _claimed_id(token: Token, claim: str) -> int:
    """Return the id in this claim of a token. It may be text, because simplejwt writes the user's id as text.

    Raises:
        TokenError: the claim is missing, or no row can have such an id.
    """
    try:
        return read_id(str(token.get(claim)))
    except ValueError as error:
        raise TokenError(f"The token has no valid id in the claim {claim}.") from error


def user_of_token(token: Token) -> User:
    """Return the user of a verified access token, whose API session must be live. One query.

    Raises:
        TokenError: the API session was revoked, or its user was deleted, is suspended or has a new password.
    """
    session_id, user_id = _claimed_id(token, SESSION_CLAIM), _claimed_id(token, "user_id")
    found = _users_of_live_sessions.rows(session=session_id, user=user_id, limit=1)
    user = User.from_db(DEFAULT_DB_ALIAS, _USER_COLUMNS, found[0]) if found else None
    if user is None or token.get("hash_password") != get_md5_hash_password(user.password):
        raise TokenError("The token has been revoked.")
    return user


@transactional
def end_api_session(user: User, pk: int, *, at: datetime) -> ApiSession:
    """Revoke one of the user's API sessions.

    Raises:
        ApiSession.DoesNotExist: the user has no such session.
    """
    session = ApiSession.objects.select_for_update().get(pk=pk, user=user)
    ApiSession.objects.filter(pk=session.pk).revoke(at)
    return session


def revoke_api_sessions(user: User, *, at: datetime) -> int:
    """Revoke all of the user's API sessions, and return how many were live."""
    return ApiSession.objects.filter(user=user).revoke(at)
