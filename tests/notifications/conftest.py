"""Define fixtures for notifications and emails: a real SMTP server, somebody who may be emailed, and notifications."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from notifications.models import Notification
from tests.makers import MakeNotification
from tests.smtp import MailServer


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    with MailServer() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 2
        yield running


@pytest.fixture
def verified_subscriber(subscriber: User, at: datetime) -> User:
    """The subscriber, once they have verified their email address; in New York."""
    subscriber.email_verified_at = at - timedelta(days=1)
    subscriber.time_zone = "America/New_York"
    subscriber.save()
    return subscriber


@pytest.fixture
def make_notification(subscriber: User, at: datetime) -> MakeNotification:
    """Return a function that writes an inbox row, as the sweep would; by default the subscriber's, and just now."""

    def write(recipient: User = subscriber, **options: Any) -> Notification:
        created_at = options.get("created_at", timezone.now())
        defaults = {
            "kind": "reminder",
            "lead": 60,
            "headline": "Concert",
            "starts_at": at + timedelta(days=1),
            "time_zone": "Europe/Rome",
            "source": f"announcement:{Notification.objects.count() + 1}",
            "created_at": created_at,
        }
        return Notification.objects.create(recipient=recipient, **defaults | options)

    return write
