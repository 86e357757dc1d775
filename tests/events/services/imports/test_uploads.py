"""Test what is stored of an uploaded calendar, and that its import loses and doubles nothing if it is interrupted."""

import gzip
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from itertools import count

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services import purge_user
from events.calendars import CalendarFile, CalendarItem
from events.exceptions import ImportsBusy, InvalidCalendar
from events.models import CalendarImport, Event
from events.services import (
    BATCH_SIZE,
    MAX_ITEMS,
    ImportReport,
    one_at_a_time,
    plan_of,
    purge_imports,
    report_of,
    run_import,
    stop_import,
    subscribe,
)
from events.services.imports import uploads
from tests.events.uploads import calendar_entry, calendar_of, numbered, planned_import
from tests.makers import MakeEvent
from tests.notifications.delivery.test_concurrency import run_at_once

DAY = timedelta(days=1)


def stopped_clock(at: datetime) -> Callable[[], datetime]:
    return lambda: at


def impatient_clock(at: datetime) -> Callable[[], datetime]:
    """Return a clock by which each batch takes as long as a whole request may."""
    ticks = count()
    return lambda: at + next(ticks) * uploads.RUN_FOR


def run(imported: CalendarImport, *, at: datetime, cancel: Collection[int] = ()) -> CalendarImport:
    return run_import(imported, actor=imported.user, clock=stopped_clock(at), cancel=cancel)


def outcomes(report: ImportReport) -> list[str]:
    return [str(result.outcome) for result in report.results]


# --- Storing ---


def test_upload_is_stored_for_a_day_and_imports_nothing(organiser: User, at: datetime) -> None:
    imported = planned_import(organiser, at=at, calendar=numbered(2, at), state="public")

    imported.refresh_from_db()
    assert (imported.status, imported.item_count, imported.position) == ("planned", 2, 0)
    assert (imported.file_name, imported.calendar_name, imported.state) == ("team.ics", "Team", "public")
    assert imported.expires_at == at + DAY
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("size", "message"),
    [(0, "This calendar has no entries."), (5_001, "A calendar can have up to 5,000 entries. This one has 5,001.")],
)
def test_calendar_without_entries_or_with_too_many_is_refused(
    organiser: User, at: datetime, size: int, message: str
) -> None:
    calendar = CalendarFile([CalendarItem(line, reason="empty") for line in range(size)])

    with pytest.raises(InvalidCalendar, match=message):
        planned_import(organiser, at=at, calendar=calendar)

    assert not CalendarImport.objects.exists()


def test_calendar_may_have_as_many_entries_as_the_limit(organiser: User, at: datetime) -> None:
    calendar = CalendarFile([CalendarItem(line, reason="empty") for line in range(MAX_ITEMS)])

    assert planned_import(organiser, at=at, calendar=calendar).item_count == MAX_ITEMS


def test_further_upload_replaces_the_oldest_plan_and_stops_the_oldest_import(
    organiser: User, stranger: User, at: datetime
) -> None:
    other = planned_import(stranger, at=at)
    running = planned_import(organiser, at=at, calendar=numbered(BATCH_SIZE + 1, at))
    run_import(running, actor=organiser, clock=impatient_clock(at))
    plans = [planned_import(organiser, at=at) for _ in range(4)]

    running.refresh_from_db()
    assert (running.status, running.calendar, running.position) == ("stopped", None, BATCH_SIZE)
    assert set(CalendarImport.objects.unfinished()) == {other, *plans[1:]}


def test_plan_of_another_version_has_to_be_uploaded_again(organiser: User, at: datetime) -> None:
    imported = planned_import(organiser, at=at)
    imported.calendar = gzip.compress(b'{"events": []}')
    imported.save()

    with pytest.raises(InvalidCalendar, match="upload it again"):
        plan_of(imported, actor=organiser, at=at)
    with pytest.raises(InvalidCalendar, match="upload it again"):
        run(imported, at=at)


# --- Importing ---


