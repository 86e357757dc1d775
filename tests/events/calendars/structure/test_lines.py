"""Test files whose lines or structure break the rules: what is read, and what the report says."""

from datetime import UTC, datetime

import pytest

from events.calendars import CalendarEntry, CalendarFile
from events.calendars.entries import parse_calendar
from events.calendars.structure.blocks import read_blocks
from events.local_time import zone_named

ROME = zone_named("Europe/Rome")
EVENT = "BEGIN:VEVENT\nUID:{}\nSUMMARY:Concert\nDTSTART:20270310T180000Z\n{}END:VEVENT\n"


def event(lines: str = "", uid: str = "one") -> str:
    return EVENT.format(uid, lines)


def calendar(*components: str) -> str:
    return f"BEGIN:VCALENDAR\n{''.join(components)}END:VCALENDAR\n"


def read(content: str | bytes) -> CalendarFile:
    return parse_calendar(content.encode() if isinstance(content, str) else content, default_zone=ROME)


def entries(calendar: CalendarFile) -> list[CalendarEntry]:
    return [item.entry for item in calendar.items if item.entry]


def read_entry(content: str | bytes) -> CalendarEntry:
    [entry] = entries(read(content))
    return entry


# --- What is outside of calendars ---


@pytest.mark.parametrize(
    "after",
    ["X-COMMENT:cached", "<p>Footer</p>", "  <p>Footer</p>", "\0\0\0", "\x1a", "END:VCALENDAR", "BEGIN:VCARD"],
)
def test_line_after_the_calendar_is_left_out_and_named(after: str) -> None:
    found = read(f"{calendar(event())}{after}\n")

    assert (len(entries(found)), found.is_complete) == (1, True)
    assert found.remarks == ("Line 8 is outside the calendar and was left out.",)


def test_lines_before_and_between_calendars_are_counted() -> None:
    found = read(f"HTTP/1.1 200 OK\nServer: x\n\n{calendar(event())}a\nb\n\n{calendar(event(uid='two'))}c\n")

    assert len(entries(found)) == 2
    assert found.remarks == ("Lines 1, 2, 11 and 2 more are outside the calendar and were left out.",)


@pytest.mark.parametrize("mark", ["\ufeff", "\n\n", "\ufeff\n"])
def test_blank_lines_and_byte_order_marks_anywhere_go_without_saying(mark: str) -> None:
    found = read(f"{mark}{calendar(event())}{mark}{calendar(mark, event(mark, uid='two'))}{mark}")

    assert (len(entries(found)), found.remarks) == (2, ())


def test_events_outside_of_a_calendar_are_read_with_what_the_last_one_says() -> None:
    before = "BEGIN:VCALENDAR\nX-WR-TIMEZONE:Asia/Tokyo\nEND:VCALENDAR\n"
    found = read(f"{before}{event()}<p>Footer</p>\n{event(uid='two')}")

    assert [entry.time_zone for entry in entries(found)] == ["Asia/Tokyo", "Asia/Tokyo"]
    assert found.remarks == (
        "Line 9 is outside the calendar and was left out.",
        "The events that begin on lines 4, 10 are outside the calendar, but were read.",
    )


# --- Ends that are missing or wrong ---


@pytest.mark.parametrize("cut", ["DTSTART:2027", "END:VEVEN"])
def test_file_that_was_cut_off_is_read_up_to_there(cut: str) -> None:
    content = calendar(event(), event(uid="two"))
    found = read(content[: content.rindex(cut) + len(cut)])

    assert (len(entries(found)), found.is_complete) == (1, False)
    assert (found.items[1].uid, found.items[1].reason) == ("two", "The file breaks off in the middle of this event.")
    assert found.remarks == (
        "The calendar that begins on line 1 has no END:VCALENDAR. The file may have been cut off, so entries may be "
        "missing.",
    )


def test_file_that_was_cut_off_between_events_is_not_complete() -> None:
    found = read(calendar(event()).removesuffix("END:VCALENDAR\n"))

    assert ([item.reason for item in found.items], found.is_complete) == ([""], False)


def test_calendar_after_one_that_was_cut_off_is_read() -> None:
    found = read(calendar(event()).removesuffix("END:VEVENT\nEND:VCALENDAR\n") + calendar(event(uid="two")))

    assert [item.uid for item in found.items if item.entry] == ["two"]
    assert not found.is_complete


