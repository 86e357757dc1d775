"""Define the fixtures of the inbox."""

from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from notifications.models import Notification
from tests.makers import MakeNotification


@pytest.fixture
def make_notification(subscriber: User) -> MakeNotification:
    """Write a row into the subscriber's inbox, as the sweep would."""

    def write(**options: Any) -> Notification:
        at = options.get("created_at", timezone.now())
        source = f"announcement:{Notification.objects.count() + 1}"
        defaults = {"recipient": subscriber, "kind": "reminder", "headline": "Concert", "starts_at": at, "lead": 60}
        return Notification.objects.create(
            **{"time_zone": "UTC", "source": source, "created_at": at} | defaults | options
        )

    return write
