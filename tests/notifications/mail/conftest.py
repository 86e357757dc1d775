"""Define the notifications that the tests of emails are about."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from notifications.models import Notification
from tests.makers import MakeNotification


@pytest.fixture
def make_due_notification(
    make_notification: MakeNotification, verified_subscriber: User, at: datetime
) -> MakeNotification:
    """Return a function that writes a notification that is due to be emailed, unread for ten minutes."""

    def write(**options: Any) -> Notification:
        defaults = {
            "recipient": verified_subscriber,
            "location": "Cinecittà",
            "created_at": at - timedelta(minutes=10),
        }
        return make_notification(**defaults | options)

    return write