@pytest.mark.parametrize(
    ("lines", "uids", "line"),
    [
        (event().removesuffix("END:VEVENT\n") + event(uid="two"), ["one", "two"], 2),
        (event().removesuffix("END:VEVENT\n"), ["one"], 2),
        (event("BEGIN:VALARM\nDESCRIPTION:Soon\n"), ["one"], 6),
    ],
)
def test_end_that_is_missing_is_remarked(lines: str, uids: list[str], line: int) -> None:
    found = read(calendar(lines))

    assert [entry.uid for entry in entries(found)] == uids
    assert entries(found)[0].remarks == (f"What begins on line {line} has no END line.",)
    assert found.is_complete


def test_end_without_a_beginning_is_left_out() -> None:
    found = read(calendar("END:VEVENT\n", event("END:VALARM\n")))

    assert entries(found)[0].remarks == ("Line 7 ends something that didn’t begin, and was left out.",)
    assert found.remarks == ("Line 2 ends something that didn’t begin, and was left out.",)


def test_alarms_do_not_speak_for_the_event() -> None:
    alarm = "BEGIN:VALARM\nDESCRIPTION:Alarm\nSUMMARY:Alarm\nCLASS:PRIVATE\nBEGIN:X\nEND:X\nUID:3\nEND:VALARM\n"

    entry = read_entry(calendar(event(alarm)))

    assert (entry.uid, entry.headline, entry.description, entry.is_private) == ("one", "Concert", "", False)


def test_components_contain_their_own_lines_and_zones_also_those_of_their_rules() -> None:
    zone = "BEGIN:VTIMEZONE\nTZID:A\nBEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
    alarm = "BEGIN:VALARM\nACTION:AUDIO\nBEGIN:X\nA:B\nEND:X\nEND:VALARM\nATTENDEE:mailto:a@example.org\n"

    [found] = read_blocks(calendar(zone, event(f"{alarm}URL:https://example.org\n")).encode()).calendars

    assert [block.lines for block in found.blocks] == [
        ["TZID:A", "BEGIN:STANDARD", "TZOFFSETTO:+0100", "END:STANDARD"],
        ["UID:one", "SUMMARY:Concert", "DTSTART:20270310T180000Z", "URL:https://example.org"],
    ]
    assert found.blocks[1].numbers == [9, 10, 11, 19]


# --- Line breaks that are not escaped ---


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("One\nTwo", "One\nTwo"),
        ("One\n\nTwo", "One\n\nTwo"),
        ("One\nTwo\n Three", "One\nTwoThree"),
        ("One\nNote: bring scores", "One\nNote: bring scores"),
        ("One\nATTENTION: no lift", "One\nATTENTION: no lift"),
        ("One\nLocation: room 5", "One\nLocation: room 5"),
        ("One\nhttps://example.org", "One\nhttps://example.org"),
        ("One\n18:00 doors open\n19:00 music", "One\n18:00 doors open\n19:00 music"),
        ("One\nclassical music", "One\nclassical music"),
        ("One\nEnd: late", "One\nEnd: late"),
        ("One\nX-FOO:bar\nTRANSP:OPAQUE\nNEW-NAME:bar", "One"),
        ("One\nX-ALT-DESC:Other\nTwo", "One"),
    ],
)
def test_lines_that_a_break_tore_off_a_description_are_part_of_it(text: str, description: str) -> None:
    assert read_entry(calendar(event(f"DESCRIPTION:{text}\n"))).description == description


def test_lines_that_were_torn_off_are_named() -> None:
    entry = read_entry(calendar(event("DESCRIPTION:One\nTwo\n\nThree\nLOCATION:Rome\n")))

    assert entry.remarks == ("Lines 7, 9 seem to belong to the texts before them and were added to them.",)
    assert (entry.description, entry.location) == ("One\nTwo\n\nThree", "Rome")


def test_file_in_small_letters_is_read() -> None:
    small = event("DESCRIPTION:One\n").replace("BEGIN:VEVENT", "begin:vevent").replace("END:VEVENT", "end:vevent")
    entry = read_entry(calendar(small.replace("SUMMARY", "summary").replace("DESCRIPTION", "description")))

    assert (entry.headline, entry.description, entry.remarks) == ("Concert", "One", ())


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("X-WR-CALNAME:Choir\nof Rome", "Line 3 seems to belong to the text before it and was added to it."),
        ("X-WR-CALNAME:Choir of Rome\nVERSION:2.0\nrubbish", "Line 4 can’t be read and was left out."),
        ("X-WR-CALNAME:Choir of Rome\nREFRESH-INTERVAL;VALUE=DURATION:often", None),
        ("NAME:Choir of Rome\nREFRESH-INTERVAL;X:PT1H", "Line 3 can’t be read and was left out."),
    ],
)
def test_broken_property_of_a_calendar_costs_only_itself(line: str, remark: str | None) -> None:
    found = read(calendar(f"{line}\n", event()))

    assert (found.name, len(entries(found))) == ("Choir of Rome", 1)
    assert found.remarks == (() if remark is None else (remark,))


