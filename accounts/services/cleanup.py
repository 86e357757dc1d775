"""Remove sessions and tokens that can no longer be used."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import ApiSession, BrowserSession
from accounts.services.browser_sessions import SEEN_INTERVAL

# How many rows of each kind one call removes at most, so that it never blocks anything for long.
PURGE_CHUNK = 500


def purge_sessions(*, at: datetime) -> int:
    """Remove some of the expired browser sessions, API sessions and tokens, and return how many.

    Issues four queries if there are none. The row of a browser session is removed once Django's session must have
    expired, because that lasts for SESSION_COOKIE_AGE after its last renewal, and a session is only renewed when it is
    seen.
    """
    unseen_since = at - timedelta(seconds=settings.SESSION_COOKIE_AGE) - SEEN_INTERVAL
    expired: list[QuerySet] = [
        Session.objects.filter(expire_date__lte=at),
        BrowserSession.objects.filter(seen_at__lte=unseen_since),
        ApiSession.objects.filter(seen_at__lte=at - api_settings.REFRESH_TOKEN_LIFETIME),
    ]
    return sum(delete_some(rows) for rows in expired) + _delete_expired_tokens(at)


def delete_some(rows: QuerySet) -> int:
    """Delete up to PURGE_CHUNK of these rows, and return how many.

    It looks for rows first, because a DELETE locks SQLite even if it deletes nothing.
    """
    keys = list(rows.values_list("pk", flat=True)[:PURGE_CHUNK])
    if keys:
        rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def _delete_expired_tokens(at: datetime) -> int:
    """Delete some of the expired refresh tokens and the records of their use, and return how many tokens.

    They are found by their id, the oldest first, because `expires_at` has no index and all tokens last equally long.
    The rows of a token stay as long as it is accepted, which LEEWAY extends; otherwise it could be used once more.
    """
    believed_until = at - timedelta(seconds=api_settings.LEEWAY)
    oldest = OutstandingToken.objects.order_by("id").values_list("pk", "expires_at")[:PURGE_CHUNK]
    keys = [pk for pk, expires_at in oldest if expires_at <= believed_until]
    if keys:
        OutstandingToken.objects.filter(pk__in=keys).delete()
    return len(keys)
