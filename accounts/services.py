"""Every write about people: signing up, profiles, API sessions and their tokens, feed tickets."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from accounts.exceptions import AccountLocked, EmailTaken, InvalidToken, UsernameTaken
from accounts.models import ApiSession, FeedTicket, User
from config.database import transactional

# The claim that ties tokens to their ApiSession ("sid" as in OpenID Connect Front-Channel Logout 1.0, section 3).
SESSION_CLAIM = "sid"


@dataclass(frozen=True)
class TokenPair:
    """What a login or a refresh hands out, encoded."""

    access: str
    refresh: str


@transactional
def register_user(*, username: str, email: str, password: str, time_zone: str = "UTC") -> User:
    """Create an account. The caller has run the password validators.

    Raises:
        UsernameTaken, EmailTaken: in any case of letters, also when two sign up at once.
    """
    user = User(username=username.lower(), email=email.lower(), time_zone=time_zone)
    user.set_password(password)
    _save_unique(user)
    return user


@transactional
def update_profile(user: User, **changes: Any) -> User:
    """Change fields of an account (already validated). Another e-mail address is unverified again.

    Raises:
        UsernameTaken, EmailTaken
    """
    if "email" in changes:
        changes["email_verified_at"] = None
    for name, value in changes.items():
        setattr(user, name, value)
    _save_unique(user, update_fields=list(changes))
    return user


def _save_unique(user: User, **options: Any) -> None:
    user.username = user.username.lower()
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError as error:
        if User.objects.filter(email=user.email).exclude(pk=user.pk).exists():
            raise EmailTaken from error
        if User.objects.filter(username=user.username).exclude(pk=user.pk).exists():
            raise UsernameTaken from error
        raise


def lock_active_user(user: User) -> User:
    """Return the user as they are now, their row locked until the transaction ends: quotas are counted under it.

    Raises:
        AccountLocked: the account was deactivated, or is to be deleted, while the request was on its way.
    """
    locked: User | None = User.objects.active().select_for_update().filter(pk=user.pk).first()
    if locked is None:
        raise AccountLocked
    return locked


@transactional
def deactivate_user(user: User, *, at: datetime) -> bool:
    """Lock an account and end its API sessions; all else of it stays. Returns whether it was active."""
    deactivated = User.objects.filter(pk=user.pk, is_active=True).update(is_active=False)
    revoke_api_sessions(user, at=at)
    return bool(deactivated)


@transactional
def reactivate_user(user: User) -> bool:
    """Unlock an account, unless its deletion was asked for. Returns whether it was locked and now is not."""
    locked = User.objects.filter(pk=user.pk, is_active=False, deletion_requested_at__isnull=True)
    return bool(locked.update(is_active=True))


@transactional
def request_deletion(user: User, *, at: datetime) -> None:
    """Write down that the account is to go, and lock it at once. The sweep cancels, tells and purges."""
    User.objects.filter(pk=user.pk, deletion_requested_at__isnull=True).update(
        deletion_requested_at=at, is_active=False
    )
    revoke_api_sessions(user, at=at)


@transactional
def purge_user(user: User) -> None:
    """Remove an account and all that hangs on it. Its events must have been purged before."""
    User.objects.get(pk=user.pk).delete()


@transactional
def open_api_session(user: User, *, at: datetime) -> TokenPair:
    """Start an API session and return its first tokens."""
    session = ApiSession.objects.create(user=user, created_at=at)
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
        user = User.objects.select_for_update().get(pk=token["user_id"], is_active=True)
        session = ApiSession.objects.live().get(pk=token[SESSION_CLAIM], user=user)
    except (
        TokenError,
        KeyError,
        ValueError,
        User.DoesNotExist,
        ApiSession.DoesNotExist,
    ):
        return None
    if token.get("hash_password") != get_md5_hash_password(user.password):
        return None
    # simplejwt annotates the row alone, but returns what get_or_create does.
    _, is_first_use = cast("tuple[BlacklistedToken, bool]", token.blacklist())
    if not is_first_use:
        revoke_api_sessions(user, at=at)
        return None
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
        session = token[SESSION_CLAIM]
    except (TokenError, KeyError) as error:
        raise InvalidToken from error
    ApiSession.objects.filter(pk=session, revoked_at__isnull=True).update(revoked_at=at)


def revoke_api_sessions(user: User, *, at: datetime) -> int:
    """Revoke every API session of the user; returns how many were live."""
    return ApiSession.objects.filter(user=user, revoked_at__isnull=True).update(revoked_at=at)


@transactional
def issue_feed_ticket(
    user: User,
    *,
    at: datetime,
    session_key: str = "",
    api_session_id: int | None = None,
) -> str:
    """Return a ticket that opens the feed once within `FEED_TICKET_SECONDS`; only its digest is stored."""
    ticket = secrets.token_urlsafe(32)
    FeedTicket.objects.create(
        digest=_digest(ticket),
        user=user,
        expires_at=at + timedelta(seconds=settings.FEED_TICKET_SECONDS),
        session_key=session_key,
        api_session_id=api_session_id,
    )
    return ticket


def redeem_feed_ticket(ticket: str, *, at: datetime) -> FeedTicket | None:
    """Use up a ticket; None when it is unknown, used or expired. Of two at once, one gets it: the DELETE decides."""
    found = FeedTicket.objects.filter(digest=_digest(ticket)).select_related("user", "api_session").first()
    if found is None:
        return None
    deleted, _ = FeedTicket.objects.filter(pk=found.pk).delete()
    return found if deleted and found.expires_at > at and found.user.is_active else None


def purge_feed_tickets(*, at: datetime) -> int:
    """Delete the tickets that nobody redeemed in time."""
    deleted, _ = FeedTicket.objects.expired(at).delete()
    return deleted


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
