"""What forms about people need beside their fields."""

from django import template

from accounts.models import TIME_ZONES

register = template.Library()

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
SUGGESTED = ("UTC", *sorted(name for name in TIME_ZONES if name.split("/")[0] in AREAS))


@register.simple_tag
def time_zones() -> tuple[str, ...]:
    """The zones to suggest: named for places, without the old aliases. Every other known name can be typed."""
    return SUGGESTED
