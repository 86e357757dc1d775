"""How much goes on, for the admin's index: two queries, whose cost is bounded however large the tables."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum

from events.models import Event
from notifications.models import Notification

TOLD_WITHIN = timedelta(hours=24)
# The newest notifications that are looked at: there is no index on when somebody was told, which every fan-out would
# have to maintain, and the newest have the highest ids.
MAX_COUNTED = 100_000


@dataclass(frozen=True)
class Figures:
    # Public events that are neither cancelled nor over, and the subscriptions to them.
    event_count: int
    subscription_count: int
    # Notifications of the last 24 hours, MAX_COUNTED at most.
    told_count: int

    @property
    def is_told_count_capped(self) -> bool:
        return self.told_count == MAX_COUNTED


def figures(at: datetime) -> Figures:
    """Return the figures; `at` is the database's clock. Told since 24 hours before it (`>=`)."""
    ahead = Event.objects.listed().upcoming(at).order_by()
    newest = Notification.objects.newest_first()[:MAX_COUNTED]
    told = Count("pk", filter=Q(created_at__gte=at - TOLD_WITHIN))
    return Figures(
        **ahead.aggregate(event_count=Count("pk"), subscription_count=Sum("subscriber_count", default=0)),
        **newest.aggregate(told_count=told),
    )
