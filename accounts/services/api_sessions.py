"""API sessions and their tokens."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import cast

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.devices import Device
from accounts.exceptions import AccountLocked, InvalidCredentials, InvalidToken
from accounts.models import ApiSession, User
from accounts.services.people import lock_active_user
from accounts.tokens import RefreshToken
from config.database import read_id, transactional

# The claim that ties tokens to their ApiSession ("sid" as in OpenID Connect Front-Channel Logout 1.0, section 3).
SESSION_CLAIM = "sid"


@dataclass(frozen=True)
class TokenPair:
    """What a login or a refresh hands out, encoded."""

    access: str
    refresh: str


@transactional
def open_api_session(user: User, *, at: datetime, device: Device | None = None) -> TokenPair:
    """Start an API session and return its first tokens.

    Raises:
        InvalidCredentials: the password was replaced, or the account was locked, while the password was checked.
    """
    try:
        locked = lock_active_user(user)
    except AccountLocked as error:
        raise InvalidCredentials from error
    if (locked.password, locked.lock_count) != (user.password, user.lock_count):
        raise InvalidCredentials
    session = ApiSession.objects.create(user=user, created_at=at, seen_at=at, **asdict(device or Device()))
    refresh = RefreshToken.for_user(user)
    refresh[SESSION_CLAIM] = session.pk
    return TokenPair(access=str(refresh.access_token), refresh=str(refresh))


def refresh_api_session(encoded: str, *, at: datetime) -> TokenPair:
    """Exchange a refresh token, once, for new tokens.

    A refresh token presented twice was stolen from somebody: all the user's API sessions are revoked, and that is
    committed before the refusal.

    Raises:
        InvalidToken: expired, used before, revoked, of a user who is gone, locked or has a new password.
    """
    pair = _rotate(encoded, at=at)
    if pair is None:
        raise InvalidToken
    return pair


@transactional
def _rotate(encoded: str, *, at: datetime) -> TokenPair | None:
    """Return the next pair, or None when the token is refused; a reuse leaves its revocations to be committed."""
    try:
        # Verified but for the blacklist, which is decided under the lock below.
        token = _UncheckedRefreshToken(encoded)
        user = User.objects.select_for_update().get(pk=claimed_id(token, "user_id"), is_active=True)
        session = ApiSession.objects.live().get(pk=claimed_id(token, SESSION_CLAIM), user=user)
    except (TokenError, User.DoesNotExist, ApiSession.DoesNotExist):
        return None
    if token.get("hash_password") != get_md5_hash_password(user.password):
        return None
    # simplejwt annotates the row alone, but returns what get_or_create does.
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
        # simplejwt takes the encoded string, and annotates a Token.
        super().__init__(cast(Token, encoded))

    def check_blacklist(self) -> None:
        """Leave the single use to `blacklist()`, whose insert decides between two at once."""


def close_api_session(encoded: str, *, at: datetime) -> None:
    """Log out: revoke the API session that this refresh token belongs to.

    Raises:
        InvalidToken: it is no refresh token of ours, or has expired.
    """
    try:
        token = _UncheckedRefreshToken(encoded)
        session = claimed_id(token, SESSION_CLAIM)
    except TokenError as error:
        raise InvalidToken from error
    ApiSession.objects.filter(pk=session, revoked_at__isnull=True).update(revoked_at=at)


def claimed_id(token: Token, claim: str) -> int:
    """Return the id that a token claims. simplejwt writes a user's as text.

    Raises:
        TokenError: it claims none that a row can have.
    """
    try:
        return read_id(str(token.get(claim)))
    except ValueError as error:
        raise TokenError("The token names nobody.") from error


@transactional
def end_api_session(user: User, pk: int, *, at: datetime) -> None:
    """Revoke one of the user's API sessions.

    Raises:
        ApiSession.DoesNotExist: it is none of theirs.
    """
    session = ApiSession.objects.select_for_update().get(pk=pk, user=user)
    ApiSession.objects.filter(pk=session.pk, revoked_at__isnull=True).update(revoked_at=at)


def revoke_api_sessions(user: User, *, at: datetime) -> int:
    """Revoke every API session of the user; returns how many were live."""
    return ApiSession.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=at)
