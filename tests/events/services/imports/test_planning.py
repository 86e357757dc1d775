"""Test that a plan says what an import then does, and how many people it notifies, without writing anything."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.calendars import CalendarEntry, CalendarFile, CalendarItem
from events.models import Announcement, Event, ImportedEntry
from events.services import (
    Imported,
    ImportReport,
    cancel_event,
    cancel_vanished,
    import_items,
    plan_import,
    subscribe,
    unsubscribe,
    update_event,
)
from events.services.imports.results import report_as_json, report_from_json
from notifications.delivery.sweeper import sweep
from notifications.models import Notification
from tests.events.services.imports.calendars import CALENDAR, calendar_of, import_all
from tests.makers import MakeUser

DAY = timedelta(days=1)
Entries = Callable[[str], CalendarEntry]


def plan(calendar: CalendarFile, **options: Any) -> ImportReport:
    return plan_import(calendar, **{"name": CALENDAR} | options)


def own_event(uid: str) -> Event:
    return Event.objects.get(imported_entry__uid=uid)


def test_plan_says_what_the_import_does(entry: CalendarEntry, organiser: User, subscriber: User, at: datetime) -> None:
    now = at + 10 * DAY
    far = replace(entry, starts_at=at + 20 * DAY, ends_at=None, sequence=3)
    ended = replace(entry, uid="ended")
    uids = ["same", "edited", "moved", "hidden", "cancelled", "older", "refused", "both", "draft", "final", "known"]
    import_all(*[replace(far, uid=uid) for uid in uids], ended, actor=organiser, at=at, state="public")
    update_event(own_event("edited"), actor=organiser, at=at, headline="Mine")
    update_event(own_event("draft"), actor=organiser, at=at, state="draft")
    cancel_event(own_event("final"), actor=organiser, at=at)
    cancel_event(own_event("known"), actor=organiser, at=at)
    calendar = calendar_of(
        replace(far, uid="same"),
        replace(far, uid="edited", description="Bring all"),
        replace(far, uid="moved", starts_at=far.starts_at + DAY),
        replace(far, uid="hidden", is_private=True),
        replace(far, uid="cancelled", is_cancelled=True),
        replace(far, uid="older", sequence=2, headline="Older"),
        replace(far, uid="refused", ends_at=far.starts_at - DAY),
        replace(far, uid="both", headline="x" * 201, is_private=True),
        replace(far, uid="draft", is_cancelled=True),
        replace(far, uid="final", location="Milan"),
        replace(far, uid="known"),
        replace(ended, is_cancelled=True),
        replace(far, uid="new", remarks=("Read with care.",), recurrence="Every week"),
        replace(far, uid="new and cancelled", is_cancelled=True),
        replace(far, uid="new and empty", headline=""),
    )
    calendar.items.append(CalendarItem(99, "undated", "Undated", reason="It has no start (DTSTART)."))
    events = list(Event.objects.order_by("pk").values())

    planned = plan(calendar, actor=organiser, at=now)

    assert list(Event.objects.order_by("pk").values()) == events
    done = import_items(calendar.items, actor=organiser, at=now, calendar=CALENDAR)
    assert [replace(result, event_id=None) if result.uid == "new" else result for result in done] == planned.results
    assert {result.uid: str(result.outcome) for result in done} == {
        "same": "unchanged",
        "edited": "updated",
        "moved": "updated",
        "hidden": "updated",
        "cancelled": "cancelled",
        "older": "older",
        "refused": "skipped",
        "both": "skipped",
        "draft": "skipped",
        "final": "skipped",
        "known": "unchanged",
        "ended": "skipped",
        "new": "created",
        "new and cancelled": "skipped",
        "new and empty": "skipped",
        "undated": "skipped",
    }


def test_plan_says_what_would_become_a_draft_although_people_have_subscribed(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_all(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at)

    [result] = plan(calendar_of(entry), actor=organiser, at=at, state="draft").results

    assert [result] == import_all(entry, actor=organiser, at=at, state="draft")
    assert result.outcome == Imported.SKIPPED


@pytest.mark.parametrize("limit", [0, 3, 4, 99])
def test_plan_and_import_count_upcoming_events_in_the_order_of_the_file(
    entry: CalendarEntry, organiser: User, at: datetime, limit: int
) -> None:
    """Two are there. The file ends one of them, prolongs one that has ended, and has three new ones and a past one."""
    past = replace(entry, uid="past", starts_at=at - 2 * DAY, ends_at=None)
    uids = ["one", "two"]
    import_all(*[replace(entry, uid=uid) for uid in uids], past, actor=organiser, at=at)
    calendar = calendar_of(
        replace(entry, uid="first"),
        replace(past, ends_at=at + DAY),
        replace(entry, uid="second"),
        replace(past, uid="one"),
        replace(entry, uid="third"),
        replace(past, uid="old"),
    )

    planned = plan(calendar, actor=organiser, at=at, upcoming_limit=limit)

    done = import_items(calendar.items, actor=organiser, at=at, calendar=CALENDAR, upcoming_limit=limit)
    outcomes = ["created", "updated", "created", "updated", "created", "created"]
    refused = {0: {0, 1, 2, 4}, 3: {1, 2}, 4: {2}, 99: set[int]()}[limit]
    expected = ["skipped" if number in refused else outcome for number, outcome in enumerate(outcomes)]
    assert [result.outcome for result in done] == [result.outcome for result in planned.results] == expected
    assert {result.reason for result in done} - {""} == (
        {f"You’ve reached the limit of {limit} upcoming events."} if refused else set()
    )


def test_report_survives_json(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_all(entry, replace(entry, uid="gone"), actor=organiser, at=at, state="public")
    moved = replace(entry, starts_at=at + DAY, headline="Great concert", remarks=("Read with care.",))
    calendar = calendar_of(moved, replace(entry, uid="new", ends_at=None), remarks=("A line was left out.",))
    calendar.items.append(CalendarItem(9, reason="This isn’t an event (VTODO).", is_event=False))

    report = plan(calendar, actor=organiser, at=at)

    assert len(report.vanished) == 1
    assert report_from_json(json.loads(json.dumps(report_as_json(report)))) == report


def test_queries_do_not_grow_with_entries(
    entry: CalendarEntry,
    organiser: User,
    subscriber: User,
    at: datetime,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    entries = [replace(entry, uid=str(number)) for number in range(3)]
    import_all(*entries, replace(entry, uid="gone"), actor=organiser, at=at, state="public")
    for event in Event.objects.all():
        subscribe(event, actor=subscriber, at=at)
    moved = [replace(each, location="Milan") for each in entries]

    for some in (moved[:1], moved):
        # The count of upcoming events, the events, what has vanished, what was imported, waiting changes, people twice.
        with django_assert_num_queries(7):
            plan(calendar_of(*some), actor=organiser, at=at, upcoming_limit=99)


# How many people are notified. The truth is what sweeps deliver after the import.


def notified_by(action: Callable[[], Any], *, at: datetime) -> int:
    """Return how many people are notified because of an action at this time, and not before it."""
    late = at + timedelta(minutes=2)
    action()
    Notification.objects.all().delete()
    sweep(clock=lambda: late)
    return Notification.objects.exclude(kind="reminder").values("recipient").distinct().count()


CHANGES: dict[str, tuple[dict[str, Any], int]] = {
    "title": ({"headline": "Great concert"}, 0),
    "description": ({"description": "Bring all"}, 0),
    "privacy": ({"is_private": True}, 0),
    "location": ({"location": "Milan"}, 3),
    "start": ({"starts_at": 0}, 3),
    "end": ({"ends_at": None}, 3),
    "zone": ({"time_zone": "Europe/Berlin"}, 0),
    "cancellation": ({"is_cancelled": True}, 3),
    "refusal": ({"location": "x" * 256}, 0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_as_many_people_are_notified_as_the_plan_says(
    entry: CalendarEntry, organiser: User, make_user: MakeUser, at: datetime, change: str
) -> None:
    """Three people have subscribed to one or both of the events that change, one has only to another event."""
    names, expected = CHANGES[change]
    fields: dict[str, Any] = {
        name: entry.starts_at - DAY if name == "starts_at" else value for name, value in names.items()
    }
    entries = [replace(entry, uid=uid) for uid in ("one", "two", "same")]
    import_all(*entries, actor=organiser, at=at, state="public")
    for username, uids in {"ann": ["one"], "ben": ["one", "two"], "cem": ["two", "same"], "dan": ["same"]}.items():
        user = make_user(username)
        for uid in uids:
            subscribe(own_event(uid), actor=user, at=at)
    calendar = calendar_of(*[replace(each, **fields) for each in entries[:2]], entries[2])

    planned = plan(calendar, actor=organiser, at=at)

    assert (planned.notified, planned.notified_with_vanished) == (expected, expected)
    assert notified_by(lambda: import_all(*entries_of(calendar), actor=organiser, at=at), at=at) == expected


def entries_of(calendar: CalendarFile) -> list[CalendarEntry]:
    return [item.entry for item in calendar.items if item.entry]


def test_people_are_notified_of_vanished_events_only_if_these_are_cancelled(
    entry: CalendarEntry, organiser: User, make_user: MakeUser, at: datetime
) -> None:
    entries = [replace(entry, uid=uid) for uid in ("one", "gone")]
    import_all(*entries, actor=organiser, at=at, state="public")
    ann, ben = make_user("ann"), make_user("ben")
    for uid, user in (("one", ann), ("gone", ann), ("gone", ben)):
        subscribe(own_event(uid), actor=user, at=at)
    calendar = calendar_of(replace(entry, uid="one", location="Milan"))
    planned = plan(calendar, actor=organiser, at=at)
    ids = [event.event_id for event in planned.vanished]

    def act() -> None:
        import_items(calendar.items, actor=organiser, at=at, calendar=CALENDAR)
        cancel_vanished(calendar, name=CALENDAR, actor=organiser, at=at, event_ids=ids)

    assert (planned.notified, planned.notified_with_vanished) == (1, 2)
    assert notified_by(act, at=at) == 2


def test_nobody_is_notified_of_a_change_of_what_has_ended(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_all(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at)

    for moment, expected in ((at + DAY, 1), (at + 9 * DAY, 0)):
        assert plan(calendar_of(replace(entry, location="Milan")), actor=organiser, at=moment).notified == expected


@pytest.mark.parametrize(("location", "expected"), [("Milan", 1), ("Rome", 1), ("Turin", 2)])
def test_change_that_waits_is_merged_or_withdrawn(
    entry: CalendarEntry, organiser: User, subscriber: User, stranger: User, at: datetime, location: str, expected: int
) -> None:
    """The event has moved from Rome to Milan just now, and the stranger has subscribed since, so they only know Milan.

    Moving it back to Rome notifies the stranger alone, and leaving it in Milan nobody because of this import.
    """
    import_all(entry, actor=organiser, at=at, state="public")
    event = Event.objects.get()
    subscribe(event, actor=subscriber, at=at)
    import_all(replace(entry, location="Milan"), actor=organiser, at=at)
    subscribe(event, actor=stranger, at=at)
    calendar = calendar_of(replace(entry, location=location))

    planned = plan(calendar, actor=organiser, at=at)

    if location == "Milan":
        assert planned.notified == 0
    else:
        assert planned.notified == expected
        assert notified_by(lambda: import_all(*entries_of(calendar), actor=organiser, at=at), at=at) == expected


def test_change_that_was_delivered_is_not_withdrawn(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_all(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at)
    import_all(replace(entry, location="Milan"), actor=organiser, at=at)
    sweep(clock=lambda: at + timedelta(minutes=2))

    assert Announcement.objects.get().due_at is None
    assert plan(calendar_of(entry), actor=organiser, at=at).notified == 1


def test_people_who_have_unsubscribed_do_not_count(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_all(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at)
    unsubscribe(Event.objects.get(), actor=subscriber)

    assert plan(calendar_of(replace(entry, location="Milan")), actor=organiser, at=at).notified == 0
    assert ImportedEntry.objects.count() == 1
