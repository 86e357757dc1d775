"""Define fixtures for notifications and emails: a real SMTP server, somebody who may be emailed, and notifications."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
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
def make_notification(verified_subscriber: User, at: datetime) -> MakeNotification:
    """Put a notification into the subscriber's inbox, ten minutes ago, about something tomorrow."""
    made: list[Notification] = []

    def write(**options: object) -> Notification:
        defaults = {
            "recipient": verified_subscriber,
            "kind": "reminder",
            "headline": "Concert",
            "starts_at": at + timedelta(days=1),
            "time_zone": "Europe/Rome",
            "location": "Cinecittà",
            "source": f"reminder:1:{len(made)}:0",
            "created_at": at - timedelta(minutes=10),
        }
        made.append(Notification.objects.create(**defaults | options))
        return made[-1]

    return write
