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


def zone_like(text: str) -> str | None:
    """Return the zone that somebody who typed this text may mean: "Vienna", "Wien" and "europe/vienna" are one zone.

    None if no zone has such a name. Of several places of one name, the zone with the shorter name is returned.
    """
    typed = text.replace("_", " ").strip().casefold()
    fitting = [
        zone
        for zone in TIME_ZONES
        if typed in {name.replace("_", " ").casefold() for name in (zone, place_name(zone), city_name(zone))}
    ]
    return min(fitting, key=lambda zone: (len(zone), zone), default=None)
