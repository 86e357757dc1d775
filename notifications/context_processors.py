"""What every page needs of the feed: the bell."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import get_language

from accounts.models import User
from notifications.models import Notification

# More unread than this are shown as "99+".
MAX_COUNTED = 99


@dataclass(frozen=True)
class Bell:
    """The bell of one page. One query, and only when a template shows it."""

    user: User
    feed_url: str | None

    @cached_property
    def unread_ids(self) -> list[int]:
        """The newest unread, one more than is counted at most."""
        rows = Notification.objects.owned_by(self.user).unread().newest_first()
        return list(rows.values_list("pk", flat=True)[: MAX_COUNTED + 1])

    @property
    def count(self) -> int:
        """How many are unread, MAX_COUNTED + 1 where there are more."""
        return len(self.unread_ids)

    @property
    def label(self) -> str:
        """The count as people read it: "3", "99+"."""
        return f"{MAX_COUNTED}+" if self.count > MAX_COUNTED else str(self.count)

    @property
    def config(self) -> dict[str, Any]:
        """What static/js/feed.js reads.

        `url` is the feed's URL, null for the page's own origin. `unread` are the ids that the page knows; what is newer
        has arrived since. `icon` is shown beside desktop notifications. `locale` are the parameters with which the
        feed and the API word notifications as this page does.
        """
        return {
            "url": self.feed_url,
            "unread": self.unread_ids,
            "maxCounted": MAX_COUNTED,
            "muted": self.user.toast_muted,
            "icon": static("img/icon-192.png"),
            "locale": {"language": get_language(), "time_zone": self.user.time_zone},
        }


def feed(request: HttpRequest) -> dict[str, object]:
    """Return `bell` for who has logged in."""
    user = getattr(request, "user", None)  # absent where a middleware answers before the session is known
    if not isinstance(user, User):
        return {}
    return {"bell": Bell(user, _feed_url(request))}


def _feed_url(request: HttpRequest) -> str | None:
    """Return the feed's address where it listens on a port of its own (as the Content-Security-Policy allows it)."""
    if not settings.FEED_PORT:
        return None
    host = request.get_host().rsplit(":", 1)[0]
    scheme = "wss" if request.is_secure() else "ws"
    return f"{scheme}://{host}:{settings.FEED_PORT}/ws/notifications/"
