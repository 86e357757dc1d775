"""Test how leads are written out."""

import pytest

from accounts.leads import lead_name


@pytest.mark.parametrize(
    ("minutes", "name"),
    [
        (1, "1 minute"),
        (10, "10 minutes"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (1440, "1 day"),
        (2880, "2 days"),
        (10_080, "1 week"),
        (43_200, "30 days"),
        (11_525, "8 days 5 minutes"),
    ],
)
def test_leads_read_as_people_say_them(minutes: int, name: str) -> None:
    assert lead_name(minutes) == name
