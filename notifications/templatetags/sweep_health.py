"""How the sweep is, for the admin's index."""

from django import template

from config.database import database_now
from notifications.health import SweepHealth
from notifications.health import sweep_health as read_sweep_health

register = template.Library()


@register.simple_tag
def sweep_health() -> SweepHealth:
    """Return how the sweep is by the database's clock, which the sweep itself goes by. Four queries at most."""
    return read_sweep_health(database_now())
