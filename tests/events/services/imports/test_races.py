"""Test imports that run at the same time as each other and as people's actions, on MariaDB and on SQLite."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from accounts.exceptions import AccountSuspended
from accounts.models import User
from accounts.services import suspend_user
from config.database import database_now
from events.calendars import CalendarEntry
from events.models import Event, ImportedEntry
from events.services import (
    Imported,
    cancel_event,
    cancel_vanished,
    delete_event,
    plan_import,
    subscribe,
    unsubscribe,
    update_event,
)
from tests.events.services.imports.calendars import CALENDAR, calendar_of, import_all
from tests.makers import MakeUser
from tests.notifications.delivery.test_concurrency import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("attempt", range(3))
def test_two_imports_of_one_file_post_each_event_once(
    entry: CalendarEntry, organiser: User, at: datetime, attempt: int
) -> None:
    entries = [replace(entry, uid=str(number)) for number in range(12)]
    import_all(*entries[:4], actor=organiser, at=at)
    changed = [replace(each, location="Milan") for each in entries]
    results = []

    errors = run_at_once(
        *[
            lambda some=some: results.extend(import_all(*some, actor=organiser, at=at))
            for some in (changed, changed[::-1])
        ]
    )

    assert errors == []
    assert Event.objects.count() == ImportedEntry.objects.count() == 12
    assert {(event.location, event.revision) for event in Event.objects.all()} == {("Milan", 0), ("Milan", 1)}
    outcomes = [result.outcome for result in results]
    assert {name: outcomes.count(name) for name in Imported if name in outcomes} == {
        Imported.CREATED: 8,
        Imported.UPDATED: 4,
        Imported.UNCHANGED: 12,
    }


@pytest.mark.parametrize("attempt", range(3))
def test_import_while_its_events_are_edited_and_subscribed_to_loses_nothing(
    entry: CalendarEntry, organiser: User, make_user: MakeUser, at: datetime, attempt: int
) -> None:
    entries = [replace(entry, uid=str(number)) for number in range(8)]
    import_all(*entries, actor=organiser, at=at, state="public")
    events = list(Event.objects.order_by("pk"))
    people = [make_user(f"person{number}") for number in range(4)]

    def edit() -> None:
        for event in reversed(events):
            update_event(event, actor=organiser, at=at, headline="Mine")

    def come_and_go(user: User) -> None:
        for event in events:
            subscribe(event, actor=user, at=at)
            unsubscribe(event, actor=user)
            subscribe(event, actor=user, at=at)

    errors = run_at_once(
        edit,
        lambda: import_all(*[replace(each, location="Milan") for each in entries], actor=organiser, at=at),
        *[lambda user=user: come_and_go(user) for user in people],
    )

    assert errors == []
    rows = Event.objects.values_list("headline", "location", "revision", "subscriber_count")
    assert set(rows) == {("Mine", "Milan", 2, 4)}


def test_event_that_is_cancelled_edited_or_deleted_after_the_plan_is_decided_about_anew(
    entry: CalendarEntry, organiser: User, at: datetime
) -> None:
    entries = [replace(entry, uid=uid) for uid in ("cancelled", "edited", "deleted", "prolonged")]
    import_all(*entries, actor=organiser, at=at, state="public")
    calendar = calendar_of(*[replace(each, location="Milan") for each in entries])
    planned = plan_import(calendar, name=CALENDAR, actor=organiser, at=at)
    events = {event.imported_entry.uid: event for event in Event.objects.select_related("imported_entry")}
    cancel_event(events["cancelled"], actor=organiser, at=at)
    update_event(events["edited"], actor=organiser, at=at, location="Milan")
    delete_event(events["deleted"], actor=organiser, at=at)

    done = import_all(*[item.entry for item in calendar.items if item.entry], actor=organiser, at=at)

    assert {result.outcome for result in planned.results} == {Imported.UPDATED}
    assert [result.outcome for result in done] == ["skipped", "unchanged", "created", "updated"]
    assert done[2].event_id not in {event.pk for event in events.values()}


@pytest.mark.parametrize("attempt", range(3))
def test_vanished_event_that_is_imported_again_while_it_is_cancelled_is_one_or_the_other(
    entry: CalendarEntry, organiser: User, at: datetime, attempt: int
) -> None:
    import_all(entry, actor=organiser, at=at, state="public")
    event = Event.objects.get()
    results = []

    errors = run_at_once(
        lambda: results.extend(import_all(replace(entry, location="Milan"), actor=organiser, at=at, calendar="Home")),
        lambda: cancel_vanished(calendar_of(), name=CALENDAR, actor=organiser, at=at, event_ids=[event.pk]),
    )

    event.refresh_from_db()
    assert errors == []
    assert (results[0].outcome, event.is_cancelled, event.location) in {
        (Imported.UPDATED, False, "Milan"),
        (Imported.SKIPPED, True, "Rome"),
    }


def test_suspended_organiser_imports_nothing(entry: CalendarEntry, organiser: User, at: datetime) -> None:
    suspend_user(organiser, at=database_now() - timedelta(seconds=1))

    with pytest.raises(AccountSuspended):
        import_all(entry, actor=organiser, at=at)

    assert not Event.objects.exists()
