"""Test that each calendar of the corpus, which has one kind of mistake, is read as it was meant."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from events.calendars import CalendarEntry, CalendarFile
from events.calendars.entries import parse_calendar
from events.local_time import zone_named
from tests.paths import DATA

CORPUS = DATA / "calendars"
TITLE = " ".join(["A talk with a long title"] * 10)
UNKNOWN_ZONE = "Unknown time zone “My Zone”; times were read as Europe/Rome."
ALONE = "It is one date of a recurring event that the file doesn’t contain."


def utc(month: int, day: int, hour: int, year: int = 2027) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


START, END = utc(3, 10, 18), utc(3, 10, 19)


@dataclass(frozen=True)
class Expected:
    """What an entry of the corpus says. Most are a rehearsal on 10 March 2027, 18:00 to 19:00 UTC."""

    headline: str = "Choir rehearsal"
    starts_at: datetime = START
    ends_at: datetime | None = END
    all_day: bool = False
    time_zone: str = "UTC"
    description: str = ""
    location: str = ""
    is_private: bool = False
    recurrence: str = ""
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, entry: CalendarEntry) -> "Expected":
        return cls(**{name: getattr(entry, name) for name in cls.__dataclass_fields__})


FILES = {
    "24-hours-across-a-clock-change": [
        Expected("Hackathon (24 hours)", utc(3, 27, 11), utc(3, 28, 11), time_zone="Europe/Berlin")
    ],
    "all-day-ends-at-a-time": [
        Expected(
            "New Year",
            utc(12, 31, 23, year=2026),
            utc(1, 1, 23),
            all_day=True,
            time_zone="Europe/Rome",
            remarks=("Its start is a date, but its end has a time; it was read as whole days.",),
        )
    ],
    "changed-dates-alone": [
        Expected(remarks=(ALONE,)),
        Expected(starts_at=utc(3, 17, 18), ends_at=utc(3, 17, 19), remarks=(ALONE,)),
    ],
    "class-private": [
        Expected(
            "Doctor",
            is_private=True,
            remarks=("The file marks it as not public (CLASS:PRIVATE), so it isn’t public here.",),
        ),
        Expected(
            "Job interview",
            is_private=True,
            remarks=("The file marks it as not public (CLASS:CONFIDENTIAL), so it isn’t public here.",),
        ),
    ],
    "control-character": [
        Expected(description="Bell  here", remarks=("Invalid characters in line 10 were left out.",))
    ],
    "first-date-excluded": [
        Expected(
            starts_at=utc(3, 17, 18),
            ends_at=utc(3, 17, 19),
            recurrence="Every week on Wednesday, 4 times",
        )
    ],
    "first-date-moved": [
        Expected(
            "Choir rehearsal (moved)",
            utc(3, 11, 20),
            utc(3, 11, 21),
            recurrence="Every week on Wednesday, 4 times",
            remarks=("Its first date was changed, on line 12.",),
        )
    ],
    "html-description": [
        Expected(description="Bring **scores**.\nRoom & map: [here](https://example.org)"),
    ],
    "line-after-end": [Expected()],
    "long-title": [
        Expected(
            TITLE[:199] + "…",
            description=TITLE,
            remarks=("The title was too long and has been shortened; the description begins with all of it.",),
        )
    ],
    "no-title": [Expected("(No title)", remarks=("It has no title (SUMMARY).",))],
    "no-uid": [Expected(remarks=("It has no UID. A later import recognises it by its start and title.",))],
    "utc-time-with-a-zone": [
        Expected(
            starts_at=utc(3, 10, 17),
            ends_at=utc(3, 10, 18),
            time_zone="America/New_York",
            remarks=(
                "Its times are in UTC or have a UTC offset, so the time zone “America/New_York” beside them doesn’t "
                "shift them.",
            ),
        )
    ],
    "vcalendar-1": [Expected("Chör rehearsal", description="Café\nline two")],
    "zone-changes-every-second": [
        Expected("x", utc(3, 10, 17, year=year), None, time_zone="Europe/Rome", remarks=(UNKNOWN_ZONE,))
        for year in (2027, 2028, 2029)
    ],
}
# What is not an entry is part of one.
REASONS = {"first-date-moved": ["It changes the first date of the recurring event on line 4 and was read with it."]}
REMARKS = {"line-after-end": ("Line 12 is outside the calendar and was left out.",)}


def read(name: str) -> CalendarFile:
    return parse_calendar((CORPUS / f"{name}.ics").read_bytes(), default_zone=zone_named("Europe/Rome"))


def test_corpus_has_no_other_calendars() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_calendar_of_the_corpus_is_read_as_it_was_meant(name: str) -> None:
    found = read(name)

    assert [Expected.of(item.entry) for item in found.items if item.entry] == FILES[name]
    assert [item.reason for item in found.items if not item.entry] == REASONS.get(name, [])
    assert (found.remarks, found.is_complete) == (REMARKS.get(name, ()), True)


@pytest.mark.parametrize("name", FILES)
def test_entries_of_the_corpus_have_keys_of_their_own_that_stay(name: str) -> None:
    first, second = ([item.entry.uid for item in read(name).items if item.entry] for _ in range(2))

    assert first == second
    assert len(set(first)) == len(FILES[name])
