"""Test what an import writes."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from events.calendars import CalendarEntry
from events.exceptions import EndBeforeStart, EventCancelled, EventOver, HasSubscribers
from events.models import Event, Reminder
from events.services import (
    Change,
    Imported,
    cancel_event,
    delete_event,
    subscribe,
    update_event,
)
from tests.events.services.imports.calendars import import_all, import_event, import_one


def test_new_entry_becomes_a_private_event(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    outcome = import_event(entry, actor=organiser, at=at)

    event = Event.objects.get()
    assert outcome == Imported.CREATED
    assert (event.author, event.state, event.revision) == (organiser, "private", 0)
    assert (event.headline, event.description, event.location) == ("Concert", "Bring a friend", "Rome")
    assert (event.starts_at, event.ends_at, event.over_at) == (entry.starts_at, entry.ends_at, entry.ends_at)
    assert (event.all_day, event.time_zone) == (False, "Europe/Rome")
    assert event.uid_digest == sha256(b"one@example.org").hexdigest()
    assert (event.created_at, event.updated_at) == (at, at)
    assert event.search_text == "concert rome bring a friend"


def test_new_entry_gets_the_state_asked_for(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at, state="public")

    assert Event.objects.get().state == "public"


def test_same_entry_again_touches_nothing(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)

    outcome = import_event(entry, actor=organiser, at=at + timedelta(hours=1))

    event = Event.objects.get()
    assert outcome == Imported.UNCHANGED
    assert (event.revision, event.updated_at) == (0, at)


def test_changed_entry_updates_the_event(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)

    outcome = import_event(replace(entry, headline="Great concert"), actor=organiser, at=at + timedelta(hours=1))

    event = Event.objects.get()
    assert outcome == Imported.UPDATED
    assert (event.headline, event.revision, event.updated_at) == ("Great concert", 1, at + timedelta(hours=1))


def test_update_without_a_state_keeps_the_state(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at, state="public")

    assert import_event(entry, actor=organiser, at=at) == Imported.UNCHANGED
    assert Event.objects.get().state == "public"


def test_update_with_a_state_sets_the_state(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)

    assert import_event(entry, actor=organiser, at=at, state="public") == Imported.UPDATED
    assert Event.objects.get().state == "public"


def test_update_to_a_draft_with_subscribers_is_refused(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at)

    assert import_one(entry, actor=organiser, at=at, state="draft").reason == HasSubscribers.message


@pytest.mark.parametrize(("state", "becomes"), [(None, "private"), ("public", "private"), ("draft", "draft")])
def test_new_private_entry_is_never_public(
    entry: CalendarEntry, organiser: User, at: datetime, state: str | None, becomes: str
) -> None:
    import_event(replace(entry, is_private=True), actor=organiser, at=at, state=state)

    assert Event.objects.get().state == becomes


@pytest.mark.parametrize("state", [None, "public", "private"])
def test_public_event_becomes_private_with_its_entry_and_keeps_its_subscribers(
    entry: CalendarEntry, organiser: User, subscriber: User, stranger: User, at: datetime, state: str | None
) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at)
    private = replace(entry, is_private=True)

    outcomes = [import_event(private, actor=organiser, at=at, state=state) for _ in range(2)]

    event = Event.objects.get()
    assert outcomes == [Imported.UPDATED, Imported.UNCHANGED]
    assert (event.state, event.revision, event.subscriber_count) == ("private", 1, 1)
    assert not event.announcements.exists()
    assert Event.objects.visible_to(subscriber).get() == event
    assert not Event.objects.visible_to(stranger).exists()


def test_event_becomes_public_again_where_that_is_asked_for(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    import_event(replace(entry, is_private=True), actor=organiser, at=at, state="public")

    assert import_event(entry, actor=organiser, at=at) == Imported.UNCHANGED
    assert import_event(entry, actor=organiser, at=at, state="public") == Imported.UPDATED
    assert Event.objects.get().state == "public"


def test_entry_that_is_private_and_cancelled_is_both(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at)

    outcome = import_event(replace(entry, is_private=True, is_cancelled=True), actor=organiser, at=at)

    event = Event.objects.get()
    assert (outcome, event.state, event.is_cancelled) == (Imported.CANCELLED, "private", True)
    assert [announcement.kind for announcement in event.announcements.all()] == ["cancelled"]


def test_event_cancelled_before_becomes_private(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    import_event(replace(entry, is_cancelled=True), actor=organiser, at=at)

    outcome = import_event(replace(entry, is_private=True, is_cancelled=True), actor=organiser, at=at)

    assert (outcome, Event.objects.get().state) == (Imported.UPDATED, "private")


def test_event_becomes_private_though_the_rest_of_the_entry_is_refused(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at, state="public")

    result = import_one(replace(entry, is_private=True, headline=""), actor=organiser, at=at)

    event = Event.objects.get()
    assert (result.outcome, result.reason) == (Imported.SKIPPED, "Title: The title can’t be empty.")
    assert result.changes == (Change("state", "public", "private"),)
    assert (event.state, event.headline) == ("private", "Concert")


def test_one_uid_of_two_organisers_is_two_events(
    entry: CalendarEntry, organiser: User, stranger: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at)

    assert import_event(entry, actor=stranger, at=at) == Imported.CREATED
    assert Event.objects.count() == 2


def test_uids_that_differ_in_case_or_accent_are_different_events(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    # MariaDB's default collation would consider them equal.
    for uid in ("ete@example.org", "ETE@example.org", "été@example.org"):
        assert import_event(replace(entry, uid=uid), actor=organiser, at=at) == Imported.CREATED


def test_reschedule_is_announced(entry: CalendarEntry, organiser: User, subscriber: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    event = Event.objects.get()
    subscribe(event, actor=subscriber, at=at)

    import_event(
        replace(entry, starts_at=entry.starts_at + timedelta(hours=1), location="Milan"), actor=organiser, at=at
    )

    announcement = event.announcements.get()
    assert announcement.kind == "rescheduled"
    assert announcement.before["location"] == "Rome"
    assert announcement.after["location"] == "Milan"


def test_change_of_a_past_event_is_not_announced(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    event = Event.objects.get()
    subscribe(event, actor=subscriber, at=at)

    outcome = import_event(replace(entry, location="Milan"), actor=organiser, at=at + timedelta(days=9))

    assert outcome == Imported.UPDATED
    assert not event.announcements.exists()


def test_past_entry_is_imported(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    past = replace(entry, starts_at=at - timedelta(days=9), ends_at=None)

    assert import_event(past, actor=organiser, at=at) == Imported.CREATED
    assert import_event(replace(past, starts_at=at - timedelta(days=8)), actor=organiser, at=at) == Imported.UPDATED


def test_quota_does_not_count(entry: CalendarEntry, organiser: User, at: datetime, settings: Settings) -> None:
    settings.MAX_EVENTS_PER_USER = 0

    assert import_event(entry, actor=organiser, at=at) == Imported.CREATED


def test_all_day_entry_again_touches_nothing(entry: CalendarEntry, organiser: User) -> None:
    # Midnights in Rome.
    start = datetime.fromisoformat("2026-06-30T22:00:00Z")
    days = replace(entry, all_day=True, starts_at=start, ends_at=start + timedelta(days=2))
    import_event(days, actor=organiser, at=start)

    assert import_event(days, actor=organiser, at=start) == Imported.UNCHANGED
    event = Event.objects.get()
    assert (event.starts_at, event.ends_at) == (days.starts_at, days.ends_at)


def test_cancelled_entry_cancels_the_event_once(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    event = Event.objects.get()
    subscribe(event, actor=subscriber, at=at)
    cancelled = replace(entry, is_cancelled=True)

    outcomes = [import_event(cancelled, actor=organiser, at=at) for _ in range(2)]

    event.refresh_from_db()
    assert outcomes == [Imported.CANCELLED, Imported.UNCHANGED]
    assert event.cancelled_at == at
    assert [announcement.kind for announcement in event.announcements.all()] == ["cancelled"]


def test_new_cancelled_entry_is_refused(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    assert import_one(replace(entry, is_cancelled=True), actor=organiser, at=at).reason == EventCancelled.message

    assert not Event.objects.exists()


def test_event_cancelled_here_stays_cancelled(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    cancel_event(Event.objects.get(), actor=organiser, at=at)

    same = import_one(entry, actor=organiser, at=at)
    changed = import_one(replace(entry, location="Milan"), actor=organiser, at=at)

    assert (same.outcome, same.remarks) == (Imported.UNCHANGED, ("It was cancelled here.",))
    assert (changed.outcome, changed.reason) == (Imported.SKIPPED, "It was cancelled here, which can’t be undone.")
    assert Event.objects.get().location == "Rome"


def test_cancelled_entry_of_a_draft_is_refused(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at, state="draft")

    assert (
        import_one(replace(entry, is_cancelled=True), actor=organiser, at=at).reason
        == "A draft has no subscribers to notify. Delete it instead."
    )


def test_cancelled_entry_of_a_past_event_is_refused(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)

    assert (
        import_one(replace(entry, is_cancelled=True), actor=organiser, at=at + timedelta(days=9)).reason
        == EventOver.message
    )


def test_event_deleted_here_is_posted_anew(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)
    delete_event(Event.objects.get(), actor=organiser, at=at)

    assert import_event(entry, actor=organiser, at=at) == Imported.CREATED
    assert Event.objects.live().count() == 1


def test_what_was_edited_here_stays_while_the_file_does_not_change_it(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at)
    update_event(Event.objects.get(), actor=organiser, at=at, headline="Mine")

    assert import_event(entry, actor=organiser, at=at) == Imported.UNCHANGED
    assert import_event(replace(entry, location="Milan"), actor=organiser, at=at) == Imported.UPDATED
    event = Event.objects.get()
    assert (event.headline, event.location) == ("Mine", "Milan")


def test_reminders_are_moved_when_the_file_moves_the_event(
    entry: CalendarEntry, organiser: User, subscriber: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at, state="public")
    subscribe(Event.objects.get(), actor=subscriber, at=at, leads=[60])

    import_event(replace(entry, starts_at=entry.starts_at + timedelta(hours=1)), actor=organiser, at=at)

    assert Reminder.objects.get().armed_for != Event.objects.get().starts_at  # the sweep will re-arm it and not send it


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({"headline": ""}, "Title"),
        ({"headline": "x" * 201}, "Title"),
        ({"location": "x" * 256}, "Location"),
        ({"description": "x" * 20_001}, "Description"),
        ({"headline": "null \x00 byte"}, "Title"),
    ],
)
def test_unfit_text_is_refused_by_its_field(
    entry: CalendarEntry, organiser: User, at: datetime, change: dict[str, Any], label: str
) -> None:
    result = import_one(replace(entry, **change), actor=organiser, at=at)

    assert (result.outcome, result.reason.split(":")[0]) == (Imported.SKIPPED, label)
    assert not Event.objects.exists()


def test_end_before_start_is_refused(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    assert (
        import_one(replace(entry, ends_at=entry.starts_at - timedelta(seconds=1)), actor=organiser, at=at).reason
        == EndBeforeStart.message
    )


def test_refused_entry_does_not_hold_up_the_others(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    entries = [entry, replace(entry, uid="two", headline=""), replace(entry, uid="three")]

    results = import_all(*entries, actor=organiser, at=at)

    assert [result.outcome for result in results] == [Imported.CREATED, Imported.SKIPPED, Imported.CREATED]
    assert Event.objects.count() == 2


def test_queries_do_not_grow_with_unchanged_entries(
    entry: CalendarEntry, organiser: User, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    entries = [replace(entry, uid=str(number)) for number in range(3)]
    import_all(*entries, actor=organiser, at=at)

    for some in (entries[:1], entries):
        with django_assert_num_queries(2):  # the author, the events
            import_all(*some, actor=organiser, at=at)
