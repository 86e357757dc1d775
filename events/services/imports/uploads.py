"""Calendar files that people upload: storing what one contains, importing it in batches, and its report."""

import gzip
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import delete_some, lock_active_user
from config.database import transactional
from events.calendars import OTHER_FORM, CalendarFile, calendar_as_json, calendar_from_json
from events.exceptions import ImportsBusy, InvalidCalendar
from events.models import CalendarImport
from events.services.imports.importing import BATCH_SIZE, import_items
from events.services.imports.planning import plan_import
from events.services.imports.results import (
    ImportReport,
    ItemResult,
    VanishedEvent,
    report_as_json,
    report_from_json,
)
from events.services.imports.vanishing import calendar_name, cancel_vanished
from events.text_limits import MAX_FILE_NAME_LENGTH

MAX_ITEMS = 5_000
# How many imports of a user may be unfinished. A further one replaces the oldest plan, or stops the oldest import.
MAX_UNFINISHED = 3
PLAN_KEPT_FOR = timedelta(days=1)
REPORT_KEPT_FOR = timedelta(days=90)
# After how many seconds those who found the process busy should try again.
BUSY_SECONDS = 5
# For how long one request imports. It occupies a thread of web, of which there are few.
RUN_FOR = timedelta(seconds=5)

# Reading a file and importing both keep a processor busy and hold a thread, so a process does one of them at a time.
_work = BoundedSemaphore(1)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Do the expensive part of an import in a `with` block, unless this process is already doing that of another one.

    Raises:
        ImportsBusy
    """
    if not _work.acquire(blocking=False):
        raise ImportsBusy(wait=BUSY_SECONDS)
    try:
        yield
    finally:
        _work.release()


@transactional
def store_import(calendar: CalendarFile, *, actor: User, at: datetime, file_name: str, state: str) -> CalendarImport:
    """Store what a file contains, so that its import can be planned, confirmed and done bit by bit.

    `state` is the visibility of new events. Beyond MAX_UNFINISHED unfinished imports, the user's oldest plans are
    discarded and the oldest imports are stopped.

    Raises:
        InvalidCalendar: the file has more than MAX_ITEMS items, or none.
        AccountSuspended
    """
    _check_size(len(calendar.items))
    # Imports before the person, in the same order as a batch, to avoid deadlocks.
    unfinished = CalendarImport.objects.owned_by(actor).unfinished().select_for_update()
    for imported in unfinished[MAX_UNFINISHED - 1 :]:
        _give_up(imported, at=at)
    lock_active_user(actor)
    return CalendarImport.objects.create(
        user=actor,
        file_name=file_name[:MAX_FILE_NAME_LENGTH],
        calendar_name=calendar_name(calendar, file_name=file_name),
        state=state,
        calendar=gzip.compress(json.dumps(calendar_as_json(calendar)).encode()),
        item_count=len(calendar.items),
        created_at=at,
        expires_at=at + PLAN_KEPT_FOR,
    )


def _check_size(count: int) -> None:
    if not count:
        raise InvalidCalendar(_("This calendar has no entries."))
    if count > MAX_ITEMS:
        counts = {"limit": MAX_ITEMS, "count": count}
        numbers = {name: number_format(number, force_grouping=True) for name, number in counts.items()}
        raise InvalidCalendar(_("A calendar can have up to %(limit)s entries. This one has %(count)s.") % numbers)


def plan_of(imported: CalendarImport, *, actor: User, at: datetime) -> ImportReport:
    """Return what an import that is planned would do now. Writes nothing.

    Raises:
        InvalidCalendar: the site was updated meanwhile, so the file has to be uploaded again.
    """
    return plan_import(_contents_of(imported), **_rules_of(imported, actor=actor, at=at), name=imported.calendar_name)


def report_of(imported: CalendarImport) -> ImportReport:
    """Return what an import has done so far."""
    whole = ImportReport(imported.calendar_name, [], [])
    for part in gzip.decompress(imported.report).splitlines():
        whole = _joined(whole, report_from_json(json.loads(part)))
    return whole


def run_import(
    imported: CalendarImport,
    *,
    actor: User,
    clock: Callable[[], datetime],
    cancel: Collection[int] = (),
) -> CalendarImport:
    """Import the next items of an import, and cancel events that vanished from its file, for up to RUN_FOR.

    Each batch is one transaction, together with the position and its part of the report, so that a process that is
    killed loses and doubles nothing. Of two calls at once, one waits for the other's batch and continues behind it. An
    import that is over stays as it is.

    `cancel` names the events to cancel if they have vanished. Only the first call decides about it.

    Raises:
        AccountSuspended
        InvalidCalendar: as `plan_of`.
        CalendarImport.DoesNotExist: it was discarded meanwhile.
    """
    began_at = at = clock()
    imported = _begin(imported, actor=actor, at=at, cancel=cancel)
    contents = None if imported.is_over else _contents_of(imported)
    while contents and not imported.is_over and at < began_at + RUN_FOR:
        imported = _import_batch(imported, contents, actor=actor, at=at)
        at = clock()
    return imported


@transactional
def stop_import(imported: CalendarImport, *, actor: User, at: datetime) -> CalendarImport | None:
    """Discard the plan of an import, or stop an import that is not finished. One that is over stays as it is.

    Returns the import as it is now; None if it was discarded.
    """
    imported = _locked(imported, actor)
    _give_up(imported, at=at)
    return imported if imported.pk else None


def purge_imports(*, at: datetime) -> int:
    """Remove some of the imports that have expired, and return how many. Issues one query if there are none."""
    return delete_some(CalendarImport.objects.expired(at))


@transactional
def _begin(imported: CalendarImport, *, actor: User, at: datetime, cancel: Collection[int]) -> CalendarImport:
    """Record that an import was confirmed, with the events to cancel. One that has begun stays as it is."""
    imported = _locked(imported, actor)
    if not imported.is_planned:
        return imported
    rules = _rules_of(imported, actor=actor, at=at)
    plan = plan_import(_contents_of(imported), **rules, name=imported.calendar_name, cancel=cancel)
    vanished = [event.event_id for event in plan.vanished]
    imported.status = CalendarImport.Status.RUNNING
    imported.expires_at = at + REPORT_KEPT_FOR
    imported.to_cancel = vanished
    imported.cancel_count = len(vanished)
    notified = plan.notified_with_vanished
    imported.report = _part(ImportReport(plan.calendar, [], [], plan.remarks, notified, notified))
    imported.save()
    return imported


@transactional
def _import_batch(imported: CalendarImport, contents: CalendarFile, *, actor: User, at: datetime) -> CalendarImport:
    """Take the next BATCH_SIZE steps of an import, of which `contents` are those of its file."""
    imported = _locked(imported, actor)
    if imported.is_over:
        return imported
    start, count = imported.position, imported.item_count
    results: list[ItemResult] = []
    vanished: list[VanishedEvent] = []
    if start < count:
        rules = _rules_of(imported, actor=actor, at=at)
        results = import_items(contents.items[start : start + BATCH_SIZE], calendar=imported.calendar_name, **rules)
        imported.position += len(results)
    else:
        chosen = imported.to_cancel[start - count :][:BATCH_SIZE]
        vanished = cancel_vanished(contents, name=imported.calendar_name, actor=actor, at=at, event_ids=chosen)
        imported.position += len(chosen)
    imported.report = bytes(imported.report) + _part(ImportReport(imported.calendar_name, results, vanished))
    if imported.position == imported.step_count:
        _close(imported, CalendarImport.Status.FINISHED, at=at)
    imported.save()
    return imported


def _locked(imported: CalendarImport, actor: User) -> CalendarImport:
    """Return the user's import as it is now, with its row locked until the transaction ends."""
    locked: CalendarImport = CalendarImport.objects.owned_by(actor).select_for_update().get(pk=imported.pk)
    return locked


