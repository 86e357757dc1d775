"""Mark notifications read. All open tabs and devices of the user are updated at once."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from config.database import transactional
from notifications.feed import push
from notifications.models import Notification

# So many ids can be sent in one request or one frame.
MAX_READ_IDS = 500


@transactional
def mark_read(user: User, *, ids: Iterable[int], at: datetime) -> int:
    """Mark some of the user's notifications read; return how many are unread now.

    Ids of other people's notifications and of superseded ones are ignored.
    """
    wanted = list(ids)
    Notification.objects.owned_by(user).filter(pk__in=wanted).unread().update(read_at=at)
    unread = Notification.objects.owned_by(user).unread().count()
    transaction.on_commit(lambda: push.push_read(user.pk, unread=unread, ids=wanted), robust=True)
    return unread


@transactional
def mark_all_read(user: User, *, up_to: int, at: datetime) -> int:
    """Mark the user's unread notifications up to this id (`<=`) read; return how many are unread now."""
    Notification.objects.owned_by(user).filter(pk__lte=up_to).unread().update(read_at=at)
    unread = Notification.objects.owned_by(user).unread().count()
    transaction.on_commit(lambda: push.push_read(user.pk, unread=unread, up_to=up_to), robust=True)
    return unread
