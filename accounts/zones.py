"""The time zones that people and events may have, and the names of their cities."""

import zoneinfo

from django.utils.translation import pgettext

# Two names are left out because they stand for no region: the machine's own time zone, and the database's "not set".
TIME_ZONES = frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def raw_city_name(zone: str) -> str:
    """Return the city in a zone's own name: "New York" for America/New_York, "UTC" for UTC."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def city_name(zone: str) -> str:
    """Return the city in the active language. The catalogues have the names from the Unicode CLDR."""
    return pgettext("city", raw_city_name(zone))


def zone_like(text: str) -> str | None:
    """Return the time zone that this text may mean; None if there is none.

    "Vienna", "europe/vienna" and, in German, "Wien" are one zone. If several cities have the same name, the zone with
    the shortest name is returned.
    """
    typed = text.replace("_", " ").strip().casefold()
    fitting = [
        zone
        for zone in TIME_ZONES
        if typed in {name.replace("_", " ").casefold() for name in (zone, raw_city_name(zone), city_name(zone))}
    ]
    return min(fitting, key=lambda zone: (len(zone), zone), default=None)
