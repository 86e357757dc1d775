"""What every template gets from notifications: the bell of a person who is logged in."""

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from config.web.requests import feed_origin
from notifications.inbox.bell import Bell


def feed(request: HttpRequest) -> dict[str, object]:
    """Return `bell` if the reader is logged in."""
    user = getattr(request, "user", None)  # missing if a middleware answers before the session has been read
    if not isinstance(user, User):
        return {}
    return {"bell": Bell(user, _feed_url(request), timezone.now())}


def _feed_url(request: HttpRequest) -> str | None:
    """Return the feed's URL if it listens on a port of its own. The Content-Security-Policy allows the same URL."""
    origin = feed_origin(request)
    return f"{origin}/ws/notifications/" if origin else None
