"""Test which events count as vanished from a calendar, and that they are cancelled only on demand."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.calendars import CalendarEntry, CalendarFile, CalendarItem
from events.calendars.entries import parse_calendar
from events.models import MAX_CALENDAR_NAME_LENGTH, Event
from events.services import (
    Times,
    VanishedEvent,
    calendar_name,
    cancel_event,
    cancel_vanished,
    delete_event,
    plan_import,
    subscribe,
    update_event,
    vanished_events,
)
from tests.events.services.imports.calendars import CALENDAR, calendar_of, import_all

DAY = timedelta(days=1)


def vanished(calendar: CalendarFile, *, actor: User, at: datetime, name: str = CALENDAR) -> list[str]:
    return [event.uid for event in vanished_events(calendar, name=name, actor=actor, at=at)]


@pytest.fixture
def entries(entry: CalendarEntry, organiser: User, at: datetime) -> list[CalendarEntry]:
    """Three imported entries, the last of which starts first."""
    imported = [replace(entry, uid=uid) for uid in ("one", "two", "three")]
    imported[2] = replace(imported[2], starts_at=at + DAY)
    import_all(*imported, actor=organiser, at=at, state="public")
    return imported


def event_of(uid: str) -> Event:
    return Event.objects.get(imported_entry__uid=uid)


def test_entries_that_are_no_longer_in_the_file_have_vanished(
    entries: list[CalendarEntry], organiser: User, subscriber: User, at: datetime
) -> None:
    subscribe(event_of("three"), actor=subscriber, at=at)

    found = vanished_events(calendar_of(entries[1]), name=CALENDAR, actor=organiser, at=at)

    assert [event.uid for event in found] == ["three", "one"]
    three = event_of("three")
    assert found[0] == VanishedEvent(three.pk, "three", "Concert", Times.of(three), subscriber_count=1)
    assert found == plan_import(calendar_of(entries[1]), name=CALENDAR, actor=organiser, at=at).vanished


def test_entry_of_another_calendar_or_organiser_has_not_vanished(
    entries: list[CalendarEntry], organiser: User, stranger: User, at: datetime
) -> None:
    import_all(entries[0], actor=organiser, at=at, calendar="Home")
    import_all(entries[1], actor=stranger, at=at)

    assert vanished(calendar_of(), actor=organiser, at=at) == ["three", "two"]
    assert vanished(calendar_of(), actor=organiser, at=at, name="Home") == ["one"]
    assert vanished(calendar_of(), actor=organiser, at=at, name="WORK") == []


def test_event_that_cannot_be_cancelled_has_not_vanished(
    entries: list[CalendarEntry], organiser: User, at: datetime
) -> None:
    cancel_event(event_of("one"), actor=organiser, at=at)
    update_event(event_of("two"), actor=organiser, at=at, state="draft")
    end = entries[2].ends_at
    assert end

    assert vanished(calendar_of(), actor=organiser, at=end - timedelta(seconds=1)) == ["three"]
    assert vanished(calendar_of(), actor=organiser, at=end) == []
    delete_event(event_of("three"), actor=organiser, at=at)
    assert vanished(calendar_of(), actor=organiser, at=at) == []


def test_item_that_is_skipped_has_not_vanished(
    entry: CalendarEntry, entries: list[CalendarEntry], organiser: User, at: datetime
) -> None:
    # The key of a single date of a series.
    import_all(replace(entry, uid="series 20270317"), actor=organiser, at=at, state="public")
    items = [CalendarItem(1, uid, reason="It has no start (DTSTART).") for uid in ("two", "series")]

    assert vanished(calendar_of(items=items), actor=organiser, at=at) == ["three", "one"]


def test_date_of_a_series_has_vanished_although_another_one_is_in_the_file(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    dates = [replace(entry, uid=f"series {day}") for day in (20270310, 20270317)]
    import_all(*dates, actor=organiser, at=at)
    items = [CalendarItem(1, "series", entry=dates[0])]

    assert vanished(calendar_of(items=items), actor=organiser, at=at) == ["series 20270317"]


@pytest.mark.parametrize(
    "options",
    [{"is_complete": False}, {"items": [CalendarItem(1, reason="VEVENT can’t be read")]}],
    ids=["cut off", "unreadable"],
)
def test_nothing_has_vanished_if_it_is_not_known_what_the_calendar_contains(
    entries: list[CalendarEntry], organiser: User, stranger: User, at: datetime, options: dict[str, Any]
) -> None:
    calendar = calendar_of(**options)

    plan = plan_import(calendar, name=CALENDAR, actor=organiser, at=at)
    others = plan_import(calendar, name=CALENDAR, actor=stranger, at=at)

    assert plan.vanished == []
    assert plan.remarks == ("Part of the file can’t be read, so it isn’t known which events it no longer has.",)
    assert others.remarks == ()
    ids = list(Event.objects.values_list("pk", flat=True))
    assert cancel_vanished(calendar, name=CALENDAR, actor=organiser, at=at, event_ids=ids) == []


def test_nothing_has_vanished_from_a_message_about_single_events(
    entries: list[CalendarEntry], organiser: User, at: datetime
) -> None:
    content = b"BEGIN:VCALENDAR\nMETHOD:%s\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR\n"
    found = {
        method: parse_calendar(content % method, default_zone=ZoneInfo("UTC"))
        for method in (b"REQUEST", b"cancel", b"PUBLISH")
    }

    plans = [plan_import(each, name=CALENDAR, actor=organiser, at=at) for each in found.values()]

    assert [len(plan.vanished) for plan in plans] == [0, 0, 3]
    assert plans[0].remarks == plans[1].remarks == ()


def test_plan_says_that_the_file_may_be_another_calendar(
    entry: CalendarEntry, entries: list[CalendarEntry], organiser: User, stranger: User, at: datetime
) -> None:
    other = replace(entry, uid="other")

    found = [
        plan_import(calendar_of(*some), name=CALENDAR, actor=actor, at=at)
        for some, actor in (([other], organiser), ([other, entries[0]], organiser), ([other], stranger))
    ]

    assert [(len(plan.vanished), plan.remarks) for plan in found] == [
        (3, ("This may be another calendar named “Work”: it has none of the events that you imported before.",)),
        (2, ()),
        (0, ()),
    ]


def test_series_has_not_vanished_if_the_file_has_one_of_its_dates_nor_dates_if_it_has_the_series(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    series, single = replace(entry, uid="series"), replace(entry, uid="series 20270317")
    items = {each.uid: CalendarItem(1, "series", entry=each) for each in (series, single)}

    for imported, other in ((series, single), (single, series)):
        import_all(imported, actor=organiser, at=at, calendar=f"{imported.uid} first")
        calendar = calendar_of(items=[items[other.uid]])
        assert vanished(calendar, actor=organiser, at=at, name=f"{imported.uid} first") == []


def test_series_without_any_date_left_has_vanished(entries: list[CalendarEntry], organiser: User, at: datetime) -> None:
    series = b"BEGIN:VEVENT\nUID:one\nDTSTART:20300301T180000Z\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20300301T180000Z\n%s"
    single = b"END:VEVENT\nBEGIN:VEVENT\nUID:one\nRECURRENCE-ID:20300302T180000Z\nSTATUS:CANCELLED\nEND:VEVENT\n"
    content = b"BEGIN:VCALENDAR\nX-WR-CALNAME:Work\n%sEND:VCALENDAR\n" % (series % single)
    calendar = parse_calendar(content, default_zone=ZoneInfo("UTC"))

    assert vanished(calendar, actor=organiser, at=at) == ["three", "one", "two"]


def test_component_that_is_no_event_hides_no_vanished_ones(
    entries: list[CalendarEntry], organiser: User, at: datetime
) -> None:
    content = b"BEGIN:VCALENDAR\nBEGIN:VTODO\nSUMMARY:Buy milk\nEND:VTODO\nEND:VCALENDAR\n"
    calendar = parse_calendar(content, default_zone=ZoneInfo("UTC"))

    assert vanished(calendar, actor=organiser, at=at) == ["three", "one", "two"]


def test_vanished_events_are_cancelled_on_demand_and_their_subscribers_notified(
    entries: list[CalendarEntry], organiser: User, subscriber: User, at: datetime
) -> None:
    chosen = event_of("one")
    subscribe(chosen, actor=subscriber, at=at)
    calendar = calendar_of(entries[1])
    ids = [chosen.pk, event_of("two").pk]

    found = vanished_events(calendar, name=CALENDAR, actor=organiser, at=at)
    cancelled = [cancel_vanished(calendar, name=CALENDAR, actor=organiser, at=at, event_ids=ids) for _ in range(2)]

    assert cancelled == [[replace(found[1], is_cancelled=True)], []]
    assert list(Event.objects.exclude(cancelled_at=None)) == [chosen]
    assert [announcement.kind for announcement in chosen.announcements.all()] == ["cancelled"]


def test_vanished_event_that_was_imported_from_another_calendar_meanwhile_is_left_alone(
    entries: list[CalendarEntry], organiser: User, at: datetime
) -> None:
    found = vanished_events(calendar_of(), name=CALENDAR, actor=organiser, at=at)
    import_all(entries[0], actor=organiser, at=at, calendar="Home")

    ids = [event.event_id for event in found]
    cancelled = cancel_vanished(calendar_of(), name=CALENDAR, actor=organiser, at=at, event_ids=ids)

    assert [event.uid for event in cancelled] == ["three", "two"]


def test_vanished_events_are_read_with_one_query(
    entries: list[CalendarEntry], organiser: User, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for calendar in (calendar_of(*entries[1:]), calendar_of()):
        with django_assert_num_queries(1):
            vanished(calendar, actor=organiser, at=at)


@pytest.mark.parametrize(
    ("own_name", "file_name", "name"),
    [
        ("Olivia", "basic.ics", "Olivia"),
        ("", "olivia.ics", "olivia"),
        ("", "olivia (1).ics", "olivia"),
        ("", "olivia(2) (3).ics", "olivia"),
        ("", "olivia (2027).events.ics", "olivia (2027).events"),
        ("", "(1).ics", "(1)"),
        ("", "Cafe\u0301.ics", "Café"),
        ("", "caf\udce9.ics", "caf?"),
        ("x" * 999, "basic.ics", "x" * MAX_CALENDAR_NAME_LENGTH),
    ],
)
def test_calendar_is_recognised_by_its_own_name_or_that_of_its_file(own_name: str, file_name: str, name: str) -> None:
    assert calendar_name(CalendarFile([], name=own_name), file_name=file_name) == name
