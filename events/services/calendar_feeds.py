"""Making and renewing the secret URLs at which calendar programs read their users' events."""

import secrets
from datetime import datetime

from accounts.models import User
from accounts.services import lock_active_user
from config.database import transactional
from events.models import CalendarFeed


def feed_of(user: User) -> CalendarFeed | None:
    """Return the user's calendar feed, or None if they have none. One query."""
    feed: CalendarFeed | None = CalendarFeed.objects.usable().filter(user_id=user.pk).first()
    return feed


@transactional
def renew_feed(user: User, *, at: datetime) -> CalendarFeed:
    """Give the user a calendar feed with a new token, so that an earlier URL no longer opens it.

    Raises:
        AccountSuspended
    """
    locked = lock_active_user(user)
    values = {"token": secrets.token_hex(16), "lock_count": locked.lock_count, "created_at": at}
    feed: CalendarFeed
    feed, _is_new = CalendarFeed.objects.update_or_create(user_id=locked.pk, defaults=values)
    return feed


@transactional
def remove_feed(user: User) -> None:
    """Remove the user's calendar feed, if they have one. Its URL no longer opens anything."""
    CalendarFeed.objects.filter(user_id=user.pk).delete()
