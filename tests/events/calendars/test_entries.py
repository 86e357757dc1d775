"""Test what is read from calendar files."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from events.calendars import CalendarEntry, CalendarItem
from events.calendars.entries import parse_calendar
from events.exceptions import InvalidCalendar
from tests.paths import DATA

CONFERENCES = DATA / "conferences.ics"
ROME = ZoneInfo("Europe/Rome")

# Rules of no zone in the tz database: three and a half hours ahead of UTC, all year.
ODD_ZONE = """BEGIN:VTIMEZONE
TZID:{tzid}
{extra}BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE
"""


def calendar(*components: str, properties: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\n{properties}{''.join(components)}END:VCALENDAR\n".encode()


def event(lines: str, *, uid: str = "one@example.org") -> str:
    return f"BEGIN:VEVENT\nUID:{uid}\nSUMMARY:Concert\n{lines}\nEND:VEVENT\n"


def odd_zone(tzid: str, *, offset: str = "+0330", extra: str = "") -> str:
    return ODD_ZONE.format(tzid=tzid, offset=offset, extra=extra)


def read(content: bytes) -> list[CalendarItem]:
    return parse_calendar(content, default_zone=ROME).items


def read_entry(lines: str, *more: str, properties: str = "") -> CalendarEntry:
    """Read one event beside other components."""
    entry = read(calendar(event(lines), *more, properties=properties))[0].entry
    assert entry is not None
    return entry


def read_reason(lines: str) -> str:
    item = read(calendar(event(lines)))[0]
    assert item.entry is None
    return item.reason


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


# --- The real file ---


def test_conferences_are_read_with_line_and_summary() -> None:
    items = read(CONFERENCES.read_bytes())

    assert [(item.line, item.summary, item.uid) for item in items] == [
        (5, "Machine Learning Week", "b01dcc0b69da5a68bd44@conference-data"),
        (15, "DeveloperWeek", "0f498146179c2d6265f5@conference-data"),
        (27, "BSides Kraków", "52624bbb74ad800094a0@conference-data"),
        (39, "FOSS-LÄND x OpenChain", "355c156f5bf7e193469b@conference-data"),
    ]


def test_conference_is_whole_days_in_the_default_zone() -> None:
    entry = read(CONFERENCES.read_bytes())[1].entry

    assert entry is not None
    assert (entry.starts_at, entry.ends_at) == (utc(2025, 2, 10, 23), utc(2025, 2, 20, 23))
    assert (entry.all_day, entry.time_zone) == (True, "Europe/Rome")
    assert entry.location == "Santa Clara, CA, U.S.A."
    assert entry.remarks == ()


def test_missing_location_is_empty() -> None:
    entry = read(CONFERENCES.read_bytes())[0].entry

    assert entry is not None
    assert entry.location == ""


# --- Days ---


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        ("DTSTART;VALUE=DATE:20260701", 1),
        ("DTSTART:20260701", 1),
        ("DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260701", 1),
        ("DTSTART;VALUE=DATE:20260701\nDTEND;VALUE=DATE:20260704", 3),
        ("DTSTART;VALUE=DATE:20260701\nDURATION:P2D", 2),
        ("DTSTART;VALUE=DATE:20260701\nDURATION:P1W", 7),
        ("DTSTART;VALUE=DATE:20260701\nDURATION:PT36H", 2),
        ("DTSTART;VALUE=DATE:20260701\nDURATION:PT0S", 1),
        ("DTSTART;TZID=Asia/Tokyo;VALUE=DATE:20260701", 1),
    ],
)
def test_days_run_from_midnight_to_midnight(lines: str, days: int) -> None:
    entry = read_entry(lines)

    assert entry.all_day
    assert entry.time_zone == "Europe/Rome"
    assert entry.starts_at == utc(2026, 6, 30, 22)
    assert entry.ends_at == utc(2026, 6, 30, 22) + timedelta(days=days)


def test_days_are_in_the_zone_of_the_calendar() -> None:
    entry = read_entry("DTSTART;VALUE=DATE:20260701", properties="X-WR-TIMEZONE:Asia/Tokyo\n")

    assert (entry.starts_at, entry.time_zone) == (utc(2026, 6, 30, 15), "Asia/Tokyo")


def test_days_are_in_the_zone_of_the_event_itself() -> None:
    entry = read_entry("DTSTART;VALUE=DATE:20260701\nX-EVENT-TIME-ZONE:Asia/Tokyo")

    assert (entry.starts_at, entry.ends_at) == (utc(2026, 6, 30, 15), utc(2026, 7, 1, 15))
    assert (entry.time_zone, entry.remarks) == ("Asia/Tokyo", ())


# --- Times ---


@pytest.mark.parametrize("name", ["Asia/Tokyo", "asia/tokyo "])
def test_utc_time_is_shown_in_the_zone_of_the_event_itself(name: str) -> None:
    entry = read_entry(f"DTSTART:20260701T180000Z\nX-EVENT-TIME-ZONE:{name}", properties="X-WR-TIMEZONE:Asia/Dubai\n")

    assert (entry.starts_at, entry.time_zone, entry.remarks) == (utc(2026, 7, 1, 18), "Asia/Tokyo", ())


def test_wrong_zone_of_the_event_itself_is_ignored_and_remarked() -> None:
    entry = read_entry("DTSTART:20260701T180000Z\nX-EVENT-TIME-ZONE:Atlantis")

    assert (entry.starts_at, entry.time_zone) == (utc(2026, 7, 1, 18), "UTC")
    assert entry.remarks == ("Its time zone “Atlantis” is unknown and was ignored.",)


def test_utc_time_is_shown_in_utc() -> None:
    entry = read_entry("DTSTART:20260701T180000Z\nDTEND:20260701T200000Z")

    assert (entry.starts_at, entry.ends_at) == (utc(2026, 7, 1, 18), utc(2026, 7, 1, 20))
    assert (entry.all_day, entry.time_zone) == (False, "UTC")


def test_utc_time_is_shown_in_the_zone_of_the_calendar() -> None:
    entry = read_entry("DTSTART:20260701T180000Z", properties="X-WR-TIMEZONE:Asia/Tokyo\n")

    assert (entry.starts_at, entry.time_zone) == (utc(2026, 7, 1, 18), "Asia/Tokyo")


def test_floating_time_is_in_the_default_zone() -> None:
    entry = read_entry("DTSTART:20260701T180000")

    assert (entry.starts_at, entry.time_zone, entry.remarks) == (utc(2026, 7, 1, 16), "Europe/Rome", ())


def test_floating_time_is_in_the_zone_of_the_calendar() -> None:
    entry = read_entry("DTSTART:20260701T180000", properties="X-WR-TIMEZONE:Asia/Tokyo\n")

    assert (entry.starts_at, entry.time_zone) == (utc(2026, 7, 1, 9), "Asia/Tokyo")


@pytest.mark.parametrize(
    "tzid",
    [
        "America/New_York",
        "america/new_york",
        "/freeassociation.sourceforge.net/America/New_York",
        "citadel.org/20260101_1/America/New_York",
        "Eastern Standard Time",
        '"Eastern Standard Time"',
    ],
)
def test_zone_is_known_by_its_names(tzid: str) -> None:
    entry = read_entry(f"DTSTART;TZID={tzid}:20260701T180000")

    assert (entry.starts_at, entry.time_zone, entry.remarks) == (utc(2026, 7, 1, 22), "America/New_York", ())


def test_end_has_its_own_zone() -> None:
    entry = read_entry("DTSTART;TZID=Europe/Rome:20260701T180000\nDTEND;TZID=America/New_York:20260701T180000")

    assert (entry.starts_at, entry.ends_at) == (utc(2026, 7, 1, 16), utc(2026, 7, 1, 22))
    assert entry.time_zone == "Europe/Rome"


def test_unknown_zone_is_read_as_the_default_and_remarked() -> None:
    entry = read_entry("DTSTART;TZID=Atlantis:20260701T180000")

    assert (entry.starts_at, entry.time_zone) == (utc(2026, 7, 1, 16), "Europe/Rome")
    assert entry.remarks == ("Unknown time zone “Atlantis”; times were read as Europe/Rome.",)


def test_zone_of_the_file_keeps_the_moment_and_is_remarked() -> None:
    # The definition may come after the event.
    entry = read_entry("DTSTART;TZID=Our Zone:20260701T180000", odd_zone("Our Zone"))

    assert (entry.starts_at, entry.time_zone) == (utc(2026, 7, 1, 14, 30), "Europe/Rome")
    remark = "The time zone “Our Zone” has no known name; the event is at the right time, but shown in Europe/Rome."
    assert entry.remarks == (remark,)


def test_zone_of_the_file_is_known_by_its_location_where_they_agree() -> None:
    definition = odd_zone("Winter", offset="+0100", extra="X-LIC-LOCATION:Europe/Berlin\n")

    winter = read_entry("DTSTART;TZID=Winter:20260101T180000", definition)
    summer = read_entry("DTSTART;TZID=Winter:20260701T180000", definition)

    assert (winter.starts_at, winter.time_zone, winter.remarks) == (utc(2026, 1, 1, 17), "Europe/Berlin", ())
    assert (summer.starts_at, summer.time_zone, len(summer.remarks)) == (utc(2026, 7, 1, 17), "Europe/Rome", 1)


def test_zone_by_a_known_name_outweighs_the_rules_of_the_file() -> None:
    entry = read_entry("DTSTART;TZID=Europe/Berlin:20260701T180000", odd_zone("Europe/Berlin", offset="+0100"))

    assert (entry.starts_at, entry.remarks) == (utc(2026, 7, 1, 16), ())


def test_broken_zone_costs_only_its_definition() -> None:
    broken = "BEGIN:VTIMEZONE\nTZID:Broken\nEND:VTIMEZONE\n"

    entry = read_entry("DTSTART;TZID=Broken:20260701T180000", broken)

    assert entry.remarks == ("Unknown time zone “Broken”; times were read as Europe/Rome.",)


def test_skipped_time_is_read_with_the_offset_before() -> None:
    entry = read_entry("DTSTART;TZID=Europe/Rome:20260329T023000")

    assert entry.starts_at == utc(2026, 3, 29, 1, 30)


def test_repeated_time_is_the_first() -> None:
    entry = read_entry("DTSTART;TZID=Europe/Rome:20261025T023000")

    assert entry.starts_at == utc(2026, 10, 25, 0, 30)


@pytest.mark.parametrize(
    ("lines", "ends_at"),
    [
        ("DTSTART:20260701T180000Z", None),
        ("DTSTART:20260701T180000Z\nDTEND:20260701T180000Z", None),
        ("DTSTART:20260701T180000Z\nDURATION:PT0S", None),
        ("DTSTART:20260701T180000Z\nDURATION:PT1H30M", utc(2026, 7, 1, 19, 30)),
        # Over the night in which an hour is repeated: a day ends at the same local time, hours are counted as hours.
        ("DTSTART;TZID=Europe/Rome:20261024T120000\nDURATION:P1D", utc(2026, 10, 25, 11)),
        ("DTSTART;TZID=Europe/Rome:20261024T120000\nDURATION:PT23H", utc(2026, 10, 25, 9)),
    ],
)
def test_entry_ends_at_its_end_or_after_its_duration(lines: str, ends_at: datetime | None) -> None:
    assert read_entry(lines).ends_at == ends_at


# --- Texts ---


def test_text_is_unescaped_and_unfolded() -> None:
    entry = read_entry("DTSTART:20260701T180000Z\nLOCATION:Rome\\, Italy\\; hall \\\\ 1\nDESCRIPTION:One\\nTw\n o")

    assert entry.location == "Rome, Italy; hall \\ 1"
    assert entry.description == "One\nTwo"


def test_fold_inside_a_character_is_undone() -> None:
    content = calendar(event("DTSTART:20260701T180000Z\nLOCATION:Zürich"))

    item = read(content.replace("ü".encode(), b"\xc3\r\n \xbc"))[0]

    assert item.entry is not None
    assert item.entry.location == "Zürich"


@pytest.mark.parametrize(
    ("lines", "description"),
    [
        ("URL:https://example.org", "https://example.org"),
        ("URL:https://example.org\nDESCRIPTION:Bring a friend", "Bring a friend\n\nhttps://example.org"),
        ("URL:https://example.org\nDESCRIPTION:See https://example.org", "See https://example.org"),
        ("DESCRIPTION:First\nDESCRIPTION:Second", "First"),
    ],
)
def test_url_joins_the_description_once(lines: str, description: str) -> None:
    assert read_entry(f"DTSTART:20260701T180000Z\n{lines}").description == description


def test_status_cancelled_is_kept() -> None:
    assert read_entry("DTSTART:20260701T180000Z\nSTATUS:CANCELLED").is_cancelled
    assert read_entry("DTSTART:20260701T180000Z", properties="METHOD:CANCEL\n").is_cancelled
    assert not read_entry("DTSTART:20260701T180000Z\nSTATUS:CONFIRMED").is_cancelled


# --- Who may see it ---


@pytest.mark.parametrize("lines", ["", "CLASS:PUBLIC\n", "class: public \n", "CLASS:PUBLIC\nCLASS:PUBLIC\n"])
def test_event_without_a_class_or_with_public_is_not_private(lines: str) -> None:
    entry = read_entry(f"{lines}DTSTART:20260701T180000Z")

    assert (entry.is_private, entry.remarks) == (False, ())


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("CLASS:PRIVATE", "PRIVATE"),
        ("CLASS:CONFIDENTIAL", "CONFIDENTIAL"),
        ("class; x-a=b: Private ", "Private"),
        ("CLASS:X-BOARD-ONLY", "X-BOARD-ONLY"),
        ("CLASS:PUBLIC\\, not", "PUBLIC, not"),
        ("CLASS:", ""),
        ("CLASS:PUBLIC\nCLASS:PRIVATE", "PRIVATE"),
    ],
)
def test_event_of_any_other_class_is_private_and_remarked(lines: str, name: str) -> None:
    entry = read_entry(f"{lines}\nDTSTART:20260701T180000Z")

    assert (entry.is_private, entry.remarks) == (
        True,
        (f"The file marks it as not public (CLASS:{name}), so it isn’t public here.",),
    )


@pytest.mark.parametrize("line", ["CLASS;:PRIVATE", 'class;x="a:PRIVATE', "CLASS;X:PRIVATE", "CLASS PRIVATE"])
def test_event_whose_class_cannot_be_read_is_private(line: str) -> None:
    entry = read_entry(f"CLASS:PUBLIC\n{line}\nDTSTART:20260701T180000Z")

    assert entry.is_private
    assert entry.remarks == (
        "Line 6 can’t be read and was left out.",
        "The file marks it as not public (CLASS:), so it isn’t public here.",
    )


# --- Recurrence and repetition ---


def test_recurring_event_is_its_first_occurrence_and_says_how_it_recurs() -> None:
    entry = read_entry("DTSTART:20260701T180000Z\nRRULE:FREQ=WEEKLY")

    assert entry.starts_at == utc(2026, 7, 1, 18)
    assert (entry.recurrence, entry.remarks) == ("Every week on Wednesday", ())


def test_changed_occurrence_is_left_out_wherever_it_stands() -> None:
    series = event("DTSTART:20260701T180000Z\nRRULE:FREQ=WEEKLY")
    occurrence = event("DTSTART:20260708T190000Z\nRECURRENCE-ID:20260708T180000Z\nSEQUENCE:3")

    items = read(calendar(occurrence, series))

    assert items[0].reason == (
        "It changes one date of the recurring event on line 9, of which only the first is imported."
    )
    assert items[1].entry is not None


def test_occurrence_without_its_series_is_an_event() -> None:
    assert read_entry("DTSTART:20260708T190000Z\nRECURRENCE-ID:20260708T180000Z").starts_at == utc(2026, 7, 8, 19)


def test_entry_with_the_highest_sequence_of_a_uid_counts() -> None:
    older = event("DTSTART:20260701T180000Z\nSEQUENCE:1")
    newer = event("DTSTART:20260702T180000Z\nSEQUENCE:2")

    items = read(calendar(older, newer, newer))

    assert [item.reason for item in items] == [
        "The file has another version of this event, with the same UID.",
        "",
        "The file has another version of this event, with the same UID.",
    ]


# --- What makes no event ---


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("", "It has no start (DTSTART)."),
        ("DTSTART:2026", "The date in DTSTART can’t be read: “2026” is neither a date nor a date with a time."),
        ("DTSTART:", "The date in DTSTART can’t be read: “” is neither a date nor a date with a time."),
        ("DTSTART:20260230T100000Z", "The date in DTSTART can’t be read: “20260230T100000Z” isn’t a date that exists."),
        ("DTSTART:20260228T250000Z", "The date in DTSTART can’t be read: “20260228T250000Z” isn’t a date that exists."),
        (
            "DTSTART:20260228T100000+9900",
            "The date in DTSTART can’t be read: “20260228T100000+9900” isn’t a date that exists.",
        ),
        (
            "DTSTART;VALUE=TEXT:soon",
            "The date in DTSTART can’t be read: “soon” is neither a date nor a date with a time.",
        ),
        ("DTSTART:PT1H", "The date in DTSTART can’t be read: “PT1H” is neither a date nor a date with a time."),
        ("DTSTART;VALUE=DATE:99991231", "That date is out of range."),
        ("DTSTART;TZID=Asia/Tokyo:00010101T000000", "That date is out of range."),
    ],
)
def test_unreadable_event_says_why(lines: str, reason: str) -> None:
    assert read_reason(lines) == reason


def test_other_components_say_what_they_are() -> None:
    items = read(calendar("BEGIN:VTODO\nUID:todo\nEND:VTODO\n", event("DTSTART:20260701T180000Z")))

    assert [item.reason for item in items] == ["This isn’t an event (VTODO).", ""]


def test_period_without_end_costs_nothing() -> None:
    entry = read_entry("FREEBUSY:19700101T000000Z/P9999999D\nDTSTART:20260701T180000Z")

    assert (entry.starts_at, entry.remarks) == (utc(2026, 7, 1, 18), ())


def test_line_that_cannot_be_read_costs_only_itself() -> None:
    entry = read_entry("DTSTART:20260701T180000Z\nthis is no property of its CLASS")

    assert entry.remarks == ("Line 6 can’t be read and was left out.",)
    assert not entry.is_private


def test_zone_that_is_a_folder_of_zones_is_unknown() -> None:
    entry = read_entry("DTSTART;TZID=Europe:20260701T180000")

    assert entry.remarks == ("Unknown time zone “Europe”; times were read as Europe/Rome.",)


# --- What is no calendar ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"hello", "This isn’t an iCalendar file (.ics): line 1 isn’t BEGIN:VCALENDAR."),
        (b"<!DOCTYPE html>\n<html>", "This isn’t an iCalendar file (.ics): line 1 isn’t BEGIN:VCALENDAR."),
        (b"BEGIN:VCARD\nEND:VCARD\n", "This isn’t an iCalendar file (.ics): line 1 isn’t BEGIN:VCALENDAR."),
        (b"\0\0\0", "This isn’t an iCalendar file (.ics): line 1 isn’t BEGIN:VCALENDAR."),
    ],
)
def test_file_that_is_no_calendar_says_why(content: bytes, message: str) -> None:
    with pytest.raises(InvalidCalendar) as refusal:
        read(content)

    assert refusal.value.message == message


def test_calendar_without_events_holds_nothing() -> None:
    assert read(calendar()) == []


def test_byte_order_mark_and_several_calendars_are_read() -> None:
    first = calendar(event("DTSTART:20260701T180000"), properties="X-WR-TIMEZONE:Asia/Tokyo\n")
    second = calendar(event("DTSTART:20260701T180000", uid="two@example.org"))

    items = read(b"\xef\xbb\xbf" + first + second)

    assert [item.entry.time_zone for item in items if item.entry] == ["Asia/Tokyo", "Europe/Rome"]
