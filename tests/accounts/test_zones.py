"""Test which time zones are suggested to somebody whose input isn't one."""

import pytest
from django.utils import translation

from accounts.zones import zone_like


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Vienna", "Europe/Vienna"),
        (" vienna ", "Europe/Vienna"),
        ("europe/vienna", "Europe/Vienna"),
        ("new york", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("utc", "UTC"),
        ("Atlantis", None),
        ("Vien", None),
        ("", None),
    ],
)
def test_zone_is_found_by_its_city_or_its_name(text: str, zone: str | None) -> None:
    assert zone_like(text) == zone


def test_zone_is_found_by_its_city_in_the_language_of_the_reader() -> None:
    with translation.override("de"):
        assert (zone_like("Wien"), zone_like("Vienna")) == ("Europe/Vienna", "Europe/Vienna")
