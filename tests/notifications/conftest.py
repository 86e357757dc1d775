"""Define fixtures for notifications and emails: a real SMTP server, somebody who may be emailed, and notifications."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from events.models import Event, Subscription
from notifications.models import Notification
from tests.makers import MakeEvent, MakeNotification
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
def make_notification(subscriber: User, make_event: MakeEvent, at: datetime) -> MakeNotification:
    """Return a function that writes an inbox row, as the sweep would; by default the subscriber's, and just now.

    Without an `event`, a reminder or a change is about one that all such rows share. The recipients of reminders are
    subscribed, because their reminders would be superseded otherwise.
    """

    shared_event = cache(make_event)

    def ensure_subscription(event: Event, user: User, *, at: datetime) -> None:
        """Subscribe without the rules of the service: the event may have started."""
        _, is_new = Subscription.objects.get_or_create(user=user, event=event, defaults={"created_at": at})
        if is_new:
            Event.objects.filter(pk=event.pk).update(subscriber_count=F("subscriber_count") + 1)

    def write(recipient: User = subscriber, **options: Any) -> Notification:
        created_at = options.get("created_at", timezone.now())
        kind = options.get("kind", "reminder")
        if "event" not in options and kind in {"reminder", "rescheduled", "relocated"}:
            options["event"] = shared_event()
        if kind == "reminder" and options["event"]:
            ensure_subscription(options["event"], recipient, at=created_at)
        defaults = {
            "kind": "reminder",
            "lead": 60,
            "headline": "Concert",
            "starts_at": at + timedelta(days=1),
            "time_zone": "Europe/Rome",
            # No real announcement has such an id.
            "source": f"announcement:{10**6 + Notification.objects.count()}",
            "created_at": created_at,
        }
        return Notification.objects.create(recipient=recipient, **defaults | options)

    return write
