"""The time zones that people and events may have, and the names of their places."""

import zoneinfo

from django.utils.translation import pgettext

# Two names are left out because they name no place: the machine's own zone, and the database's "not set".
TIME_ZONES = frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def place_name(zone: str) -> str:
    """Return the place in a zone's own name: "New York" of America/New_York, "UTC" of UTC."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def city_name(zone: str) -> str:
    """Return the place as the reader calls it; the catalogues have the names from the Unicode CLDR."""
    return pgettext("city", place_name(zone))
