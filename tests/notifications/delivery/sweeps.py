"""One sweep at a moment of the test's choice, and what it has brought."""

from datetime import datetime

from accounts.models import User
from notifications.delivery.sweeper import sweep
from notifications.models import Notification


def sweep_at(moment: datetime) -> dict[str, int]:
    return sweep(clock=lambda: moment)


def inbox_of(user: User) -> list[tuple[str, str]]:
    """Return kind and source of the user's inbox, oldest first."""
    return list(Notification.objects.owned_by(user).order_by("id").values_list("kind", "source"))
