"""What every page needs of the feed."""

from django.conf import settings
from django.http import HttpRequest

from notifications.models import Notification


def feed(request: HttpRequest) -> dict[str, object]:
    """Return `unread_count` (lazy: one query when a template shows it) and `feed_port` for the page's script."""
    if not request.user.is_authenticated:
        return {}
    return {
        "unread_count": Notification.objects.owned_by(request.user).unread().count,
        "feed_port": settings.FEED_PORT,
    }
