"""Figures for the admin's index: how many events, subscriptions and notifications there are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from events.models import Event, EventReport
from notifications.models import Notification

COUNTED_WITHIN = timedelta(hours=24)
# Only so many of the newest notifications, which have the highest ids, are read. There is no index on when they were
# written, because every delivery would have to maintain it.
MAX_COUNTED = 100_000
MAX_COUNTED_REPORTS = 10_000


@dataclass(frozen=True)
class Figures:
    # Public events that have been neither cancelled nor deleted and have not ended, and the subscriptions to them.
    event_count: int
    subscription_count: int
    # Notifications of the last 24 hours, at most MAX_COUNTED.
    notification_count: int
    # Reports about events that staff have not resolved, at most MAX_COUNTED_REPORTS.
    report_count: int

    @property
    def is_notification_count_capped(self) -> bool:
        return self.notification_count == MAX_COUNTED


def figures(at: datetime) -> Figures:
    """Return the figures for `at`, a time of the database's clock. Notifications count from 24 hours before it (`>=`).

    Three queries. The one for notifications reads at most MAX_COUNTED rows, however large the table is.
    """
    ahead = Event.objects.listed().upcoming(at).order_by()
    newest = Notification.objects.newest_first()[:MAX_COUNTED]
    recent = Count("pk", filter=Q(created_at__gte=at - COUNTED_WITHIN))
    return Figures(
        **ahead.aggregate(event_count=Count("pk"), subscription_count=Sum("subscriber_count", default=0)),
        **newest.aggregate(notification_count=recent),
        report_count=open_report_count(),
    )


def open_report_count() -> int:
    """Return how many reports are open, at most MAX_COUNTED_REPORTS. One query, on the index of open reports."""
    return EventReport.objects.unresolved()[:MAX_COUNTED_REPORTS].count()
