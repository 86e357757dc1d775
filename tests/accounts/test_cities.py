"""Test which places are meant by what people type for a time zone, and which are suggested."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from accounts.cities import Place, _listed, places_meant, similar_places, suggested_places
from accounts.zones import TIME_ZONES


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Vienna", "Europe/Vienna"),
        (" wien ", "Europe/Vienna"),
        ("vienna time", "Europe/Vienna"),
        ("Ortszeit Wien", "Europe/Vienna"),
        ("Wiener Zeit", "Europe/Vienna"),
        ("europe/vienna", "Europe/Vienna"),
        ("America/New York", "America/New_York"),
        ("new-york", "America/New_York"),
        ("München", "Europe/Berlin"),
        ("munchen", "Europe/Berlin"),
        ("Muenchen", "Europe/Berlin"),
        ("Hamburg", "Europe/Berlin"),
        ("Cologne", "Europe/Berlin"),
        ("Köln", "Europe/Berlin"),
        ("San Francisco", "America/Los_Angeles"),
        ("Genf", "Europe/Zurich"),
        ("ZÜRICH", "Europe/Zurich"),
        ("zurich", "Europe/Zurich"),
        ("Mailand", "Europe/Rome"),
        ("Barcelona", "Europe/Madrid"),
        ("Bombay", "Asia/Kolkata"),
        ("Peking", "Asia/Shanghai"),
        ("北京", "Asia/Shanghai"),
        ("Вена", "Europe/Vienna"),
        ("São Paulo", "America/Sao_Paulo"),
        ("sao paulo", "America/Sao_Paulo"),
        ("St. Petersburg", "Europe/Moscow"),
        ("Istanbul", "Europe/Istanbul"),
        ("San José", "America/Costa_Rica"),
        ("San Jose", "America/Los_Angeles"),
        ("utc", "UTC"),
        ("CET", "CET"),
        ("MEZ", "CET"),
        ("PST", "America/Los_Angeles"),
        ("Etc/GMT+1", "Etc/GMT+1"),
        ("Etc/GMT-1", "Etc/GMT-1"),
    ],
)
def test_place_is_meant_by_its_names_in_any_spelling(text: str, zone: str) -> None:
    assert [place.zone for place in places_meant(text)] == [zone]


@pytest.mark.parametrize("text", ["", "|", "\t", "Atlantis", "Vienn", "Vienna, Virginia", "UTC+1", "time", "."])
def test_text_that_names_no_place_means_none(text: str) -> None:
    assert places_meant(text) == []


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        ("Valencia", ["America/Caracas", "Europe/Madrid"]),
        ("IST", ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"]),
    ],
)
def test_several_places_are_meant_by_a_name_of_similarly_large_ones(text: str, zones: list[str]) -> None:
    assert [place.zone for place in places_meant(text)] == zones


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("vie", Place("Vienna", "Europe/Vienna")),
        ("Wien", Place("Wien", "Europe/Vienna")),
        ("mün", Place("Munich", "Europe/Berlin")),
        ("new y", Place("New York", "America/New_York")),
        ("Vienna, Aus", Place("Vienna", "Europe/Vienna")),
        ("cet", Place("CET", "CET")),
        ("europe/vi", Place("Vienna", "Europe/Vienna")),
    ],
)
def test_first_suggestion_is_the_place_that_a_text_begins(text: str, place: Place) -> None:
    assert suggested_places(text)[0] == place


def test_names_are_those_of_the_reader_s_language() -> None:
    with translation.override("de"):
        first = [suggested_places(text)[0].name for text in ("wie", "vie", "mün", "mailand", "genf")]

    assert first == ["Wien", "Wien", "München", "Mailand", "Genf"]


def test_misspelled_place_is_found_by_its_similar_name() -> None:
    assert Place("Springfield", "America/Chicago") in similar_places("Springfeld")
    assert similar_places("Xqzw") == []


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("UTC", "UTC"),
        ("Europe/Vienna", "UTC+1"),
        ("Asia/Kolkata", "UTC+5:30"),
        ("America/St_Johns", "UTC−3:30"),
        ("America/New_York", "UTC−5"),
    ],
)
def test_offset_is_the_one_of_now(zone: str, offset: str) -> None:
    assert Place("", zone).offset(datetime(2026, 1, 15, tzinfo=UTC)) == offset


def test_each_listed_city_has_a_known_time_zone() -> None:
    assert {city.zone for city in _listed()} <= TIME_ZONES