def test_import_does_what_its_plan_says_and_forgets_the_file(organiser: User, at: datetime) -> None:
    calendar = calendar_of(calendar_entry("1", at), calendar_entry("2", at, is_cancelled=True))
    imported = planned_import(organiser, at=at, calendar=calendar)

    plan = plan_of(imported, actor=organiser, at=at)
    imported = run(imported, at=at)

    report = report_of(imported)
    assert outcomes(plan) == outcomes(report) == ["created", "skipped"]
    assert (imported.status, imported.calendar, imported.finished_at) == ("finished", None, at)
    assert imported.expires_at == at + timedelta(days=90)
    assert report.results[0].event_id == Event.objects.get().pk


def test_import_that_is_over_stays_as_it_is(organiser: User, at: datetime) -> None:
    imported = run(planned_import(organiser, at=at), at=at)

    assert run(imported, at=at + DAY).finished_at == at
    assert outcomes(report_of(imported)) == ["created"]


def test_only_new_events_get_the_state(organiser: User, at: datetime) -> None:
    run(planned_import(organiser, at=at, calendar=numbered(1, at)), at=at)

    run(planned_import(organiser, at=at, calendar=numbered(2, at), state="public"), at=at)

    assert list(Event.objects.order_by("headline").values_list("state", flat=True)) == ["private", "public"]


def test_events_beyond_the_quota_are_named_in_the_plan_and_not_imported(
    organiser: User, at: datetime, settings: Settings
) -> None:
    settings.MAX_EVENTS_PER_USER = 2
    imported = planned_import(organiser, at=at, calendar=numbered(3, at))

    plan = plan_of(imported, actor=organiser, at=at)
    run(imported, at=at)

    assert outcomes(plan) == ["created", "created", "skipped"]
    assert plan.results[2].reason == "You’ve reached the limit of 2 upcoming events."
    assert Event.objects.count() == 2


def test_report_says_how_many_people_were_to_be_notified_when_it_was_confirmed(
    organiser: User, subscriber: User, stranger: User, at: datetime
) -> None:
    run(planned_import(organiser, at=at, state="public"), at=at)
    moved = planned_import(organiser, at=at, calendar=numbered(1, at, location="Milan"))
    before = plan_of(moved, actor=organiser, at=at)
    for person in (subscriber, stranger):
        subscribe(Event.objects.get(), actor=person, at=at)

    report = report_of(run(moved, at=at))

    assert (before.notified, report.notified) == (0, 2)


# --- What vanished ---


@pytest.fixture
def vanishing(organiser: User, at: datetime) -> CalendarImport:
    """Return the plan of a file that lacks two of the three events that it had when it was last imported."""
    run(planned_import(organiser, at=at, calendar=numbered(3, at), state="public"), at=at)
    return planned_import(organiser, at=at, calendar=numbered(1, at))


def cancelled_titles() -> list[str]:
    return list(
        Event.objects.filter(cancelled_at__isnull=False).order_by("headline").values_list("headline", flat=True)
    )


def test_vanished_events_stay_unless_they_are_chosen(vanishing: CalendarImport, organiser: User, at: datetime) -> None:
    plan = plan_of(vanishing, actor=organiser, at=at)

    imported = run(vanishing, at=at)

    assert [event.headline for event in plan.vanished] == ["Title 0001", "Title 0002"]
    assert (cancelled_titles(), imported.status) == ([], "finished")


def test_chosen_vanished_events_are_cancelled(
    vanishing: CalendarImport, subscriber: User, stranger: User, at: datetime
) -> None:
    chosen = Event.objects.get(headline="Title 0002")
    for title, user in (("Title 0002", subscriber), ("Title 0001", stranger)):
        subscribe(Event.objects.get(headline=title), actor=user, at=at)

    imported = run(vanishing, at=at, cancel={chosen.pk})

    assert cancelled_titles() == ["Title 0002"]
    assert [event.headline for event in report_of(imported).vanished] == ["Title 0002"]
    assert report_of(imported).notified == 1
    assert (imported.position, imported.step_count) == (2, 2)


def test_events_that_have_not_vanished_cannot_be_chosen(
    vanishing: CalendarImport, make_event: MakeEvent, at: datetime
) -> None:
    listed, others = Event.objects.get(headline="Title 0000"), make_event()

    run(vanishing, at=at, cancel={listed.pk, others.pk})

    assert cancelled_titles() == []


# --- Interruptions ---


