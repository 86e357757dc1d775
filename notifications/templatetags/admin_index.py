"""The health of delivery and of emails, and the figures, for the admin's index."""

from dataclasses import dataclass

from django import template

from config.database import database_now
from notifications.health.figures import Figures, figures
from notifications.health.mails import MailHealth, mail_health
from notifications.health.sweeps import SweepHealth, sweep_health

register = template.Library()


@dataclass(frozen=True)
class Overview:
    health: SweepHealth
    mail: MailHealth
    figures: Figures


@register.simple_tag
def overview() -> Overview:
    """Return all of it at the time of the database's clock, which the sweep uses, too. Twelve queries at most."""
    at = database_now()
    health = sweep_health(at)
    return Overview(health, mail_health(at, health.processes), figures(at))
