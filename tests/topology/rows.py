"""Prepare a topology's database, and read what it holds in the end. These functions run in the deployment's process.

stage.call(deployment, "read", module="tests.topology.rows")
"""

from typing import Any


def verify(*, users: list[int]) -> None:
    """Record that these people have verified their email addresses, so that they are sent emails."""
    from accounts.models import User
    from config.database import database_now

    User.objects.filter(pk__in=users).update(email_verified_at=database_now())


def expire_claims() -> int:
    """Let emails be tried now that a mailer had claimed when it was killed; return how many are not settled.

    Such a claim expires after ten minutes, for which the test does not wait.
    """
    from config.database import database_now
    from notifications.models import NoticeMail

    return NoticeMail.objects.filter(due_at__isnull=False).update(due_at=database_now())


def unsettled() -> int:
    """Return how many emails wait, or have to be written."""
    from notifications.models import NoticeMail, Notification

    unread = Notification.objects.unmailed().unread().to_mailable_people()
    return NoticeMail.objects.filter(due_at__isnull=False).count() + unread.count()


def read() -> dict[str, Any]:
    """Return all facts and all notifications; times are in seconds since 1970."""
    from events.models import Announcement, Event, Subscription
    from notifications.models import NoticeMail, Notification

    notifications = Notification.objects.with_currency().select_related("recipient").order_by("pk")
    return {
        "events": [
            {
                "id": event.pk,
                "headline": event.headline,
                "starts_at": event.starts_at.timestamp(),
                "location": event.location,
                "is_cancelled": event.is_cancelled,
            }
            for event in Event.objects.all()
        ],
        "subscriptions": [
            [each.pk, each.user_id, each.event_id, each.created_at.timestamp(), each.leads]
            for each in Subscription.objects.prefetch_related("reminders")
        ],
        "announcements": [
            {
                "id": each.pk,
                "event": each.event_id,
                "kind": each.kind,
                "created_at": each.created_at.timestamp(),
                "after": each.after_subscription_id,
                "last": each.last_subscription_id,
                "starts": [facts.get("starts_at") for facts in (each.before, each.after)],
                "text": each.text,
            }
            for each in Announcement.objects.order_by("pk")
        ],
        "notifications": [
            {
                "id": row.pk,
                "user": row.recipient_id,
                "source": row.source,
                "what": [row.kind, row.event_id, row.lead, row.starts_at.timestamp(), row.detail],
                "created_at": row.created_at.timestamp(),
                "is_current": bool(row.is_current),
                "is_unread": bool(row.is_current) and row.read_at is None,
                "is_mailable": row.recipient.email_verified_at is not None,
                "mail": row.mail_id,
                "is_emailed": row.emailed_at is not None,
            }
            for row in notifications
        ],
        "mails": [
            {
                "id": mail.pk,
                "address": mail.recipient.email,
                "message_id": mail.message_id,
                "created_at": mail.created_at.timestamp(),
                "is_sent": mail.sent_at is not None,
            }
            for mail in NoticeMail.objects.select_related("recipient")
        ],
    }
