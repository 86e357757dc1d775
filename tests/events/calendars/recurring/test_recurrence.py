"""Test the first date of what recurs, and how it is said in words."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from events.calendars import CalendarItem, read_calendar
from events.calendars.recurring.rule_words import recurrence_in_words
from events.calendars.recurring.rules import read_rule
from tests.events.calendars.test_entries import calendar, event, read, read_entry, read_reason, utc

WEEKLY = "DTSTART:20270310T180000Z\nDTEND:20270310T190000Z\nRRULE:FREQ=WEEKLY;COUNT=4"
NONE_LEFT = "No date of this event is left."
OTHER_VERSION = "The file has another version of this event, with the same UID."
UNKNOWN_RULE = "Its rule can’t be evaluated, so its stated start is used."


def changed(original: str, lines: str, *, title: str = "Moved") -> str:
    return event(f"RECURRENCE-ID{original}\n{lines}").replace("Concert", title)


def starts(items: list[CalendarItem]) -> list[datetime | None]:
    return [item.entry.starts_at if item.entry else None for item in items]


# --- Dates that are left out, and further ones ---


@pytest.mark.parametrize(
    ("lines", "starts_at"),
    [
        ("", utc(2027, 3, 10, 18)),
        ("EXDATE:20270310T180000Z", utc(2027, 3, 17, 18)),
        ("EXDATE:20270310T180000Z,20270317T180000Z", utc(2027, 3, 24, 18)),
        ("EXDATE:20270310T180000Z\nEXDATE:20270317T180000Z", utc(2027, 3, 24, 18)),
        ("EXDATE;TZID=Asia/Tokyo:20270311T030000", utc(2027, 3, 17, 18)),
        ("EXDATE;VALUE=DATE:20270310", utc(2027, 3, 17, 18)),
        ("EXDATE:20270310T180000", utc(2027, 3, 17, 18)),
        ("EXDATE:20270310T170000Z", utc(2027, 3, 10, 18)),
        ("EXRULE:FREQ=WEEKLY;COUNT=2", utc(2027, 3, 24, 18)),
        ("RDATE:20270301T080000Z", utc(2027, 3, 1, 8)),
        ("RDATE;VALUE=PERIOD:20270301T080000Z/PT5H", utc(2027, 3, 1, 8)),
        ("RDATE:20270312T080000Z\nEXDATE:20270310T180000Z", utc(2027, 3, 12, 8)),
        ("RDATE;VALUE=DATE:20270301", utc(2027, 3, 1, 18)),
    ],
)
def test_first_date_is_the_first_that_is_left(lines: str, starts_at: datetime) -> None:
    entry = read_entry(f"{WEEKLY}\n{lines}")

    assert entry.starts_at == starts_at
    assert entry.ends_at is not None
    assert (entry.ends_at - starts_at).seconds == 3600
    assert entry.remarks == ()


@pytest.mark.parametrize(
    ("lines", "day"),
    [
        ("EXDATE;VALUE=DATE:20270310", 17),
        ("EXDATE:20270310", 17),
        ("EXDATE:20270310T000000", 17),
        ("EXDATE:20270309T230000Z", 17),
        ("RDATE;VALUE=DATE:20270301", 1),
    ],
)
def test_first_day_is_the_first_that_is_left(lines: str, day: int) -> None:
    entry = read_entry(f"DTSTART;VALUE=DATE:20270310\nRRULE:FREQ=WEEKLY\n{lines}")

    assert (entry.starts_at, entry.ends_at) == (utc(2027, 3, day) - timedelta(hours=1), utc(2027, 3, day, 23))


def test_rule_runs_in_the_zone_of_the_event_and_keeps_its_length() -> None:
    lines = "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20270321T120000"
    by_duration = read_entry(f"DTSTART;TZID=Europe/Berlin:20270321T120000\nDURATION:P1D\n{lines}")
    by_end = read_entry(f"DTSTART;TZID=Europe/Berlin:20270321T120000\nDTEND:20270322T110000Z\n{lines}")

    # In summer, noon is an hour earlier in UTC.
    assert (by_duration.starts_at, by_duration.ends_at) == (utc(2027, 3, 28, 10), utc(2027, 3, 29, 10))
    assert (by_end.starts_at, by_end.ends_at) == (utc(2027, 3, 28, 10), utc(2027, 3, 29, 10))


@pytest.mark.parametrize(
    "lines",
    [
        "RRULE:FREQ=WEEKLY;COUNT=1\nEXDATE:20270310T180000Z",
        "RRULE:FREQ=WEEKLY;UNTIL=20270309T000000Z",
        "RRULE:FREQ=WEEKLY;UNTIL=20270310T180000Z\nEXDATE:20270310T180000Z",
        "RRULE:FREQ=WEEKLY;UNTIL=20270316\nEXDATE;VALUE=DATE:20270310",
        "EXDATE:20270310T180000Z",
        "RRULE:FREQ=DAILY\nEXRULE:FREQ=DAILY",
        # There is no such date, so only a limit ends the search.
        "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\nEXDATE:20270310T180000Z",
        "RRULE:FREQ=WEEKLY;INTERVAL=10000;BYMONTH=2;BYMONTHDAY=30\nEXDATE:20270310T180000Z",
        "RRULE:FREQ=YEARLY;BYDAY=MO;BYSETPOS=100\nEXDATE:20270310T180000Z",
    ],
)
def test_event_of_which_no_date_is_left_says_so(lines: str) -> None:
    assert read_reason(f"DTSTART:20270310T180000Z\n{lines}") == NONE_LEFT


def test_last_date_of_a_rule_counts() -> None:
    lines = "EXDATE:20270310T180000Z\nRRULE:FREQ=WEEKLY;UNTIL="

    assert read_entry(f"DTSTART:20270310T180000Z\n{lines}20270317T180000Z").starts_at == utc(2027, 3, 17, 18)
    assert read_entry(f"DTSTART:20270310T180000Z\n{lines}20270317").starts_at == utc(2027, 3, 17, 18)
    assert read_reason(f"DTSTART:20270310T180000Z\n{lines}20270317T175959Z") == NONE_LEFT


@pytest.mark.parametrize(
    "rule",
    [
        "W1 WE #10",
        "garbage",
        "",
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=9",
        "FREQ=FORTNIGHTLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=99999999999",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYDAY=1MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=20MO",
        "FREQ=DAILY;UNTIL=never",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;BYHOUR=0,1,2,3,4;BYMINUTE=0,1,2,3,4",
        f"FREQ=YEARLY;BYYEARDAY={','.join(map(str, range(1, 100)))}",
    ],
)
def test_event_whose_rule_cannot_be_evaluated_keeps_its_start(rule: str) -> None:
    entry = read_entry(f"DTSTART:20270310T180000Z\nEXDATE:20270310T180000Z\nRRULE:{rule}")

    assert (entry.starts_at, entry.remarks) == (utc(2027, 3, 10, 18), (UNKNOWN_RULE,))
    assert entry.recurrence.startswith("Repeats (")


def test_date_in_a_list_that_cannot_be_read_is_left_out() -> None:
    entry = read_entry(f"{WEEKLY}\nEXDATE:20270310T180000Z,soon,\nEXDATE:later\nRDATE:00010101T000000+1400")

    assert entry.starts_at == utc(2027, 3, 17, 18)
    assert entry.remarks == (
        "A date in EXDATE can’t be read and was left out.",
        "A date in RDATE can’t be read and was left out.",
    )


def test_event_with_too_many_lines_costs_only_itself() -> None:
    endless = event("EXDATE:20270310T180000Z\n" * 10_001)

    items = read(calendar(endless, event(WEEKLY).replace("one@", "two@")))

    assert [item.reason for item in items] == ["It has more than 10,000 lines.", ""]


# --- Dates that components of their own change ---


def test_first_date_that_was_moved_has_its_own_texts_and_times() -> None:
    moved = changed(":20270310T180000Z", "DTSTART:20270311T200000Z\nDTEND:20270311T210000Z\nSEQUENCE:7")

    series, single = read(calendar(event(WEEKLY), moved))

    assert series.entry is not None
    assert (series.entry.starts_at, series.entry.ends_at) == (utc(2027, 3, 11, 20), utc(2027, 3, 11, 21))
    assert (series.entry.headline, series.entry.uid) == ("Moved", "one@example.org")
    assert series.entry.recurrence == "Every week on Wednesday, 4 times"
    assert series.entry.remarks == ("Its first date was changed, on line 9.",)
    assert single.reason == "It changes the first date of the recurring event on line 2 and was read with it."


@pytest.mark.parametrize(
    ("single", "starts_at"),
    [
        # Moved behind others, or before them.
        (changed(":20270310T180000Z", "DTSTART:20270330T180000Z"), utc(2027, 3, 17, 18)),
        (changed(":20270331T180000Z", "DTSTART:20270301T180000Z"), utc(2027, 3, 1, 18)),
        (changed(";TZID=Asia/Tokyo:20270311T030000", "DTSTART:20270330T180000Z"), utc(2027, 3, 17, 18)),
        (changed(";VALUE=DATE:20270310", "DTSTART:20270330T180000Z"), utc(2027, 3, 17, 18)),
        # Cancelled, even without times.
        (changed(":20270310T180000Z", "DTSTART:20270310T180000Z\nSTATUS:CANCELLED"), utc(2027, 3, 17, 18)),
        (changed(":20270310T180000Z", "STATUS:CANCELLED"), utc(2027, 3, 17, 18)),
        (changed(":20270317T180000Z", "DTSTART:20270317T180000Z\nSTATUS:CANCELLED"), utc(2027, 3, 10, 18)),
        # All from a date on.
        (changed(";RANGE=THISANDFUTURE:20270310T180000Z", "DTSTART:20270310T200000Z"), utc(2027, 3, 10, 20)),
        (changed(";RANGE=THISANDFUTURE:20270317T180000Z", "DTSTART:20270317T200000Z"), utc(2027, 3, 10, 18)),
    ],
)
def test_first_date_is_the_first_after_all_changes(single: str, starts_at: datetime) -> None:
    assert starts(read(calendar(event(WEEKLY), single))) == [starts_at, None]
    assert starts(read(calendar(single, event(WEEKLY)))) == [None, starts_at]


def test_series_whose_dates_are_all_cancelled_from_the_first_on_has_none_left() -> None:
    single = changed(";RANGE=THISANDFUTURE:20270310T180000Z", "DTSTART:20270310T180000Z\nSTATUS:CANCELLED")

    assert read(calendar(event(WEEKLY), single))[0].reason == NONE_LEFT


def test_latest_of_several_changes_of_a_date_counts() -> None:
    older = changed(":20270310T180000Z", "DTSTART:20270311T180000Z\nSEQUENCE:1")
    newer = changed(":20270310T180000Z", "DTSTART:20270312T180000Z\nSEQUENCE:2")

    items = read(calendar(event(WEEKLY), older, newer))

    assert starts(items) == [utc(2027, 3, 12, 18), None, None]
    assert items[1].reason == OTHER_VERSION


def test_sequence_of_a_series_is_not_that_of_its_dates() -> None:
    """A change of the whole series often removes those of single dates, and must not count as an older version."""
    moved = changed(":20270310T180000Z", "DTSTART:20270311T200000Z\nSEQUENCE:7")

    entries = [read(calendar(event(f"{WEEKLY}\nSEQUENCE:1"), *others))[0].entry for others in ([moved], [])]

    assert [entry and entry.sequence for entry in entries] == [1, 1]


@pytest.mark.parametrize(
    ("single", "is_uncertain"),
    [
        (changed(":20270310T180000Z", "DTSTART:tomorrow"), True),
        (changed(":Wednesday", "DTSTART:20270311T180000Z"), True),
        (changed(":20270317T180000Z", "DTSTART:tomorrow"), False),
        (changed(":20270310T180000Z", "DTSTART:20270311T180000Z"), False),
    ],
)
def test_first_date_is_uncertain_if_a_change_of_it_cannot_be_read(single: str, is_uncertain: bool) -> None:
    entry = read(calendar(event(WEEKLY), single))[0].entry

    assert entry is not None
    assert entry.is_uncertain == is_uncertain


def test_first_date_is_uncertain_if_the_file_is_cut_off() -> None:
    content = calendar(event(WEEKLY), event("DTSTART:20270310T180000Z").replace("one@", "two@"))

    for part, expected in ((content, [False, False]), (content[: content.index(b"END:VCALENDAR")], [True, False])):
        entries = [item.entry for item in read(part)]
        assert [entry and entry.is_uncertain for entry in entries] == expected


def test_series_that_is_cancelled_is_cancelled_whatever_its_dates_are() -> None:
    single = changed(":20270310T180000Z", "DTSTART:20270311T180000Z")

    by_status = read(calendar(event(f"{WEEKLY}\nSTATUS:CANCELLED"), single))[0].entry
    by_method = read(calendar(event(WEEKLY), single, properties="METHOD:CANCEL\n"))[0].entry

    assert by_status is not None
    assert by_method is not None
    assert [by_status.is_cancelled, by_method.is_cancelled] == [True, True]


def test_private_series_stays_private_if_its_first_date_was_moved() -> None:
    moved = changed(":20270310T180000Z", "DTSTART:20270311T200000Z\nCLASS:PUBLIC")

    entry = read(calendar(event(f"{WEEKLY}\nCLASS:PRIVATE"), moved))[0].entry

    assert entry is not None
    assert (entry.headline, entry.is_private) == ("Moved", True)


def test_dates_without_their_series_are_events_of_their_own() -> None:
    first = changed(":20270310T180000Z", "DTSTART:20270310T180000Z")
    second = changed(":20270317T180000Z", "DTSTART:20270317T190000Z")
    repeated = changed(";TZID=Asia/Tokyo:20270318T030000", "DTSTART:20270317T200000Z")

    items = read(calendar(first, second, repeated))

    assert [item.entry.uid if item.entry else item.reason for item in items] == [
        "one@example.org 2027-03-10T18:00:00+00:00",
        "one@example.org 2027-03-17T18:00:00+00:00",
        OTHER_VERSION,
    ]
    assert starts(items)[:2] == [utc(2027, 3, 10, 18), utc(2027, 3, 17, 19)]
    assert items[0].entry is not None
    assert items[0].entry.remarks == ("It is one date of a recurring event that the file doesn’t contain.",)


def test_dates_of_a_series_that_cannot_be_read_are_events_of_their_own() -> None:
    items = read(calendar(event("RRULE:FREQ=DAILY"), changed(":20270310T180000Z", "DTSTART:20270310T180000Z")))

    assert [item.reason for item in items] == ["It has no start (DTSTART).", ""]


@pytest.mark.parametrize(
    ("lines", "sequence"),
    [
        ("SEQUENCE:3", 3),
        ("SEQUENCE:003", 3),
        ("SEQUENCE:2147483647", 2**31 - 1),
        ("SEQUENCE:2147483648", 2**31 - 1),
        (f"SEQUENCE:{'9' * 10_000}", 2**31 - 1),
        ("SEQUENCE:-1", 0),
        ("SEQUENCE:1.5", 0),
        ("SEQUENCE;VALUE=BOOLEAN:TRUE", 0),
        ("SEQUENCE:", 0),
        ("SEQUENCE:2\nSEQUENCE:3", 2),
    ],
)
def test_sequence_is_an_integer_of_icalendar(lines: str, sequence: int) -> None:
    assert read_entry(f"DTSTART:20270310T180000Z\n{lines}").sequence == sequence


# --- In words ---


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        (
            "FREQ=WEEKLY;UNTIL=20270331T180000Z",
            "Every week on Wednesday until 31 March 2027",
            "Jede Woche am Mittwoch bis zum 31. März 2027",
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,MO,WE",
            "Every 2 weeks on Monday, Wednesday and Friday",
            "Alle 2 Wochen am Montag, Mittwoch und Freitag",
        ),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every week from Monday to Friday", "Jede Woche von Montag bis Freitag"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU", "Every week on all days", "Jede Woche an allen Tagen"),
        ("FREQ=DAILY;COUNT=5", "Every day, 5 times", "Jeden Tag, 5-mal"),
        ("FREQ=DAILY;INTERVAL=3", "Every 3 days", "Alle 3 Tage"),
        ("FREQ=DAILY;BYDAY=SA,SU", "Every week on Saturday and Sunday", "Jede Woche am Samstag und Sonntag"),
        ("FREQ=MONTHLY", "Every month on day 10", "Jeden Monat am 10."),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-1,15,1",
            "Every month on day 1, day 15 and the last day",
            "Jeden Monat am 1., 15. und letzten Tag",
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1FR;COUNT=10",
            "Every month on the last Friday, 10 times",
            "Jeden Monat am letzten Freitag, 10-mal",
        ),
        ("FREQ=MONTHLY;BYDAY=MO", "Every month on every Monday", "Jeden Monat an jedem Montag"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=2", "Every month on the second Tuesday", "Jeden Monat am zweiten Dienstag"),
        (
            "FREQ=MONTHLY;BYDAY=1MO,3MO",
            "Every month on the first Monday and third Monday",
            "Jeden Monat am ersten Montag und dritten Montag",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "Every month on the last weekday",
            "Jeden Monat am letzten Arbeitstag",
        ),
        ("FREQ=YEARLY", "Every year on 10 March", "Jedes Jahr am 10. März"),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "Every year on 24 December", "Jedes Jahr am 24. Dezember"),
        (
            "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            "Every year on the fourth Thursday in November",
            "Jedes Jahr am vierten Donnerstag im November",
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=20;COUNT=2",
            "Repeats (FREQ=YEARLY;BYWEEKNO=20;COUNT=2)",
            "Wiederholt sich (FREQ=YEARLY;BYWEEKNO=20;COUNT=2)",
        ),
        ("FREQ=DAILY;COUNT=1", "", ""),
        ("FREQ=DAILY;UNTIL=99991231T235959Z", "Every day", "Jeden Tag"),
    ],
)
def test_rule_is_said_in_words(rule: str, english: str, german: str) -> None:
    words = {}
    for language in ("en", "de"):
        with translation.override(language):
            words[language] = recurrence_in_words([read_rule(rule)], [], start=date(2027, 3, 10), dates=0)

    assert words == {"en": english, "de": german}


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY",
        "FREQ=DAILY;BYMONTH=3",
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO",
        "FREQ=WEEKLY;BYHOUR=9,18",
        "FREQ=MONTHLY;BYMONTH=3",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
        "FREQ=MONTHLY;BYMONTHDAY=1,2,3;BYSETPOS=1",
        "FREQ=MONTHLY;BYDAY=-5MO",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1",
        "FREQ=YEARLY;BYDAY=20MO",
        "FREQ=YEARLY;BYMONTHDAY=1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=1",
        "FREQ=YEARLY;BYYEARDAY=100",
    ],
)
def test_rule_without_words_is_quoted(rule: str) -> None:
    words = recurrence_in_words([read_rule(rule)], [], start=date(2027, 3, 10), dates=0)

    assert words == f"Repeats ({rule})"


def test_process_says_dates_in_the_formats_of_the_site() -> None:
    content = calendar(event("DTSTART:20270310T180000Z\nRRULE:FREQ=WEEKLY;UNTIL=20270331"))

    [item] = read_calendar(content, default_zone=ZoneInfo("Europe/Rome")).items

    assert item.entry is not None
    assert item.entry.recurrence == "Every week on Wednesday until 31 March 2027"


def test_listed_dates_are_counted() -> None:
    only_dates = read_entry("DTSTART:20270310T180000Z\nRDATE:20270310T180000Z,20270312T180000Z,20270319T180000Z")
    beside_a_rule = read_entry(f"{WEEKLY}\nRDATE:20270312T180000Z")

    assert only_dates.recurrence == "On 3 dates"
    assert beside_a_rule.recurrence == "Every week on Wednesday, 4 times; on 1 more date"
