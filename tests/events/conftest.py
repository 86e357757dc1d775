"""Define the entry that imports are tested with."""

from datetime import datetime, timedelta

import pytest

from events.calendars import CalendarEntry


@pytest.fixture
def entry(at: datetime) -> CalendarEntry:
    return CalendarEntry(
        uid="one@example.org",
        headline="Concert",
        description="Bring a friend",
        location="Rome",
        starts_at=at + timedelta(days=2),
        ends_at=at + timedelta(days=2, hours=3),
        all_day=False,
        time_zone="Europe/Rome",
        is_cancelled=False,
    )
