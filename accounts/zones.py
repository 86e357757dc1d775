"""The time zones that people and events may have, the names of their cities, and the version of their rules."""

import zoneinfo
from functools import cache
from pathlib import Path

from django.utils.translation import get_language, pgettext

# Two names are left out because they stand for no region: the machine's own time zone, and the database's "not set".
TIME_ZONES = frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})

# The version of rules that do not say which they are. It counts as older than every other one.
UNKNOWN_RULES = "0"


def rules_version() -> str:
    """Return the version of the rules that `zoneinfo` uses, as IANA names it: "2026f". Later ones compare greater.

    `zoneinfo` takes the system's, or those in PYTHONTZPATH, and otherwise those of the package tzdata.
    """
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "UTC").is_file():
            return _version_in(folder)
    try:
        import tzdata  # type: ignore[import-untyped]  # it has no stubs
    except ImportError:
        return UNKNOWN_RULES
    return str(tzdata.IANA_VERSION)


def _version_in(folder: Path) -> str:
    """Return the version of compiled rules, which is in one of two files, depending on the system."""
    for name, prefix in (("tzdata.zi", "# version "), ("+VERSION", "")):
        if (file := folder / name).is_file():
            with file.open(encoding="ascii", errors="replace") as lines:
                return lines.readline().removeprefix(prefix).strip()
    return UNKNOWN_RULES


# Read when the process starts, before it uses any rules: if they are replaced while it runs, its version is too old
# rather than too new.
RULES_VERSION = rules_version()


@cache
def zone_of(name: str) -> zoneinfo.ZoneInfo:
    """Return the time zone of this name, which a process keeps.

    `ZoneInfo` itself keeps eight and whatever is in use. It would read the file of any other at each call.
    """
    return zoneinfo.ZoneInfo(name)


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
    return _zones_by_text(get_language()).get(_as_typed(text).strip())


@cache
def _zones_by_text(_language: str | None) -> dict[str, str]:
    """Return the time zone of each text that names one in the active language."""
    return {
        _as_typed(text): zone
        for zone in sorted(TIME_ZONES, key=lambda zone: (len(zone), zone), reverse=True)
        for text in (zone, raw_city_name(zone), city_name(zone))
    }


def _as_typed(text: str) -> str:
    return text.replace("_", " ").casefold()
