"""Test how leads are written out."""

import pytest

from accounts.leads import all_day_lead_choice, lead_choice, lead_name


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


def test_choices_read_as_part_of_a_sentence() -> None:
    assert [lead_choice(lead) for lead in (0, 60, 1440)] == ["when it starts", "1 hour before", "1 day before"]


def test_choices_of_whole_days_count_only_those() -> None:
    names = [all_day_lead_choice(lead) for lead in (0, 1439, 1440, 2879, 10_080)]

    assert names == ["on the day", "on the day", "1 day before", "1 day before", "1 week before"]
