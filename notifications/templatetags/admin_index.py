"""The health of the sweep and the figures, for the admin's index."""

from dataclasses import dataclass

from django import template

from config.database import database_now
from notifications.delivery.figures import Figures, figures
from notifications.delivery.health import SweepHealth, sweep_health

register = template.Library()


@dataclass(frozen=True)
class Overview:
    health: SweepHealth
    figures: Figures


@register.simple_tag
def overview() -> Overview:
    """Return both at the time of the database's clock, which the sweep uses, too. Seven queries at most."""
    at = database_now()
    return Overview(sweep_health(at), figures(at))
