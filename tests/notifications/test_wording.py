"""Test what notifications say, in the event's zone and in the reader's."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.models import Notification
from notifications.wording import Wording, wording

AT = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
# 18:00 in Rome, 12:00 in New York.
START = datetime(2026, 12, 4, 17, 0, tzinfo=UTC)
ROME, NEW_YORK, BERLIN = ZoneInfo("Europe/Rome"), ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


# Facts of a change: without an end, and all of Friday in Rome.
OPEN = {"ends_at": None}
ONE_DAY = {"starts_at": "2026-12-03T23:00:00Z", "ends_at": "2026-12-04T23:00:00Z"}


def spoken(kind: str = "reminder", *, zone: ZoneInfo = ROME, at: datetime = AT, **fields: Any) -> Wording:
    notification = Notification(kind=kind, **{"starts_at": START, "time_zone": "Europe/Rome"} | fields)
    return wording(notification, zone=zone, at=at)


def change(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    facts = {"starts_at": "2026-12-04T17:00:00Z", "ends_at": "2026-12-04T19:00:00Z", "location": "Hall A"}
    return {"before": facts | before, "after": facts | after, "text": ""}


@pytest.mark.parametrize(
    ("before_start", "distance"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=1), "in 1 minute"),
        (timedelta(minutes=59, seconds=58), "in 1 hour"),
        (timedelta(minutes=90), "in 1 hour 30 minutes"),
        (timedelta(hours=23, minutes=59, seconds=55), "in 1 day"),
        (timedelta(hours=26, minutes=17), "in 1 day 2 hours"),
        (timedelta(days=7, seconds=-3), "in 1 week"),
        (timedelta(days=7, hours=5), "in 1 week"),
        (timedelta(days=30), "in 30 days"),
    ],
)
def test_reminder_says_how_far_off_the_start_is(before_start: timedelta, distance: str) -> None:
    assert spoken(at=START - before_start).sentence == f"Starts {distance}, Fri 4 Dec 18:00"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=59)])
def test_reminder_in_the_minute_of_the_start_says_that_it_is_now(late: timedelta) -> None:
    assert spoken(at=START + late).sentence == "Starts now, Fri 4 Dec 18:00"


@pytest.mark.parametrize("late", [timedelta(minutes=1), timedelta(days=2)])
def test_reminder_of_a_begun_event_says_that_it_began(late: timedelta) -> None:
    assert spoken(at=START + late).sentence == "Started Fri 4 Dec 18:00"


def test_reader_in_another_zone_is_given_both_times() -> None:
    assert spoken(zone=NEW_YORK) == Wording(
        "Starts in 3 days 5 hours, Fri 4 Dec 18:00 Rome time", "Fri 4 Dec 12:00 your time"
    )


def test_zones_with_the_same_time_are_shown_as_one() -> None:
    assert spoken(zone=BERLIN) == Wording("Starts in 3 days 5 hours, Fri 4 Dec 18:00")


def test_all_day_event_is_a_date_in_every_zone() -> None:
    midnight = datetime(2026, 12, 4, 5, 0, tzinfo=UTC)

    said = spoken(starts_at=midnight, time_zone="America/New_York", all_day=True)

    assert said == Wording("Starts in 3 days, Fri 4 Dec")


def test_whole_day_starts_on_its_first_day_and_has_started_after_it() -> None:
    midnight = datetime(2026, 12, 3, 23, 0, tzinfo=UTC)
    during, after = (
        spoken(starts_at=midnight, all_day=True, at=midnight + timedelta(hours=hours)) for hours in (23, 24)
    )

    assert during == Wording("Starts today, Fri 4 Dec")
    assert after == Wording("Started Fri 4 Dec")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (OPEN, OPEN | {"starts_at": "2026-12-05T18:00:00Z"}, "Moved from Fri 4 Dec 18:00 to Sat 5 Dec 19:00"),
        (OPEN, OPEN | {"starts_at": "2027-01-05T18:00:00Z"}, "Moved from Fri 4 Dec 18:00 to Tue 5 Jan 2027 19:00"),
        (
            {},
            {"starts_at": "2026-12-05T18:00:00Z", "ends_at": "2026-12-05T20:30:00Z"},
            "Moved from Fri 4 Dec 18:00–20:00 to Sat 5 Dec 19:00–21:30",
        ),
        (
            OPEN,
            {"starts_at": "2026-12-05T18:00:00Z", "ends_at": "2026-12-06T01:00:00Z"},
            "Moved from Fri 4 Dec 18:00 to Sat 5 Dec 19:00–02:00",
        ),
        (
            OPEN,
            {"starts_at": "2026-12-05T18:00:00Z", "ends_at": "2026-12-05T23:00:00Z"},
            "Moved from Fri 4 Dec 18:00 to Sat 5 Dec 19:00–00:00",
        ),
        ({}, {"ends_at": "2026-12-04T20:00:00Z"}, "Now ends Fri 4 Dec 21:00 (was Fri 4 Dec 20:00)"),
        (OPEN, {}, "Now ends Fri 4 Dec 20:00 (no end time before)"),
        ({}, OPEN, "No end time any more (was Fri 4 Dec 20:00)"),
        (
            {},
            {"starts_at": "2026-12-04T18:00:00Z", "location": "Hall B"},
            "Moved from Fri 4 Dec 18:00–20:00 to Fri 4 Dec 19:00–20:00. New location: Hall B (was Hall A)",
        ),
    ],
)
def test_reschedule_says_from_when_to_when(before: dict[str, Any], after: dict[str, Any], sentence: str) -> None:
    assert spoken("rescheduled", detail=change(before, after)) == Wording(sentence)


def test_reschedule_names_both_times_in_both_zones() -> None:
    night = {"starts_at": "2026-12-05T02:00:00Z", "ends_at": "2026-12-05T06:00:00Z"}

    said = spoken("rescheduled", zone=NEW_YORK, detail=change({}, night))

    assert said.sentence == "Moved from Fri 4 Dec 18:00–20:00 to Sat 5 Dec 03:00–07:00 Rome time"
    assert said.own_time == "Fri 4 Dec 12:00–14:00 → Fri 4 Dec 21:00–01:00 your time"


def test_new_end_is_given_in_both_zones() -> None:
    said = spoken("rescheduled", zone=NEW_YORK, detail=change({}, {"ends_at": "2026-12-05T03:00:00Z"}))

    assert said.sentence == "Now ends Sat 5 Dec 04:00 Rome time (was Fri 4 Dec 20:00)"
    assert said.own_time == "Fri 4 Dec 14:00 → Fri 4 Dec 22:00 your time"


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (ONE_DAY | {"ends_at": "2026-12-06T23:00:00Z"}, "Now ends Sun 6 Dec (was Fri 4 Dec)"),
        (
            {"starts_at": "2026-12-04T23:00:00Z", "ends_at": "2026-12-06T23:00:00Z"},
            "Moved from Fri 4 Dec to Sat 5 – Sun 6 Dec",
        ),
    ],
)
def test_reschedule_of_whole_days_names_the_last_ones_to_every_reader(days: dict[str, Any], sentence: str) -> None:
    """Only the midnights show that these are whole days, because the event may be gone."""
    for zone in (ROME, NEW_YORK):
        assert spoken("rescheduled", zone=zone, detail=change(ONE_DAY, days)) == Wording(sentence)


def test_whole_day_may_begin_after_a_skipped_midnight() -> None:
    # In Beirut the hour from 00:00 to 01:00 was skipped that day.
    day = {"starts_at": "2025-03-29T22:00:00Z", "ends_at": "2025-03-30T21:00:00Z"}

    said = spoken("cancelled", time_zone="Asia/Beirut", detail=change(day, {}))

    assert said.sentence == "Cancelled (was scheduled for Sun 30 Mar 2025)"


def test_midnights_of_an_event_that_is_not_all_day_are_times() -> None:
    facts = {**ONE_DAY, "all_day": False, "time_zone": "Europe/Rome", "location": ""}

    said = spoken("cancelled", detail={"before": facts, "after": {}, "text": ""})

    assert said.sentence == "Cancelled (was scheduled for Fri 4 Dec 00:00–00:00)"


def test_days_are_those_of_the_zone_that_the_event_had() -> None:
    day = {**ONE_DAY, "all_day": True, "time_zone": "Europe/Rome", "location": ""}
    tokyo = {"starts_at": "2026-12-04T15:00:00Z", "ends_at": "2026-12-05T15:00:00Z", "time_zone": "Asia/Tokyo"}

    said = spoken("rescheduled", time_zone="Asia/Tokyo", detail={"before": day, "after": day | tokyo, "text": ""})

    assert said.sentence == "Moved from Fri 4 Dec to Sat 5 Dec"


def test_hours_that_became_a_whole_day_and_back_are_worded_as_such() -> None:
    there = spoken("rescheduled", zone=NEW_YORK, detail=change({}, ONE_DAY))
    back = spoken("rescheduled", zone=NEW_YORK, detail=change(ONE_DAY, {}))

    assert there.sentence == "Moved from Fri 4 Dec 18:00–20:00 Rome time to Fri 4 Dec (all day)"
    assert there.own_time == "Fri 4 Dec 12:00–14:00 → Fri 4 Dec (all day) your time"
    assert back.sentence == "Moved from Fri 4 Dec (all day) to Fri 4 Dec 18:00–20:00 Rome time"


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("Hall A", "Hall B", "New location: Hall B (was Hall A)"),
        ("", "Hall B", "Location: Hall B"),
        ("Hall A", "", "No longer at Hall A; new location to be announced"),
    ],
)
def test_relocation_says_from_where_to_where(before: str, after: str, sentence: str) -> None:
    said = spoken("relocated", detail=change({"location": before}, {"location": after}))

    assert said == Wording(sentence)


def test_cancellation_says_what_will_not_be_and_why() -> None:
    said = spoken("cancelled", zone=NEW_YORK, detail=change({}, {}) | {"after": {}, "text": "The band is ill."})

    sentence = "Cancelled (was scheduled for Fri 4 Dec 18:00–20:00 Rome time)"
    assert said == Wording(sentence, "Fri 4 Dec 12:00–14:00 your time", "The band is ill.")


def test_message_is_quoted() -> None:
    assert spoken("message", detail={"text": "Bring a coat."}) == Wording(
        "Message from the organiser:", quote="Bring a coat."
    )
