"""Test the search for time zones, which forms ask while somebody types."""

import pytest
from django.test import Client

URL = "/accounts/time-zones/"


def test_places_are_suggested_to_visitors_with_their_zones_and_offsets(client: Client) -> None:
    response = client.get(URL, {"q": "vienn"})

    answer = response.json()
    assert answer["places"][0].items() >= {"name": "Vienna", "zone": "Europe/Vienna"}.items()
    assert answer["places"][0]["label"] in {"Europe/Vienna, UTC+1", "Europe/Vienna, UTC+2"}
    assert answer["said"] == "1 suggestion"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert {"Cookie", "Accept-Language"} <= set(response["Vary"].split(", "))
    assert not response.cookies


def test_suggestions_are_in_the_language_of_the_reader(client: Client) -> None:
    answer = client.get(URL, {"q": "mün"}, headers={"Accept-Language": "de"}).json()

    assert answer["places"][0]["name"] == "München"
    assert answer["said"].endswith("Vorschläge")


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [("Wien", True), ("Europe/Vienna", True), ("Valencia", False), ("Atlantis", False), ("", False)],
)
def test_answer_says_whether_a_text_means_one_place(client: Client, text: str, is_meant: bool) -> None:
    assert client.get(URL, {"q": text}).json()["is_meant"] is is_meant


def test_text_that_nothing_begins_with_gets_no_suggestions(client: Client) -> None:
    assert client.get(URL, {"q": "\0" + "x" * 500}).json() == {
        "places": [],
        "said": "No suggestions",
        "is_meant": False,
    }
    assert client.get(URL).json()["places"] == []


def test_search_only_reads(client: Client) -> None:
    assert client.post(URL).status_code == 405
