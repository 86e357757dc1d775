"""What forms about people need beside their fields."""

from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.zones import TIME_ZONES, city_name, place_name

register = template.Library()

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
SUGGESTED = ("UTC", *sorted(name for name in TIME_ZONES if name.split("/")[0] in AREAS))


@register.simple_tag
def time_zone_options() -> SafeString:
    """The zones to suggest: named for places, without the old aliases. Every other known name can be typed.

    Each with its place as the reader calls it, where that is not the zone's own name for it.
    """
    return _options(get_language())


@cache
def _options(language: str) -> SafeString:
    """Return the options in the active language, which is given: hundreds, the same on each page that has them."""
    return SafeString("".join(map(_option, SUGGESTED)))


def _option(zone: str) -> SafeString:
    city = city_name(zone)
    if city == place_name(zone):
        return format_html('<option value="{}">', zone)
    return format_html('<option value="{}" label="{}">', zone, city)
