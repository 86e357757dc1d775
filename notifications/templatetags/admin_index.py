"""The health of delivery and of emails, and the figures, for the admin's index."""

from dataclasses import dataclass

from django import template
from django.utils.translation import gettext as _

from config.database import database_now
from notifications.health.figures import Figures, figures, open_report_count
from notifications.health.mails import MailFailures, MailHealth, mail_failures, mail_health
from notifications.health.sweeps import SweepHealth, sweep_health

register = template.Library()


@dataclass(frozen=True)
class Overview:
    health: SweepHealth
    mail: MailHealth
    failures: dict[str, MailFailures]
    figures: Figures


@register.filter
def age(seconds: float) -> str:
    """Return a time in one unit, such as “3 min”."""
    for least, unit, text in (
        (2 * 86_400, 86_400, _("%(n)d days")),
        (2 * 3_600, 3_600, _("%(n)d h")),
        (120, 60, _("%(n)d min")),
    ):
        if seconds >= least:
            return text % {"n": seconds // unit}
    return _("%(n)d s") % {"n": seconds}


@register.simple_tag
def overview() -> Overview:
    """Return all of it at the time of the database's clock, which the sweep uses, too. Seventeen queries at most."""
    at = database_now()
    health = sweep_health(at)
    return Overview(health, mail_health(at, health.processes), mail_failures(at), figures(at))


@register.simple_tag
def open_reports() -> int:
    """Return how many reports are open, for staff who see nothing else of the overview."""
    return open_report_count()
