"""Test what a second import of an entry applies, and what it leaves as it is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from events.calendars import CalendarEntry
from events.calendars.contents import MAX_SEQUENCE
from events.models import Event, ImportedEntry
from events.services import (
    Change,
    Imported,
    Times,
    cancel_event,
    delete_event,
    purge_event_chunk,
    update_event,
)
from events.services.imports.memory import UNITS
from tests.events.services.imports.calendars import import_all, import_event, import_one

HERE: dict[str, Any] = {"headline": "Mine", "description": "Bring nobody", "location": "Turin"}
FILE: dict[str, Any] = {"headline": "Great concert", "description": "Bring all", "location": "Milan"}
HOUR = timedelta(hours=1)


def test_import_remembers_the_entry(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(replace(entry, sequence=3), actor=organiser, at=at, calendar="Work")

    memory = ImportedEntry.objects.get()
    assert memory.event == Event.objects.get()
    assert (memory.uid, memory.sequence, memory.calendar, memory.imported_at) == ("one@example.org", 3, "Work", at)
    assert memory.digests.keys() == {*UNITS, "cancellation"}


@pytest.mark.parametrize("edited", FILE)
@pytest.mark.parametrize("changed", FILE)
def test_unit_that_only_one_side_changes_is_that_of_this_side(
    entry: CalendarEntry, organiser: User, at: datetime, edited: str, changed: str
) -> None:
    import_event(entry, actor=organiser, at=at)
    update_event(Event.objects.get(), actor=organiser, at=at, **{edited: HERE[edited]})

    result = import_one(replace(entry, **{changed: FILE[changed]}), actor=organiser, at=at)

    event = Event.objects.get()
    before = {name: getattr(entry, name) for name in FILE}
    assert {name: getattr(event, name) for name in FILE} == before | {edited: HERE[edited], changed: FILE[changed]}
    # If both have changed it, that of the file is applied.
    old = HERE[changed] if edited == changed else getattr(entry, changed)
    assert result.changes == (Change(changed, old, FILE[changed]),)


def test_times_are_one_unit(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)
    event = update_event(Event.objects.get(), actor=organiser, at=at, starts_at=entry.starts_at - HOUR)

    same = import_event(entry, actor=organiser, at=at)
    kept = Times.of(Event.objects.get())
    assert entry.ends_at
    result = import_one(replace(entry, ends_at=entry.ends_at + HOUR), actor=organiser, at=at)

    assert (same, kept) == (Imported.UNCHANGED, Times.of(event))
    becomes = Times(entry.starts_at, entry.ends_at + HOUR, False, "Europe/Rome")
    assert result.changes == (Change("times", Times.of(event), becomes),)
    assert Times.of(Event.objects.get()) == becomes


def test_long_text_that_has_changed_is_reported_around_its_first_difference(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    before, after = "a" * 500 + "b" + "c" * 500, "a" * 500 + "d"
    import_event(replace(entry, description=before), actor=organiser, at=at)

    [change] = import_one(replace(entry, description=after), actor=organiser, at=at).changes

    assert change == Change("description", f"…{'a' * 40}b{'c' * 159}…", f"…{'a' * 40}d")
    assert Event.objects.get().description == after


def test_change_that_was_made_here_already_is_remembered(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)
    update_event(Event.objects.get(), actor=organiser, at=at, headline="Great concert")
    changed = replace(entry, headline="Great concert")

    assert import_event(changed, actor=organiser, at=at) == Imported.UNCHANGED
    update_event(Event.objects.get(), actor=organiser, at=at, headline="Mine")
    assert import_event(changed, actor=organiser, at=at) == Imported.UNCHANGED


def test_refused_change_is_not_remembered(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    import_event(entry, actor=organiser, at=at)
    refused = replace(entry, headline="", location="Milan")

    outcomes = [import_event(refused, actor=organiser, at=at) for _ in range(2)]

    assert outcomes == [Imported.SKIPPED, Imported.SKIPPED]
    assert Event.objects.get().location == "Rome"
    assert import_event(replace(refused, headline="Concert"), actor=organiser, at=at) == Imported.UPDATED


def test_uncertain_first_date_changes_nothing_and_is_not_remembered(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at)
    uncertain = replace(entry, starts_at=entry.starts_at - HOUR, location="Milan", is_uncertain=True)

    result = import_one(uncertain, actor=organiser, at=at)

    reason = "Part of this recurring event can’t be read, so the event here stays as it is."
    assert (result.outcome, result.reason, result.changes) == (Imported.SKIPPED, reason, ())
    assert import_event(replace(entry, is_uncertain=True), actor=organiser, at=at) == Imported.UNCHANGED
    assert Event.objects.get().revision == 0
    assert import_event(replace(uncertain, is_uncertain=False), actor=organiser, at=at) == Imported.UPDATED


def test_times_without_a_zone_stay_if_another_zone_is_assumed(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    start, ahead = entry.starts_at, 9 * HOUR
    assert entry.ends_at
    here = replace(entry, time_zone="UTC", is_floating=True)
    there = replace(here, starts_at=start - ahead, ends_at=entry.ends_at - ahead, time_zone="Asia/Tokyo")
    import_event(here, actor=organiser, at=at)

    assert import_event(there, actor=organiser, at=at) == Imported.UNCHANGED
    assert Event.objects.get().starts_at == start
    assert import_event(replace(there, starts_at=start - ahead + HOUR), actor=organiser, at=at) == Imported.UPDATED
    assert Event.objects.get().starts_at == start - ahead + HOUR


def test_missing_title_is_the_same_in_each_language(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    for headline, outcome in (("(No title)", Imported.CREATED), ("(Ohne Titel)", Imported.UNCHANGED)):
        untitled = replace(entry, headline=headline, is_untitled=True)
        assert import_event(untitled, actor=organiser, at=at) == outcome

    assert import_event(replace(entry, headline="(Ohne Titel)"), actor=organiser, at=at) == Imported.UPDATED


def test_event_of_an_earlier_version_gets_the_values_of_the_file_once(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at)
    ImportedEntry.objects.all().delete()
    update_event(Event.objects.get(), actor=organiser, at=at, headline="Mine")

    outcomes = [import_event(entry, actor=organiser, at=at) for _ in range(2)]

    assert outcomes == [Imported.UPDATED, Imported.UNCHANGED]
    assert Event.objects.get().headline == "Concert"


@pytest.mark.parametrize(
    ("sequence", "outcome"), [(2, "older"), (3, "updated"), (4, "updated"), (MAX_SEQUENCE, "updated")]
)
def test_older_version_changes_nothing_and_says_so(
    entry: CalendarEntry, organiser: User, at: datetime, sequence: int, outcome: str
) -> None:
    import_event(replace(entry, sequence=3), actor=organiser, at=at, state="public")

    changed = replace(entry, sequence=sequence, headline="Great concert")
    result = import_one(changed, actor=organiser, at=at)

    event = Event.objects.get()
    assert result.outcome == outcome
    assert (event.headline == "Concert", event.revision == 0) == (outcome == "older", outcome == "older")
    if outcome == "older":
        assert result.reason == ("The last import had a newer version, so nothing changes (SEQUENCE 3 there, 2 here).")
        assert import_event(replace(changed, is_cancelled=True), actor=organiser, at=at) == Imported.OLDER


def test_event_cancelled_here_is_reported_once_for_each_change_of_the_file(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    import_event(entry, actor=organiser, at=at)
    cancel_event(Event.objects.get(), actor=organiser, at=at)
    changed = replace(entry, location="Milan")

    results = [import_one(each, actor=organiser, at=at) for each in (entry, changed, changed)]

    assert [result.outcome for result in results] == [Imported.UNCHANGED, Imported.SKIPPED, Imported.UNCHANGED]
    assert results[1].reason == "It was cancelled here, which can’t be undone."
    assert results[0].remarks == results[2].remarks == ("It was cancelled here.",)
    assert Event.objects.get().location == "Rome"


def test_entry_that_is_no_longer_cancelled_is_refused(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    for each in (entry, replace(entry, is_cancelled=True)):
        import_event(each, actor=organiser, at=at)

    result = import_one(entry, actor=organiser, at=at)

    assert (result.outcome, result.reason) == (Imported.SKIPPED, "It was cancelled here, which can’t be undone.")


def test_event_posted_anew_after_its_deletion_has_a_memory_of_its_own(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    import_event(replace(entry, sequence=3), actor=organiser, at=at)
    deleted = Event.objects.get()
    delete_event(deleted, actor=organiser, at=at)

    assert import_event(entry, actor=organiser, at=at) == Imported.CREATED
    assert purge_event_chunk(deleted)
    memory = ImportedEntry.objects.get()
    assert (memory.event, memory.sequence) == (Event.objects.live().get(), 0)


def test_memory_follows_the_calendar_that_was_imported_last(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    later = at + HOUR
    for calendar, moment in (("Work", at), ("Home", later), ("Home", later + HOUR)):
        import_event(entry, actor=organiser, at=moment, calendar=calendar)

    memory = ImportedEntry.objects.get()
    assert (memory.calendar, memory.imported_at) == ("Home", later)


def test_database_that_returns_no_ids_of_inserted_rows_gets_memories_too(
    entry: CalendarEntry, organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), "can_return_rows_from_bulk_insert", False)  # as MySQL
    entries = [replace(entry, uid=uid, headline=uid) for uid in ("one", "two")]

    results = import_all(*entries, actor=organiser, at=at)

    assert {memory.uid: memory.event_id for memory in ImportedEntry.objects.all()} == {
        result.uid: result.event_id for result in results
    }
    assert {event.headline: event.pk for event in Event.objects.all()} == {
        result.uid: result.event_id for result in results
    }


def test_queries_do_not_grow_with_new_entries(
    entry: CalendarEntry, organiser: User, at: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        entries = [replace(entry, uid=f"{number} of {count}") for number in range(count)]
        # The events twice, the author, the new events, what is remembered of them.
        with django_assert_num_queries(5):
            import_all(*entries, actor=organiser, at=at)