def _rules_of(imported: CalendarImport, *, actor: User, at: datetime) -> dict[str, Any]:
    """Return the arguments that planning and importing share."""
    return {
        "actor": actor,
        "at": at,
        "new_state": imported.state,
        "upcoming_limit": settings.MAX_EVENTS_PER_USER,
    }


def _give_up(imported: CalendarImport, *, at: datetime) -> None:
    """Discard an import whose row is locked, or stop it if it has begun."""
    if imported.is_planned:
        imported.delete()
    elif imported.is_running:
        _close(imported, CalendarImport.Status.STOPPED, at=at)
        imported.save()


def _close(imported: CalendarImport, status: str, *, at: datetime) -> None:
    """End an import: nothing more is needed of its file."""
    imported.status, imported.finished_at, imported.calendar = status, at, None


def _part(report: ImportReport) -> bytes:
    """Return a part of a report. Parts that follow each other make up a whole one, as members of a gzip file do."""
    return gzip.compress(json.dumps(report_as_json(report)).encode() + b"\n")


def _joined(first: ImportReport, second: ImportReport) -> ImportReport:
    return replace(
        first,
        results=first.results + second.results,
        vanished=first.vanished + second.vanished,
        remarks=first.remarks + second.remarks,
        notified=first.notified + second.notified,
        notified_with_vanished=first.notified_with_vanished + second.notified_with_vanished,
    )


def _contents_of(imported: CalendarImport) -> CalendarFile:
    """Return what the file of an import that is not over contains.

    Raises:
        InvalidCalendar: another version of the program has stored it.
    """
    try:
        return calendar_from_json(json.loads(gzip.decompress(imported.calendar or b"")))
    except OTHER_FORM as error:
        raise InvalidCalendar(
            _("This site was updated after you uploaded the file. Please upload it again.")
        ) from error
