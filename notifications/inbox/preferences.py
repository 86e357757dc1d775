"""Which kinds of notification a user receives by email and as toasts, and test notifications.

The inbox receives all kinds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from config.database import transactional
from notifications.exceptions import TooManyTests
from notifications.feed import push
from notifications.models import Notification

TESTS_PER_HOUR = 5


@transactional
def set_preferences(user: User, *, mail_muted: Iterable[str], toast_muted: Iterable[str]) -> None:
    """Set which kinds of notification are not emailed, and which kinds open pages do not show as toasts."""
    muted = {"mail_muted": sorted(mail_muted), "toast_muted": sorted(toast_muted)}
    User.objects.filter(pk=user.pk).update(**muted)


@transactional
def stop_mails(user: User) -> None:
    """Stop emailing notifications to the user. Emails about the account itself are still sent."""
    User.objects.filter(pk=user.pk).update(mail_muted=sorted(Notification.Kind.values))


@transactional
def send_test(user: User, *, at: datetime, text: str) -> Notification:
    """Send a test notification, which arrives like any other: in the inbox, on open pages, and by email if unread.

    Raises:
        TooManyTests: the user has sent TESTS_PER_HOUR tests within the last hour.
    """
    User.objects.select_for_update().get(pk=user.pk)
    hour_ago = at - timedelta(hours=1)
    if Notification.objects.owned_by(user).tests().filter(created_at__gt=hour_ago).count() >= TESTS_PER_HOUR:
        raise TooManyTests
    notification = Notification.objects.create(
        recipient=user,
        kind=Notification.Kind.MESSAGE,
        headline="Test",
        starts_at=at,
        time_zone=user.time_zone,
        detail={"before": {}, "after": {}, "text": text},
        source=f"{Notification.TEST_SOURCE}{at:%Y%m%d%H%M%S%f}",
        created_at=at,
    )
    transaction.on_commit(lambda: push.push_new({user.pk}, at=at), robust=True)
    return notification
