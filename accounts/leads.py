"""Leads as people read and choose them: "1 day", not 1,440 minutes."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy, npgettext_lazy

from config.caching import cached_by_language

# The leads that the pages offer, in minutes. Any other can be typed.
PRESET_LEADS = (0, 10, 60, 3 * 60, 24 * 60, 2 * 24 * 60, 7 * 24 * 60)

MINUTES_PER_UNIT = {"minutes": 1, "hours": 60, "days": 24 * 60, "weeks": 7 * 24 * 60}


NAMES = {
    "weeks": ngettext_lazy("%(n)d week", "%(n)d weeks", "n"),
    "days": ngettext_lazy("%(n)d day", "%(n)d days", "n"),
    "hours": ngettext_lazy("%(n)d hour", "%(n)d hours", "n"),
    "minutes": ngettext_lazy("%(n)d minute", "%(n)d minutes", "n"),
}
# The same units after "in", where other languages need other forms.
NAMES_AHEAD = {
    "weeks": npgettext_lazy("in …", "%(n)d week", "%(n)d weeks", "n"),
    "days": npgettext_lazy("in …", "%(n)d day", "%(n)d days", "n"),
    "hours": npgettext_lazy("in …", "%(n)d hour", "%(n)d hours", "n"),
    "minutes": npgettext_lazy("in …", "%(n)d minute", "%(n)d minutes", "n"),
}


def lead_name(minutes: int) -> str:
    """Return a lead in words: "1 day", "2 hours", "1 hour 30 minutes"; an empty string for 0."""
    return _name(minutes, NAMES)


@cached_by_language(5_000)
def distance_name(minutes: int) -> str:
    """Return in words how far in the future something is: "in 1 day 2 hours", "now"."""
    duration = _name(minutes, NAMES_AHEAD)
    return _("in %(duration)s") % {"duration": duration} if duration else _("now")


def _name(minutes: int, names: Mapping[str, Any]) -> str:
    if minutes and minutes % MINUTES_PER_UNIT["weeks"] == 0:
        return str(names["weeks"] % {"n": minutes // MINUTES_PER_UNIT["weeks"]})
    parts, rest = [], minutes
    for unit in ("days", "hours", "minutes"):
        count, rest = divmod(rest, MINUTES_PER_UNIT[unit])
        if count:
            parts.append(str(names[unit] % {"n": count}))
    return " ".join(parts)


def lead_choice(minutes: int) -> str:
    """Return a lead in words within a sentence: "1 day before", "when it starts"."""
    return _("%(lead)s before") % {"lead": lead_name(minutes)} if minutes else _("when it starts")


def all_day_lead_choice(minutes: int) -> str:
    """Return the lead of an all-day event, of which only the whole days count: "1 day before", "on the day"."""
    days = minutes - minutes % MINUTES_PER_UNIT["days"]
    return lead_choice(days) if days else _("on the day")
