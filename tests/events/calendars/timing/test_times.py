"""Test when events take place whose calendars write it in ways that RFC 5545 does not know, or forbids."""

from datetime import datetime, timedelta

import pytest
from django.utils import translation

from tests.events.calendars.test_entries import calendar, event, odd_zone, read, read_entry, utc

UNUSUAL = "The date in {} is written in an unusual way, “{}”; please check it."
WHOLE_DAYS = "Its start is a date, but its end has a time; it was read as whole days."
BEFORE_START = "Its end is before its start and was left out."
OUT_OF_RANGE = "Its end is out of range and was left out."


@pytest.mark.parametrize(
    ("start", "is_floating"),
    [
        (":20270310T180000", True),
        (";VALUE=DATE:20270310", True),
        (";TZID=My Zone:20270310T180000", True),
        (":20270310T180000Z", False),
        (":20270310T180000+0200", False),
        (";TZID=Europe/Rome:20270310T180000", False),
        (":20270310T180000\nX-EVENT-TIME-ZONE:Europe/Rome", False),
        (";VALUE=DATE:20270310\nX-EVENT-TIME-ZONE:Europe/Rome", False),
    ],
)
def test_times_are_floating_if_the_calendar_names_no_zone(start: str, is_floating: bool) -> None:
    content = calendar(event(f"DTSTART{start}"))
    named = calendar(event(f"DTSTART{start}"), properties="X-WR-TIMEZONE:Europe/Berlin\n")

    entries = [item.entry for each in (content, named) for item in read(each)]

    assert [entry and entry.is_floating for entry in entries] == [is_floating, False]


def test_name_of_a_zone_with_commas_need_not_be_quoted() -> None:
    zone = odd_zone("Rome, Vienna")

    [item] = read(calendar(zone, event("DTSTART;TZID=Rome, Vienna:20270310T180000")))

    assert item.entry is not None
    assert item.entry.starts_at == utc(2027, 3, 10, 14, 30)
    assert read_entry("DTSTART;TZID=Rome, Vienna:20270310T180000").time_zone == "Europe/Rome"


# --- How dates are written ---


@pytest.mark.parametrize(
    ("parameters", "text", "starts_at"),
    [
        ("", "2027-03-10T18:00:00Z", utc(2027, 3, 10, 18)),
        ("", "2027-03-10T18:00:00.000Z", utc(2027, 3, 10, 18)),
        ("", "2027-03-10 18:00", utc(2027, 3, 10, 17)),
        ("", "20270310T1800", utc(2027, 3, 10, 17)),
        ("", "20270310t180000z", utc(2027, 3, 10, 18)),
        ("", "20270310T180000+0200", utc(2027, 3, 10, 16)),
        ("", "20270310T180000-03:30", utc(2027, 3, 10, 21, 30)),
        ("", "20270310T180000+01", utc(2027, 3, 10, 17)),
        (";VALUE=DATE", "20270310T180000", utc(2027, 3, 10, 17)),
    ],
)
def test_time_in_an_unusual_form_is_read_and_remarked(parameters: str, text: str, starts_at: datetime) -> None:
    entry = read_entry(f"DTSTART{parameters}:{text}")

    assert (entry.starts_at, entry.all_day) == (starts_at, False)
    assert entry.remarks == (UNUSUAL.format("DTSTART", text),)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [("", "2027-03-10"), (";VALUE=DATE-TIME", "20270310"), (";VALUE=DATE", "20270310T000000")],
)
def test_day_in_an_unusual_form_is_read_and_remarked(parameters: str, text: str) -> None:
    entry = read_entry(f"DTSTART{parameters}:{text}")

    assert (entry.starts_at, entry.ends_at) == (utc(2027, 3, 9, 23), utc(2027, 3, 10, 23))
    assert entry.remarks == (UNUSUAL.format("DTSTART", text),)


def test_end_of_the_day_and_leap_second_are_times() -> None:
    entry = read_entry("DTSTART:20270310T235960Z\nDTEND:20270311T240000Z")

    assert (entry.starts_at, entry.ends_at) == (utc(2027, 3, 10, 23, 59) + timedelta(seconds=59), utc(2027, 3, 12))


def test_first_of_several_starts_counts() -> None:
    entry = read_entry("DTSTART:20270310T180000Z\nDTSTART:20270311T180000Z")

    assert entry.starts_at == utc(2027, 3, 10, 18)
    assert entry.remarks == ("DTSTART appears more than once; the first one counts.",)


