"""Which kinds of notification a user receives by email and as toasts, and test notifications.

The inbox receives all kinds.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.leads import distance_name
from accounts.models import User
from config.database import transactional
from notifications.exceptions import TooManyTests
from notifications.feed import push
from notifications.models import Notification

TESTS_PER_HOUR = 5
# The period over which TESTS_PER_HOUR counts.
RATE_WINDOW = timedelta(hours=1)


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
    _check_rate(user, at=at)
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


def _check_rate(user: User, *, at: datetime) -> None:
    """Refuse a test if the user has reached the hourly limit. The caller has locked the user's row.

    Raises:
        TooManyTests
    """
    tests = Notification.objects.owned_by(user).tests().filter(created_at__gt=at - RATE_WINDOW).latest_first()
    moments = list(tests.values_list("created_at", flat=True)[:TESTS_PER_HOUR])
    if len(moments) < TESTS_PER_HOUR:
        return
    wait = math.ceil((moments[-1] + RATE_WINDOW - at).total_seconds())
    raise TooManyTests(
        _("You can send %(limit)d tests an hour. Try again %(distance)s.")
        % {"limit": TESTS_PER_HOUR, "distance": distance_name(math.ceil(wait / 60))},
        wait=wait,
    )
