"""Test time zones that a calendar defines itself, above all those that would be expensive to read."""

import cProfile
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.calendars import CalendarItem, read_calendar
from events.calendars.entries import parse_calendar
from events.calendars.structure.zone_rules import (
    FIRST_YEAR,
    MAX_ENDLESS_RULES,
    MAX_RULES,
    MAX_ZONE_LENGTH,
    is_affordable,
    with_late_starts,
)

ROME = ZoneInfo("Europe/Rome")
UNKNOWN = ("Unknown time zone “Our Zone”; times were read as Europe/Rome.",)
KEPT = ("The time zone “Our Zone” has no known name; the event is at the right time, but shown in Europe/Rome.",)
# Three and a half hours ahead of UTC, and in summer one hour more.
ZONE = """BEGIN:VTIMEZONE
TZID:Our Zone
BEGIN:STANDARD
DTSTART:{start}
TZOFFSETFROM:+0430
TZOFFSETTO:+0330
{lines}
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:{start}
TZOFFSETFROM:+0330
TZOFFSETTO:+0430
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""


def zone(*lines: str, start: str = "19701025T030000") -> str:
    return ZONE.format(lines="\n".join(lines), start=start)


def calendar(*zones: str, events: int = 1) -> bytes:
    event = "BEGIN:VEVENT\nUID:{}\nSUMMARY:Tea\nDTSTART;TZID=Our Zone:20270701T180000\nEND:VEVENT\n"
    return f"BEGIN:VCALENDAR\n{''.join(zones)}{''.join(map(event.format, range(events)))}END:VCALENDAR\n".encode()


def remarks_of(items: list[CalendarItem]) -> set[tuple[str, ...]]:
    return {item.entry.remarks if item.entry else (item.reason,) for item in items}


HOSTILE = {
    "secondly": ["RRULE:FREQ=SECONDLY"],
    "minutely": ["RRULE:FREQ=MINUTELY;COUNT=999999999"],
    "hourly": ["RRULE:FREQ=HOURLY"],
    "daily": ["RRULE:FREQ=DAILY;UNTIL=99991231T235959Z"],
    "weekly": ["RRULE:FREQ=WEEKLY;COUNT=999999999"],
    "monthly": ["RRULE:FREQ=MONTHLY"],
    "each second of a day a year": [
        f"RRULE:FREQ=YEARLY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}"
    ],
    "30 February": ["RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"],
    "30 February, once a second": ["RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"],
    "month 13": ["RRULE:FREQ=YEARLY;BYMONTH=13;BYDAY=SU"],
    "second Sunday on the first": ["RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=1;BYDAY=2SU"],
    "every day of the year": ["RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU"],
    "except each second": ["RRULE:FREQ=YEARLY", "EXRULE:FREQ=SECONDLY"],
    "300,000 dates": ["RDATE:20200101T000000"] * 300_000,
    "300,000 dates on a line": [f"RDATE:{','.join(['20200101T000000'] * 300_000)}"],
    "rules without end": ["RRULE:FREQ=YEARLY"] * MAX_ENDLESS_RULES,
    "too many rules": ["RRULE:FREQ=YEARLY;COUNT=2"] * MAX_RULES,
    "garbage": ["RRULE:;;=;FREQ=;BYDAY=,,,"],
    "empty": ["RRULE:"],
    "two frequencies": ["RRULE:FREQ=YEARLY;FREQ=SECONDLY"],
    "period without end": ["RDATE;VALUE=PERIOD:19700101T000000/P9999999D"],
    "in lower case": ["rrule:freq=secondly"],
    "with blanks": ["RRULE: FREQ = SECONDLY "],
    "behind a parameter": ['RRULE;X="FREQ=YEARLY":FREQ=SECONDLY'],
    "behind another kind of line end": ["TZNAME:X\u2028RRULE:FREQ=SECONDLY"],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_zone_with_hostile_rules_is_unknown(name: str) -> None:
    # In a separate process, which ends even if this fails.
    assert remarks_of(read_calendar(calendar(zone(*HOSTILE[name])), default_zone=ROME).items) == {UNKNOWN}


@pytest.mark.parametrize(
    "lines",
    [
        ["RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"],
        ["RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10;WKST=MO"],
        # As Lotus Notes writes it.
        ["RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=3;BYDAY=-1SU;BYMONTH=10"],
        ["RRULE:FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=25,26,27,28,29,30,31;BYDAY=SU"],
        ["RRULE:FREQ=YEARLY;UNTIL=20361026T010000Z;BYMONTH=10;BYDAY=-1SU"],
        ["RRULE:FREQ=YEARLY;COUNT=70;BYMONTH=10;BYMONTHDAY=31"],
        [f"RDATE:{year}1025T030000" for year in range(1971, 2038)],
        [],
    ],
)
@pytest.mark.parametrize("start", ["19701025T030000", "16010101T000000", "00010101T000000"])
def test_zone_with_rules_of_real_calendars_keeps_the_moment(lines: list[str], start: str) -> None:
    [item] = parse_calendar(calendar(zone(*lines, start=start)), default_zone=ROME).items

    assert item.entry is not None
    assert (item.entry.starts_at, item.entry.remarks) == (datetime(2027, 7, 1, 13, 30, tzinfo=UTC), KEPT)


@pytest.mark.parametrize(("day", "hour"), [("19800701", 13), ("20270701", 13), ("20270110", 14), ("99980701", 13)])
def test_zone_whose_rules_begin_in_1601_keeps_the_moment_of_any_year(day: str, hour: int) -> None:
    content = calendar(zone("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", start="16010101T000000"))

    [item] = parse_calendar(content.replace(b"20270701", day.encode()), default_zone=ROME).items

    assert item.entry is not None
    assert item.entry.starts_at == datetime(int(day[:4]), int(day[4:6]), int(day[6:]), hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("RRULE:FREQ=YEARLY;UNTIL=20361026T010000Z", f"{FIRST_YEAR}0229T000000"),
        ("rrule:freq=yearly;count=9", "16040229T000000"),
        ("X-RULE:none", "16040229T000000"),
    ],
)
def test_rules_begin_late_unless_they_are_counted(rule: str, start: str) -> None:
    assert with_late_starts(["DTSTART:16040229T000000", rule]) == [f"DTSTART:{start}", rule]


def test_costly_zone_by_a_known_name_is_that_zone() -> None:
    content = calendar(zone("RRULE:FREQ=SECONDLY")).replace(b"Our Zone", b"Asia/Tokyo")

    [item] = read_calendar(content, default_zone=ROME).items

    assert item.entry is not None
    assert (item.entry.starts_at, item.entry.remarks) == (datetime(2027, 7, 1, 9, tzinfo=UTC), ())


def test_costly_zone_beside_one_of_the_same_name_costs_nothing() -> None:
    costly, sound = zone("RRULE:FREQ=SECONDLY"), zone("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10")

    assert remarks_of(read_calendar(calendar(costly, sound, costly), default_zone=ROME).items) == {KEPT}


def test_costly_zone_inside_an_event_counts_as_beside_it() -> None:
    inside = f"SUMMARY:Tea\n{zone('RRULE:FREQ=SECONDLY')}"

    items = read_calendar(calendar().replace(b"SUMMARY:Tea\n", inside.encode()), default_zone=ROME).items

    assert remarks_of(items) == {UNKNOWN}


@pytest.mark.parametrize(
    "begin", ["BEGIN;X=1:VTIMEZONE", "BE GIN:VTIMEZONE", "BEGIN :VTIMEZONE", "beg\u0131n:vtimezone"]
)
def test_costly_zone_inside_an_event_hides_behind_no_spelling(begin: str) -> None:
    inside = f"SUMMARY:Tea\n{zone('RRULE:FREQ=SECONDLY')}".replace("BEGIN:VTIMEZONE", begin)

    [item] = read_calendar(calendar().replace(b"SUMMARY:Tea\n", inside.encode()), default_zone=ROME).items

    assert item.entry is not None
    assert item.entry.remarks[:1] == UNKNOWN


def test_zone_is_affordable_up_to_its_length() -> None:
    start = ["BEGIN:VTIMEZONE", "X-COMMENT:"]
    room = MAX_ZONE_LENGTH - sum(map(len, start))

    assert is_affordable([*start, "x" * room])
    assert not is_affordable([*start, "x" * (room + 1)])


# Calls of functions. Three rules that each count to 999 take less than half as many.
MAX_CALLS = 500_000
NUMBERS = st.integers(-400, 400).map(str) | st.sampled_from(["0", "1", "2", "30", "31", "999999999"])
PARTS = st.one_of(
    st.sampled_from(["FREQ=YEARLY"] * 3 + ["FREQ=SECONDLY", "FREQ=DAILY", "WKST=MO", "UNTIL=99991231T000000Z", "X=1"]),
    st.builds(
        "{}={}".format,
        st.sampled_from(["BYMONTH", "BYMONTHDAY", "BYDAY", "BYHOUR", "BYSETPOS", "BYYEARDAY", "COUNT", "INTERVAL"]),
        st.lists(NUMBERS | st.sampled_from(["SU", "-1SU", "5MO", "+2TU"]), min_size=1, max_size=8).map(",".join),
    ),
)


@given(
    rules=st.lists(st.lists(PARTS, min_size=1, max_size=5).map(lambda parts: f"RRULE:{';'.join(parts)}"), max_size=3),
    start=st.sampled_from(["00010101T000000", "16010101T000000", "19700229T000000", "20270101T000000", "never"]),
)
@settings(max_examples=300, deadline=None)
def test_zone_of_any_rules_is_read_with_little_work(rules: list[str], start: str) -> None:
    profile = cProfile.Profile()

    items = profile.runcall(parse_calendar, calendar(zone(*rules, start=start), events=3), default_zone=ROME).items

    assert len(items) == 3
    assert sum(each.callcount for each in profile.getstats()) < MAX_CALLS