def test_time_is_remarked_in_the_language_of_who_imports() -> None:
    with translation.override("de"):
        entry = read_entry("DTSTART:20270310T180000Z\nDTEND:later")

    assert entry.remarks == ("Das Ende wurde weggelassen: „later“ ist weder ein Datum noch ein Datum mit Uhrzeit.",)


# --- Ends ---


@pytest.mark.parametrize(
    ("end", "days"),
    [
        ("20270101T050001Z", 1),
        ("20270101T235959", 1),
        ("20270103T000000", 2),
        ("20270103T000001", 3),
        ("20270102T230000Z", 2),
        ("20261231T120000", 1),
    ],
)
def test_all_day_event_with_a_time_at_its_end_is_whole_days(end: str, days: int) -> None:
    entry = read_entry(f"DTSTART;VALUE=DATE:20270101\nDTEND:{end}")

    assert entry.all_day
    assert (entry.starts_at, entry.ends_at) == (utc(2026, 12, 31, 23), utc(2026, 12, 31, 23) + timedelta(days=days))
    assert entry.remarks == (WHOLE_DAYS,)


@pytest.mark.parametrize(
    ("lines", "remark"),
    [
        ("DTEND;VALUE=DATE:20261231", BEFORE_START),
        ("DURATION:-P1D", "Its end was left out: “-P1D” is a negative duration."),
        ("DTEND:soon", "Its end was left out: “soon” is neither a date nor a date with a time."),
    ],
)
def test_all_day_event_whose_end_is_wrong_has_one_day(lines: str, remark: str) -> None:
    entry = read_entry(f"DTSTART;VALUE=DATE:20270101\n{lines}")

    assert (entry.starts_at, entry.ends_at) == (utc(2026, 12, 31, 23), utc(2027, 1, 1, 23))
    assert entry.remarks == (remark,)


@pytest.mark.parametrize(
    ("lines", "remark"),
    [
        ("DTEND:20270310T170000Z", BEFORE_START),
        ("DTEND:", "Its end was left out: “” is neither a date nor a date with a time."),
        ("DTEND:20270230T100000Z", "Its end was left out: “20270230T100000Z” isn’t a date that exists."),
        ("DTEND;VALUE=DATE:20270310", "Its end is a date without a time and was left out."),
        ("DURATION:-PT1H", "Its end was left out: “-PT1H” is a negative duration."),
        ("DURATION:P", "Its end was left out: “P” isn’t a duration."),
        ("DURATION:1 hour", "Its end was left out: “1 hour” isn’t a duration."),
        ("DURATION:P9999999D", OUT_OF_RANGE),
        ("DTEND:99991231T235959Z", "Its end was left out: That date is out of range."),
    ],
)
def test_event_whose_end_is_wrong_has_none(lines: str, remark: str) -> None:
    entry = read_entry(f"DTSTART:20270310T180000Z\n{lines}")

    assert (entry.starts_at, entry.ends_at, entry.remarks) == (utc(2027, 3, 10, 18), None, (remark,))


def test_end_without_a_time_is_when_that_day_begins() -> None:
    entry = read_entry("DTSTART;TZID=Asia/Tokyo:20270310T180000\nDTEND;VALUE=DATE:20270312")

    assert entry.ends_at == utc(2027, 3, 11, 15)
    assert entry.remarks == ("Its end is a date without a time, so it ends when that day begins.",)


def test_duration_counts_if_the_end_cannot_be_read() -> None:
    assert read_entry("DTSTART:20270310T180000Z\nDTEND:later\nDURATION:PT1H").ends_at == utc(2027, 3, 10, 19)


@pytest.mark.parametrize(
    ("duration", "ends_at"),
    [
        ("PT24H", utc(2027, 3, 28, 11)),
        ("P1D", utc(2027, 3, 28, 10)),
        ("P1DT2H", utc(2027, 3, 28, 12)),
        ("PT1440M", utc(2027, 3, 28, 11)),
        ("+P1W", utc(2027, 4, 3, 10)),
    ],
)
def test_day_is_a_calendar_day_and_24_hours_are_24_hours(duration: str, ends_at: datetime) -> None:
    assert read_entry(f"DTSTART;TZID=Europe/Berlin:20270327T120000\nDURATION:{duration}").ends_at == ends_at


# --- Time zones ---


