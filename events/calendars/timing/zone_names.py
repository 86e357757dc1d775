"""Find the time zones that calendars mean by their names for them.

Programs write the names of the tz database, with or without a prefix of their own, those of Windows, and what Windows
shows people: "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna".
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from accounts.zones import TIME_ZONES, zone_like, zone_of

ZONE_NAMES = {name.casefold(): name for name in TIME_ZONES}
WINDOWS_NAMES = {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}
# Longer names are not looked up, nor are more than the last parts of one, because none is that long.
MAX_NAME = 200
MAX_PARTS = 3
OFFSET = re.compile(r"(?:\b(?:UTC|GMT)\s*|^\s*)(?P<hours>[+-]\d{1,2})(?:[:.]?(?P<minutes>\d\d))?(?!\d)", re.IGNORECASE)
# What Windows shows for UTC itself.
PLAIN_UTC = re.compile(r"\(UTC\)", re.IGNORECASE)
# No place is further ahead of or behind UTC.
MAX_OFFSET = timedelta(hours=14)
# A winter and a summer whose UTC offsets are compared with the one in a name.
SEASONS = (datetime(2026, 1, 15), datetime(2026, 7, 15))  # noqa: DTZ001 - local times


def iana_zone(name: str) -> ZoneInfo | None:
    """Return the time zone that the tz database has under this name, whose case is ignored, or None."""
    found = ZONE_NAMES.get(name.casefold())
    return zone_of(found) if found else None


@lru_cache(maxsize=1000)
def known_zone(tzid: str) -> ZoneInfo | None:
    """Return the IANA time zone that a TZID names, or None if it names none.

    The case is ignored, a vendor's prefix may precede the name, and the names that Windows uses are known too.
    """
    if len(tzid) > MAX_NAME:
        return None
    name = tzid.strip('" ').casefold()
    parts = WINDOWS_NAMES.get(name, name).strip("/").split("/")[-MAX_PARTS:]
    suffixes = ("/".join(parts[start:]) for start in range(len(parts)))
    return next(filter(None, map(iana_zone, suffixes)), None)


def guessed_zone(tzid: str) -> ZoneInfo | None:
    """Return the time zone that a TZID most probably means, or None.

    Cities are found, in the active language too, and the names that Windows shows. A UTC offset in the name has to be
    the zone's, in winter or in summer.
    """
    if len(tzid) > MAX_NAME:
        return None
    offset = named_offset(tzid)
    found = filter(None, map(_zone_by_text, _texts_in(tzid)))
    return next((zone for zone in found if offset is None or offset in _offsets(zone)), None)


def named_offset(tzid: str) -> timedelta | None:
    """Return the UTC offset in a name such as "GMT+0100" or "(UTC-05:00) Bogota", or None if there is none.

    Nor is there one if the name has several, of winter and summer.
    """
    offsets = {
        timedelta(hours=int(found["hours"]), minutes=int(f"{found['hours'][0]}{found['minutes'] or 0}"))
        for found in OFFSET.finditer(tzid[:MAX_NAME])
    }
    if not offsets and PLAIN_UTC.search(tzid[:MAX_NAME]):
        return timedelta(0)
    return offsets.pop() if len(offsets) == 1 and max(map(abs, offsets)) <= MAX_OFFSET else None


def _texts_in(tzid: str) -> Iterator[str]:
    """Yield what may be the name of a zone or of a city in a name."""
    yield tzid
    yield tzid.replace("-", "/").replace("\\", "/")
    shown = OFFSET.sub("", tzid).replace("()", "")
    yield re.sub(r"\(.*?\)", "", shown)
    yield from re.split(r"[,/;&()]", shown)


def _zone_by_text(text: str) -> ZoneInfo | None:
    text = text.strip('" ')
    standard = f"{re.sub(' ((Standard|Daylight|Summer) )?Time$', '', text, flags=re.IGNORECASE)} standard time"
    name = zone_like(text) if text else None
    return zone_of(name) if name else known_zone(standard)


def _offsets(zone: ZoneInfo) -> set[timedelta | None]:
    return {season.replace(tzinfo=zone).utcoffset() for season in SEASONS}
