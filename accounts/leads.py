"""Leads as people read and choose them: "1 day", not 1,440 minutes."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# What the pages offer, in minutes. Any other lead can be typed.
PRESET_LEADS = (10, 60, 3 * 60, 24 * 60, 2 * 24 * 60, 7 * 24 * 60)

MINUTES_PER_UNIT = {"minutes": 1, "hours": 60, "days": 24 * 60, "weeks": 7 * 24 * 60}


def lead_name(minutes: int) -> str:
    """Return a lead in words: "1 day", "2 hours", "1 hour 30 minutes"."""
    weeks, rest = divmod(minutes, MINUTES_PER_UNIT["weeks"])
    if weeks and not rest:
        return ngettext("%(n)d week", "%(n)d weeks", weeks) % {"n": weeks}
    days, rest = divmod(minutes, MINUTES_PER_UNIT["days"])
    hours, rest = divmod(rest, MINUTES_PER_UNIT["hours"])
    parts = [
        ngettext("%(n)d day", "%(n)d days", days) % {"n": days} if days else "",
        ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours} if hours else "",
        ngettext("%(n)d minute", "%(n)d minutes", rest) % {"n": rest} if rest else "",
    ]
    return " ".join(part for part in parts if part)


def lead_choice(minutes: int) -> str:
    """Return a lead as an option: "1 day before"."""
    return _("%(lead)s before") % {"lead": lead_name(minutes)}
