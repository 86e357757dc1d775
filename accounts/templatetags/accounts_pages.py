"""What forms about people need beside their fields."""

from django import template

from accounts.models import TIME_ZONES
from accounts.zones import city_name, place_name

register = template.Library()

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
SUGGESTED = ("UTC", *sorted(name for name in TIME_ZONES if name.split("/")[0] in AREAS))


@register.simple_tag
def time_zones() -> list[tuple[str, str]]:
    """The zones to suggest: named for places, without the old aliases. Every other known name can be typed.

    Each with its place as the reader calls it; empty where that is the zone's own name for it.
    """
    return [(zone, "" if (city := city_name(zone)) == place_name(zone) else city) for zone in SUGGESTED]