@pytest.mark.parametrize(
    ("tzid", "zone", "is_remarked"),
    [
        ("America/New_York", "America/New_York", True),
        ("Eastern Standard Time", "America/New_York", True),
        ("Atlantis", "UTC", True),
        ("Europe/Lisbon", "Europe/Lisbon", False),
        ("UTC", "UTC", False),
    ],
)
def test_utc_counts_beside_a_zone_in_which_it_is_shown(tzid: str, zone: str, is_remarked: bool) -> None:
    entry = read_entry(f"DTSTART;TZID={tzid}:20270310T170000Z\nDTEND;TZID={tzid}:20270310T180000Z")

    assert (entry.starts_at, entry.ends_at) == (utc(2027, 3, 10, 17), utc(2027, 3, 10, 18))
    assert entry.time_zone.removeprefix("Etc/") == zone
    remark = f"Its times are in UTC or have a UTC offset, so the time zone “{tzid}” beside them doesn’t shift them."
    assert entry.remarks == ((remark,) if is_remarked else ())


@pytest.mark.parametrize(
    ("tzid", "zone"),
    [
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT+01.00) Sarajevo/Warsaw/Zagreb", "Europe/Sarajevo"),
        ("(UTC+09:00) Osaka, Sapporo, Tokyo", "Asia/Tokyo"),
        ("(UTC) Coordinated Universal Time", "UTC"),
        ("Pacific Time", "America/Los_Angeles"),
        ("Vienna", "Europe/Vienna"),
        ("Europe-Vienna", "Europe/Vienna"),
        ("Europe/New York", "America/New_York"),
    ],
)
def test_zone_is_guessed_by_a_city_or_by_what_windows_shows(tzid: str, zone: str) -> None:
    entry = read_entry(f'DTSTART;TZID="{tzid}":20270701T180000')

    assert entry.time_zone == zone
    assert entry.remarks == (f"The time zone “{tzid}” was read as {zone}.",)


def test_zone_of_the_calendar_is_guessed_too() -> None:
    entry = read_entry("DTSTART:20270701T180000", properties="X-WR-TIMEZONE:(UTC+09:00) Osaka\\, Sapporo\\, Tokyo\n")

    assert (entry.starts_at, entry.time_zone) == (utc(2027, 7, 1, 9), "Asia/Tokyo")


def test_zone_is_guessed_by_a_city_in_the_language_of_who_imports() -> None:
    with translation.override("de"):
        assert read_entry("DTSTART;TZID=Wien:20270701T180000").time_zone == "Europe/Vienna"


@pytest.mark.parametrize(
    ("tzid", "starts_at"),
    [
        ("GMT+0100", utc(2027, 7, 1, 17)),
        ("UTC-05:00", utc(2027, 7, 1, 23)),
        ("+02:00", utc(2027, 7, 1, 16)),
        ("(UTC-03:00) Utopia, Vienna", utc(2027, 7, 1, 21)),
    ],
)
def test_offset_in_the_name_of_an_unknown_zone_counts(tzid: str, starts_at: datetime) -> None:
    entry = read_entry(f'DTSTART;TZID="{tzid}":20270701T180000')

    assert (entry.starts_at, entry.time_zone) == (starts_at, "Europe/Rome")
    assert entry.remarks == (
        f"Only the UTC offset of the time zone “{tzid}” is known; the event was read with it and is shown in "
        "Europe/Rome.",
    )


@pytest.mark.parametrize(
    "tzid",
    ["GMT +0100 (Standard) / GMT +0200 (Daylight)", "UTC+99", "Customized Time Zone", "tzone://Microsoft/Custom"],
)
def test_zone_without_one_offset_is_unknown_unless_the_file_defines_it(tzid: str) -> None:
    unknown = read_entry(f'DTSTART;TZID="{tzid}":20270701T180000')
    defined = read_entry(f'DTSTART;TZID="{tzid}":20270701T180000', odd_zone(tzid))

    assert (unknown.starts_at, len(unknown.remarks)) == (utc(2027, 7, 1, 16), 1)
    assert (defined.starts_at, len(defined.remarks)) == (utc(2027, 7, 1, 14, 30), 1)


@pytest.mark.parametrize("tzid", ["tzone://Microsoft/Utc", "Etc/GMT+5", "w. europe standard time"])
def test_zone_by_a_known_name_is_not_remarked(tzid: str) -> None:
    assert read_entry(f'DTSTART;TZID="{tzid}":20270701T180000').remarks == ()


def test_time_without_a_zone_is_in_the_one_that_the_event_names() -> None:
    entry = read_entry("DTSTART:20270701T180000\nX-EVENT-TIME-ZONE:Asia/Tokyo")

    assert (entry.starts_at, entry.time_zone) == (utc(2027, 7, 1, 9), "Asia/Tokyo")
