"""Test which link of a location people join an event with."""

import pytest

from events.locations import join_url


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://zoom.example/j/123?pwd=abc", "https://zoom.example/j/123?pwd=abc"),
        ("Zoom: https://zoom.example/j/123?pwd=abc, code 5", "https://zoom.example/j/123?pwd=abc"),
        ("Hall 3 (https://meet.example/room).", "https://meet.example/room"),
        ("http://old.example or https://new.example/a or https://new.example/b", "https://new.example/a"),
        ("HTTPS://meet.example/Room", "HTTPS://meet.example/Room"),
    ],
)
def test_first_https_url_is_the_one(location: str, url: str) -> None:
    assert join_url(location) == url


@pytest.mark.parametrize(
    "location",
    [
        "",
        "Piazza Navona",
        "http://meet.example/room",
        "meet.example/room",
        "javascript:alert(1)",
        "zoommtg://zoom.us/join",
    ],
)
def test_location_without_an_https_url_has_none(location: str) -> None:
    assert join_url(location) == ""
