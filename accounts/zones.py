"""What the places are called that time zones are named for."""

from django.utils.translation import pgettext


def place_name(zone: str) -> str:
    """Return the place in a zone's own name: "New York" of America/New_York, "UTC" of UTC."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def city_name(zone: str) -> str:
    """Return the place as the reader calls it; the catalogues have the names from the Unicode CLDR."""
    return pgettext("city", place_name(zone))
