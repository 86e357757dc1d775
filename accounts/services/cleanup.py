"""Removing sessions and tokens that can no longer be used."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import ApiSession, BrowserSession
from accounts.services.browser_sessions import SEEN_INTERVAL

# Rows of each kind that one call removes, so that it never holds up anything for long.
PURGE_CHUNK = 500


def purge_sessions(*, at: datetime) -> int:
    """Remove some of the expired sessions of browsers and of the API, and expired tokens; returns how many.

    Four queries where there are none. A browser's row goes once its session must have expired: Django's lives for
    SESSION_COOKIE_AGE from its last renewal, and none is renewed without being seen.
    """
    unseen_since = at - timedelta(seconds=settings.SESSION_COOKIE_AGE) - SEEN_INTERVAL
    expired: list[QuerySet] = [
        Session.objects.filter(expire_date__lte=at),
        BrowserSession.objects.filter(seen_at__lte=unseen_since),
        ApiSession.objects.filter(seen_at__lte=at - api_settings.REFRESH_TOKEN_LIFETIME),
    ]
    return sum(delete_some(rows) for rows in expired) + _delete_expired_tokens(at)


def delete_some(rows: QuerySet) -> int:
    """Delete up to PURGE_CHUNK of these rows; looks first, since a DELETE locks SQLite whether or not there are any."""
    keys = list(rows.values_list("pk", flat=True)[:PURGE_CHUNK])
    if keys:
        rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def _delete_expired_tokens(at: datetime) -> int:
    """Delete expired refresh tokens and that they were used, the oldest first: `expires_at` has no index, and all live
    equally long. While a token is believed its rows stay, or it could be used once more.
    """
    believed_until = at - timedelta(seconds=api_settings.LEEWAY)
    oldest = OutstandingToken.objects.order_by("id").values_list("pk", "expires_at")[:PURGE_CHUNK]
    keys = [pk for pk, expires_at in oldest if expires_at <= believed_until]
    if keys:
        OutstandingToken.objects.filter(pk__in=keys).delete()
    return len(keys)
