"""What somebody is told by mail and by toasts, and a test of it. The inbox always has everything."""

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
    """Say which kinds of notification are not mailed, and which open pages do not show as they come."""
    muted = {"mail_muted": sorted(mail_muted), "toast_muted": sorted(toast_muted)}
    User.objects.filter(pk=user.pk).update(**muted)


@transactional
def stop_mails(user: User) -> None:
    """Mail no notices any more; mails about the account itself still come."""
    User.objects.filter(pk=user.pk).update(mail_muted=sorted(Notification.Kind.values))


@transactional
def send_test(user: User, *, at: datetime, text: str) -> Notification:
    """Tell somebody a test notice, the way all notices go: into the inbox, to the open pages, and unread by mail.

    Raises:
        TooManyTests
    """
    User.objects.select_for_update().get(pk=user.pk)
    hour_ago = at - timedelta(hours=1)
    if Notification.objects.owned_by(user).tests().filter(created_at__gt=hour_ago).count() >= TESTS_PER_HOUR:
        raise TooManyTests
    notice = Notification.objects.create(
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
    return notice
