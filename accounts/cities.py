"""What people type for a time zone: a city in their language or another, "vienna time", "CET", or the zone's own name.

The cities are those that time zones are named after, in the active language, and those of `cities.tsv`, which
`tools/cities.py` writes from data of GeoNames. Case, accents and punctuation do not matter. Only forms and the search
for their suggestions use this: the API takes IANA names.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import get_language, pgettext, pgettext_lazy

from accounts.zones import TIME_ZONES, city_name, raw_city_name, zone_of

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
# Those named after a region, without the old aliases. Every other known name can be typed.
SUGGESTED = ("UTC", *sorted(name for name in TIME_ZONES if name.split("/")[0] in AREAS))

FILE = Path(__file__).with_name("cities.tsv")
# A city is meant rather than others of the same name if it has this many times as many people.
MUCH_LARGER = 2
# A city's own name counts as much as another name of a city that has this many times as many people.
OWN_NAME = 10
# Shorter texts begin too many of the other names.
MIN_LETTERS = 4
MAX_SUGGESTIONS = 8
MAX_MEANT = 3

# Cities that no zone is named after, and whose names differ between languages.
EXONYMS = (
    pgettext_lazy("city", "Antwerp"),
    pgettext_lazy("city", "Beijing"),
    pgettext_lazy("city", "Cologne"),
    pgettext_lazy("city", "Florence"),
    pgettext_lazy("city", "Geneva"),
    pgettext_lazy("city", "Gothenburg"),
    pgettext_lazy("city", "Kraków"),
    pgettext_lazy("city", "Milan"),
    pgettext_lazy("city", "Munich"),
    pgettext_lazy("city", "Naples"),
    pgettext_lazy("city", "Nice"),
    pgettext_lazy("city", "Nuremberg"),
    pgettext_lazy("city", "Saint Petersburg"),
    pgettext_lazy("city", "Seville"),
    pgettext_lazy("city", "Strasbourg"),
    pgettext_lazy("city", "The Hague"),
    pgettext_lazy("city", "Turin"),
    pgettext_lazy("city", "Venice"),
)

# Abbreviations that no zone is named after, with the zones in which people use them. Some have several meanings.
ABBREVIATIONS = {
    "z": ("UTC",),
    "nyc": ("America/New_York",),
    "mez": ("CET",),
    "mesz": ("CET",),
    "cest": ("CET",),
    "oez": ("EET",),
    "oesz": ("EET",),
    "eest": ("EET",),
    "west": ("WET",),
    "bst": ("Europe/London",),
    "msk": ("Europe/Moscow",),
    "et": ("America/New_York",),
    "edt": ("America/New_York",),
    "eastern": ("America/New_York",),
    "ct": ("America/Chicago",),
    "cdt": ("America/Chicago",),
    "mt": ("America/Denver",),
    "mdt": ("America/Denver",),
    "pt": ("America/Los_Angeles",),
    "pst": ("America/Los_Angeles",),
    "pdt": ("America/Los_Angeles",),
    "pacific": ("America/Los_Angeles",),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    "hkt": ("Asia/Hong_Kong",),
    "sgt": ("Asia/Singapore",),
    "awst": ("Australia/Perth",),
    "aedt": ("Australia/Sydney",),
    "nzst": ("Pacific/Auckland",),
    "nzdt": ("Pacific/Auckland",),
    "sast": ("Africa/Johannesburg",),
    "cst": ("America/Chicago", "Asia/Shanghai"),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "aest": ("Australia/Sydney", "Australia/Brisbane"),
}
# What surrounds the name of a city in texts such as "vienna time", "Ortszeit Wien" or "Wiener Zeit".
TIME_WORDS = re.compile(r"^(ortszeit|zeit in|time in)\b|\b((local|standard|daylight|summer) )?time$|\b(orts)?zeit$")
# Letters that Unicode does not take apart into a letter and an accent.
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})


class Place(NamedTuple):
    """A city, by the name that somebody may know it by, and its time zone."""

    name: str
    zone: str

    def offset(self, at: datetime) -> str:
        """Return the offset from UTC: "UTC+1", "UTC+5:30"."""
        offset = at.astimezone(zone_of(self.zone)).utcoffset() or timedelta()
        hours, minutes = divmod(abs(offset) // timedelta(minutes=1), 60)
        sign = "" if not offset else "−" if offset < timedelta() else "+"
        return f"UTC{sign}{f'{hours}:{minutes:02}' if minutes else hours if offset else ''}"


class City(NamedTuple):
    """A city with all its names, its own first."""

    names: tuple[str, ...]
    # The names as they are compared, between vertical bars: "|vienna|wien|".
    folded: str
    zone: str
    population: int
    # Of the folded names, those of the zone that is named after the city; empty if there is no such zone.
    zone_names: str


def folded(text: str) -> str:
    """Return a text as it is compared: without case, accents and punctuation. Bars, tabs and line ends stay."""
    text = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    text = text.translate({ord(each): _folded_sign(each) for each in set(text) if not each.isalnum()})
    return re.sub(r" *([|\t\n]) *", r"\1", re.sub(" +", " ", text)).strip(" ")


def _folded_sign(sign: str) -> str:
    return sign if sign in "|\t\n" else "" if unicodedata.combining(sign) else " "


def places_meant(text: str) -> list[Place]:
    """Return the place that a text names. Several are returned, the largest first, if it could be any of them.

    The places are in different time zones. Without a place of this name the list is empty.
    """
    exact = _zone_named(text)
    return [Place(raw_city_name(exact), exact)] if exact else _places_named(text)


def suggested_places(text: str) -> list[Place]:
    """Return the places whose names begin with a text, those that are most likely meant first."""
    for typed in _variants(text.split(",")[0]):
        zones = [_zone_named(text)] if "/" not in text else []
        found = [Place(raw_city_name(zone), zone) for zone in (*filter(None, zones), *ABBREVIATIONS.get(typed, ()))]
        ranked = [
            (rank, -city.population, city) for city in _cities(get_language()) if (rank := _rank(city, text, typed))
        ]
        ranked.sort(key=lambda each: each[:2])
        found += (
            Place(_shown_name(city, text), city.zone) for _by_rank, _by_population, city in ranked[:MAX_SUGGESTIONS]
        )
        if found:
            return list(dict.fromkeys(found))[:MAX_SUGGESTIONS]
    return []


def similar_places(text: str) -> list[Place]:
    """Return places that may be meant by a text that names none: those it begins, otherwise those spelled similarly."""
    if begun := suggested_places(text):
        return begun[:MAX_MEANT]
    by_name = {folded(city.names[0]): city for city in reversed(_cities(get_language()))}
    close = get_close_matches(folded(text), by_name, MAX_MEANT, cutoff=0.75)
    return [Place(by_name[name].names[0], by_name[name].zone) for name in close]


def _zone_named(text: str) -> str | None:
    """Return the time zone of which a text is the own name, in any case."""
    text = text.strip()
    return text if text in TIME_ZONES else _zones_by_name().get(text.replace(" ", "_").casefold())


@cache
def _zones_by_name() -> dict[str, str]:
    return {zone.casefold(): zone for zone in sorted(TIME_ZONES)}


def _places_named(text: str) -> list[Place]:
    for typed in _variants(text):
        if zones := ABBREVIATIONS.get(typed):
            return [Place(raw_city_name(zone), zone) for zone in zones]
        if named := [city for city in _cities(get_language()) if f"|{typed}|" in city.folded]:
            return [Place(_shown_name(city, text), city.zone) for city in _best_named(named, text, typed)]
    return []


def _best_named(cities: list[City], text: str, typed: str) -> list[City]:
    """Return the cities that are meant by a name of theirs, one for each time zone.

    They are the one that a zone is named after, or the one that is spelled with these accents, or the largest and
    those that are not much smaller.
    """
    zones = [city for city in cities if f"|{typed}|" in city.zone_names]
    accented = [city for city in cities if not text.isascii() and text.strip().casefold() == city.names[0].casefold()]
    if zones or accented:
        return (zones or accented)[:1]
    weights: dict[str, tuple[int, City]] = {}
    for city in cities:
        weight = city.population * (OWN_NAME if city.folded.startswith(f"|{typed}|") else 1)
        weights[city.zone] = max(weights.get(city.zone, (0, city)), (weight, city))
    best = sorted(weights.values(), reverse=True)
    return [city for weight, city in best if weight * MUCH_LARGER > best[0][0]][:MAX_MEANT]


def _variants(text: str) -> Iterator[str]:
    """Yield what may be the name of a place in a text: "vienna time", "Ortszeit Wien" and "Wiener Zeit" name Vienna."""
    typed = folded(text.replace("|", " "))
    if typed:
        yield typed
    bare = TIME_WORDS.sub("", typed).strip()
    if bare and bare != typed:
        yield bare
        if typed.endswith("zeit") and bare.endswith("er"):
            yield bare.removesuffix("er")


def _rank(city: City, text: str, typed: str) -> int:
    """Return how well a city fits what was typed, the best as 1; 0 if it does not."""
    if f"|{typed}|" in city.folded:
        return 1
    if city.folded.startswith(f"|{typed}") or f"|{typed}" in city.zone_names:
        return 2
    own = city.folded[: city.folded.index("|", 1)]
    if f" {typed}" in own:
        return 3
    if not text.isascii():
        return 2 if any(name.casefold().startswith(text.strip().casefold()) for name in city.names) else 0
    return 4 if len(typed) >= MIN_LETTERS and f"|{typed}" in city.folded else 0


def _shown_name(city: City, text: str) -> str:
    """Return the name of a city that somebody who types this text knows it by: its own, or another that they typed."""
    typed = folded(text)
    if city.folded.startswith(f"|{typed}") or f"|{typed}|" not in city.folded:
        return city.names[0]
    return next((name for name in city.names if folded(name) == typed), city.names[0])


@cache
def _cities(language: str | None) -> list[City]:
    """Return the cities that zones are named after, then the others, with their names in the active language first.

    `language` is the active one, and the key of the cache.
    """
    listed = _listed()
    by_zone: dict[str, City] = {}
    for city in listed:
        if f"|{folded(raw_city_name(city.zone))}|" in city.folded:
            by_zone.setdefault(city.zone, city)
    zones: dict[str, City] = {}
    for zone in sorted(SUGGESTED, key=lambda zone: (zone not in by_zone, len(zone), zone)):
        own = _with_names((city_name(zone), raw_city_name(zone)), by_zone.get(zone, City((), "|", zone, 0, "")))
        own = own._replace(zone_names=f"|{folded(own.names[0])}|{folded(raw_city_name(zone))}|")
        zones.setdefault(own.zone_names, own._replace(folded=f"{own.folded}{folded(zone)}|"))
    named = set(map(id, by_zone.values()))
    return [*zones.values(), *(_translated(city) for city in listed if id(city) not in named)]


def _translated(city: City) -> City:
    name = pgettext("city", city.names[0])
    return city if name == city.names[0] else _with_names((name,), city)


def _with_names(names: tuple[str, ...], city: City) -> City:
    """Return the city with these names before its others."""
    names = tuple(dict.fromkeys(names))
    return city._replace(names=names + city.names, folded=f"|{'|'.join(map(folded, names))}{city.folded}")


@cache
def _listed() -> list[City]:
    """Return the cities of the file, the largest first."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    found = []
    # Folding them all together takes a tenth of the time.
    for line, plain in zip(lines, folded("\n".join(lines)).split("\n"), strict=True):
        name, zone, population, others = line.split("\t")
        plain_name, _zone, _population, plain_others = plain.split("\t")
        names = (name, *filter(None, others.split("|")))
        found.append(City(names, f"|{plain_name}|{plain_others}|".replace("||", "|"), zone, int(population), ""))
    return found