# --- Encodings ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_file_in_unicode_is_read(encoding: str, end: str) -> None:
    content = calendar(event("LOCATION:Zürich\n")).replace("\n", end)

    found = read(content.encode(encoding))

    assert [(entry.location, entry.remarks) for entry in entries(found)] == [("Zürich", ())]
    assert found.remarks == ()


def test_lines_that_are_not_utf_8_are_read_as_cp1252() -> None:
    content = calendar(event("LOCATION:Zürich\nDESCRIPTION:„Genève“\nCOMMENT:ü\n")).encode("cp1252")
    mixed = content.replace(b"SUMMARY:Concert", "SUMMARY:Fête ".encode() + b"\x80")

    found = read(mixed)

    [entry] = entries(found)
    assert (entry.headline, entry.location, entry.description) == ("Fête €", "Zürich", "„Genève“")
    assert found.remarks == (
        "Lines 4, 6, 7 and 1 more aren’t encoded in UTF-8 and were read as Western European text (CP1252).",
    )


@pytest.mark.parametrize("charset", ["ISO-8859-2", "windows-1250"])
def test_charset_that_a_property_names_counts(charset: str) -> None:
    content = calendar(event(f"LOCATION;CHARSET={charset}:Łódź\n")).encode(charset)

    found = read(content)

    assert (entries(found)[0].location, found.remarks) == ("Łódź", ())


def test_control_characters_are_left_out_and_named() -> None:
    found = read(calendar("X-WR-CALNAME:A\0\n", event("LOC\x08ATION:Ro\x1bme\n", uid="o\x07ne")))

    [entry] = entries(found)
    assert (entry.uid, entry.location, found.name) == ("one", "Rome", "A")
    assert entry.remarks == ("Invalid characters in lines 4, 7 were left out.",)
    assert found.remarks == ("Invalid characters in line 2 were left out.",)


# --- vCalendar 1.0 ---


@pytest.mark.parametrize(
    ("line", "description"),
    [
        ("DESCRIPTION;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Caf=C3=A9=0D=0Aline two", "Café\nline two"),
        ("DESCRIPTION;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:Caf=E9", "Café"),
        ("DESCRIPTION;QUOTED-PRINTABLE:Caf=C3=A9", "Café"),
        ("description;encoding=quoted-printable:Caf=c3=a9", "Café"),
        ("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:Caf=C3=\n=A9 and=\n more=\n", "Café and more"),
        ("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:Caf=C3=A9=", "Café"),
        ("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:Caf=E9", "Café"),
        ("DESCRIPTION;ENCODING=QUOTED-PRINTABLE:Bell=07", "Bell"),
        ("DESCRIPTION;ENCODING=BASE64:Q2Fmw6k=", "Café"),
        ("DESCRIPTION;ENCODING=B;VALUE=BINARY:Q2Fmw6k=", "Café"),
        ("DESCRIPTION;BASE64:Q2Fm\n w6k=", "Café"),
        ("DESCRIPTION;ENCODING=BASE64:Caf", "Caf"),
        ("DESCRIPTION;ENCODING=8BIT:1=31", "1=31"),
    ],
)
def test_encoded_text_is_decoded(line: str, description: str) -> None:
    assert read_entry(calendar("VERSION:1.0\n", event(f"{line}\n"))).description == description


def test_rule_of_vcalendar_1_costs_no_event() -> None:
    entry = read_entry(calendar("VERSION:1.0\n", event("RRULE:W1 WE #0\nAALARM;TYPE=X:20270310T170000;;;\n")))

    assert entry.starts_at == datetime(2027, 3, 10, 18, tzinfo=UTC)
    assert entry.remarks == ("Its rule can’t be evaluated, so its stated start is used.",)


def test_encoded_class_is_private() -> None:
    assert read_entry(calendar(event("CLASS;ENCODING=QUOTED-PRINTABLE:PRIV=41TE\n"))).is_private
