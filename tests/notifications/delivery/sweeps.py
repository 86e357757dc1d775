"""Run one sweep at a chosen time, and read what it delivered."""

from datetime import datetime

from accounts.models import User
from notifications.delivery.sweeper import sweep
from notifications.models import Notification


def sweep_at(moment: datetime) -> dict[str, int]:
    return sweep(clock=lambda: moment)


def inbox_of(user: User) -> list[tuple[str, str]]:
    """Return the kind and the source of each row in the user's inbox, oldest first."""
    return list(Notification.objects.owned_by(user).order_by("id").values_list("kind", "source"))
