"""The bell in the header: how many notifications are unread, and what its scripts need."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.templatetags.static import static
from django.utils.translation import get_language

from accounts.models import User
from config.statements import Query
from events.local_time import utc_text
from notifications.feed.push import HELLO_SIZE
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet

# More unread than this are shown as "99+".
MAX_COUNTED = 99


@dataclass(frozen=True)
class Bell:
    """The bell of one page. It takes one query, and only if a template shows it."""

    user: User
    # The URL of the feed, or None if it is below the page's own origin.
    feed_url: str | None
    # When the page was made.
    at: datetime

    @cached_property
    def unread_ids(self) -> list[int]:
        """The ids of the newest unread notifications, at most MAX_COUNTED + 1."""
        return [row.id for row in _UNREAD.rows(owner=self.user.pk, limit=MAX_COUNTED + 1)]

    @property
    def count(self) -> int:
        """How many notifications are unread, at most MAX_COUNTED + 1."""
        return len(self.unread_ids)

    @property
    def label(self) -> str:
        """The count as it is shown: "3" or "99+"."""
        return f"{MAX_COUNTED}+" if self.count > MAX_COUNTED else str(self.count)

    @property
    def config(self) -> dict[str, Any]:
        """What static/js/feed.js reads.

        `url` is `feed_url`. `unread` are the ids that the page knows; anything newer has arrived since. `helloSize` is
        the most notifications that a hello contains. `at` distinguishes what has just arrived from what is unread
        again. `icon` is shown beside desktop notifications. `locale` holds the parameters with which the feed and the
        API word notifications as this page does.
        """
        return {
            "url": self.feed_url,
            "at": utc_text(self.at),
            "unread": self.unread_ids,
            "maxCounted": MAX_COUNTED,
            "helloSize": HELLO_SIZE,
            "muted": self.user.toast_muted,
            "icon": static("img/icon-192.png"),
            "locale": {"language": get_language(), "time_zone": self.user.time_zone},
        }


def _unread(*, owner: int) -> NotificationQuerySet:
    return Notification.objects.owned_by(User(pk=owner)).unread().newest_first()


_UNREAD = Query(_unread, columns=["id"], parameters={"owner": User._meta.pk})
