"""Test that a calendar file that was read survives being stored as JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from events.calendars import (
    OTHER_FORM,
    CalendarEntry,
    CalendarFile,
    CalendarItem,
    calendar_as_json,
    calendar_from_json,
)


def test_calendar_is_the_same_after_it_was_stored(entry: CalendarEntry) -> None:
    entries = [
        entry,
        replace(
            entry, uid="two", ends_at=None, is_private=True, sequence=3, recurrence="Weekly", remarks=("One", "Two")
        ),
    ]
    calendar = CalendarFile(
        [
            *(CalendarItem(n, each.uid, each.headline, each) for n, each in enumerate(entries)),
            CalendarItem(9, reason="No"),
        ],
        name="Work",
        remarks=("A line was left out.",),
        is_complete=False,
    )

    stored = json.dumps(calendar_as_json(calendar))

    assert calendar_from_json(json.loads(stored)) == calendar


@pytest.mark.parametrize("found", [{}, [], {"items": [{}], "remarks": []}, {"items": [], "remarks": [], "more": 1}])
def test_object_of_another_form_is_an_error(found: Any) -> None:
    with pytest.raises(OTHER_FORM):
        calendar_from_json(found)
