"""Mark notifications read, and unread again. All open tabs and devices of the user are updated at once."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from config.database import transactional
from notifications.feed import push
from notifications.models import Notification
from notifications.querysets import NotificationQuerySet

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


@transactional
def mark_unread(user: User, *, ids: Iterable[int]) -> int:
    """Mark some of the user's read notifications unread again; return how many are unread now.

    Ids of other people's notifications and of superseded ones are ignored, because those no longer count.
    """
    return _mark_unread(user, Notification.objects.filter(pk__in=list(ids)))


@transactional
def undo_mark_read(user: User, *, read_at: datetime) -> int:
    """Mark unread again what the user marked read at exactly this moment; return how many are unread now.

    What was marked read at another moment, for example meanwhile on another device, stays read. The index on
    (recipient, superseded_at, read_at) finds the rows.
    """
    return _mark_unread(user, Notification.objects.read_exactly_at(read_at))


def _mark_unread(user: User, rows: NotificationQuerySet) -> int:
    again = rows.owned_by(user).read().current()
    # The newest are enough for open pages: they show no more, and the number says how many there are.
    ids = list(again.newest_first().values_list("pk", flat=True)[:MAX_READ_IDS])
    again.update(read_at=None)
    unread = Notification.objects.owned_by(user).unread().count()
    if ids:
        transaction.on_commit(lambda: push.push_unread(user.pk, unread=unread, ids=ids), robust=True)
    return unread