def test_import_continues_where_its_time_was_over(organiser: User, at: datetime) -> None:
    imported = planned_import(organiser, at=at, calendar=numbered(BATCH_SIZE + 1, at))

    imported = run_import(imported, actor=organiser, clock=impatient_clock(at))
    first = (imported.status, imported.position, Event.objects.count())
    imported = run_import(imported, actor=organiser, clock=impatient_clock(at))

    assert first == ("running", BATCH_SIZE, BATCH_SIZE)
    assert (imported.status, imported.position, Event.objects.count()) == ("finished", BATCH_SIZE + 1, BATCH_SIZE + 1)


@pytest.mark.django_db(transaction=True)
def test_batch_that_fails_is_repeated_as_a_whole(
    organiser: User, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported = planned_import(organiser, at=at, calendar=numbered(2 * BATCH_SIZE, at))
    part = uploads._part

    def fail(report: ImportReport) -> bytes:
        if report.results and report.results[0].uid == f"{BATCH_SIZE:04}":
            raise RuntimeError("killed")
        return part(report)

    with monkeypatch.context() as patched:
        patched.setattr(uploads, "_part", fail)
        with pytest.raises(RuntimeError, match="killed"):
            run(imported, at=at)
    imported.refresh_from_db()
    done = (imported.status, imported.position, Event.objects.count(), len(report_of(imported).results))
    run(imported, at=at)

    assert done == ("running", BATCH_SIZE, BATCH_SIZE, BATCH_SIZE)
    assert outcomes(report_of(CalendarImport.objects.get())) == ["created"] * 2 * BATCH_SIZE
    assert Event.objects.count() == 2 * BATCH_SIZE


@pytest.mark.django_db(transaction=True)
def test_import_that_is_confirmed_twice_at_once_happens_once(organiser: User, at: datetime) -> None:
    imported = planned_import(organiser, at=at, calendar=numbered(2 * BATCH_SIZE, at))

    errors = run_at_once(lambda: run(imported, at=at), lambda: run(imported, at=at))

    imported.refresh_from_db()
    assert errors == []
    assert (imported.status, Event.objects.count()) == ("finished", 2 * BATCH_SIZE)
    assert outcomes(report_of(imported)) == ["created"] * 2 * BATCH_SIZE


def test_plan_that_is_stopped_is_discarded(organiser: User, at: datetime) -> None:
    imported = planned_import(organiser, at=at)

    assert stop_import(imported, actor=organiser, at=at) is None

    assert not CalendarImport.objects.exists()
    with pytest.raises(CalendarImport.DoesNotExist):
        run(imported, at=at)


def test_import_that_is_stopped_keeps_what_it_has_done(organiser: User, at: datetime) -> None:
    planned = planned_import(organiser, at=at, calendar=numbered(BATCH_SIZE + 1, at))
    run_import(planned, actor=organiser, clock=impatient_clock(at))

    stopped = stop_import(planned, actor=organiser, at=at)

    imported = run(planned, at=at)
    assert stopped == imported
    assert (imported.status, imported.calendar) == ("stopped", None)
    assert len(report_of(imported).results) == Event.objects.count() == BATCH_SIZE


def test_work_is_refused_while_this_process_is_at_work() -> None:
    with one_at_a_time(), pytest.raises(ImportsBusy) as refusal, one_at_a_time():
        pass

    assert (refusal.value.status, refusal.value.wait) == (503, 5)
    with one_at_a_time():
        pass


# --- Cleanup ---


def test_account_is_purged_with_its_uploads(organiser: User, at: datetime) -> None:
    planned_import(organiser, at=at)

    purge_user(organiser)

    assert not CalendarImport.objects.exists()


@pytest.mark.parametrize(("is_confirmed", "kept_for"), [(False, DAY), (True, 90 * DAY)])
def test_plans_are_kept_for_a_day_and_reports_for_90(
    organiser: User, at: datetime, is_confirmed: bool, kept_for: timedelta
) -> None:
    imported = planned_import(organiser, at=at)
    if is_confirmed:
        run(imported, at=at)

    early = purge_imports(at=at + kept_for - timedelta(microseconds=1))
    late = purge_imports(at=at + kept_for)

    assert (early, late) == (0, 1)
    assert Event.objects.count() == is_confirmed
