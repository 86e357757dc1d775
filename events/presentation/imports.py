"""What the page of an import shows: its plan before it is confirmed, how far it is, and its report."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.local_time import today_in
from events.models import CalendarImport, Event
from events.presentation.times import event_time
from events.services import Change, Imported, ImportReport, ItemResult, Times, VanishedEvent

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# How many rows of a section the page shows. The download has all of them.
SHOWN_ROWS = 100
VANISHED, RECURRING = "vanished", "recurring"
# The order of the sections on the page.
SECTIONS = (
    Imported.CREATED,
    Imported.UPDATED,
    Imported.CANCELLED,
    VANISHED,
    Imported.SKIPPED,
    Imported.OLDER,
    RECURRING,
    Imported.UNCHANGED,
)
# What an import writes, or would if it is asked for.
WRITING = {Imported.CREATED, Imported.UPDATED, Imported.CANCELLED, VANISHED}
# Sections that are folded at first, because nothing in them asks for a decision.
FOLDED = {Imported.OLDER, RECURRING, Imported.UNCHANGED}
# Longer sections are folded, too, so that the buttons below them are not far away.
MAX_OPEN_ROWS = 10


class Names(NamedTuple):
    """What sections are called: beside its number, as a heading of a plan, and as a heading of a report."""

    short: "StrPromise"
    planned: "StrPromise"
    done: "StrPromise"


NAMES = {
    Imported.CREATED: Names(gettext_lazy("new"), gettext_lazy("New events"), gettext_lazy("New events")),
    Imported.UPDATED: Names(
        pgettext_lazy("events of an import", "changed"), gettext_lazy("Changes"), gettext_lazy("Changed events")
    ),
    Imported.CANCELLED: Names(
        pgettext_lazy("events of an import", "cancelled"),
        gettext_lazy("Cancellations"),
        gettext_lazy("Cancelled events"),
    ),
    VANISHED: Names(
        gettext_lazy("no longer in the file"),
        gettext_lazy("No longer in the file"),
        gettext_lazy("Cancelled because no longer in the file"),
    ),
    Imported.SKIPPED: Names(gettext_lazy("skipped"), gettext_lazy("Skipped"), gettext_lazy("Skipped")),
    Imported.OLDER: Names(
        gettext_lazy("older"),
        gettext_lazy("Older than what you imported before"),
        gettext_lazy("Older than what you imported before"),
    ),
    RECURRING: Names(
        gettext_lazy("repeating"),
        gettext_lazy("Repeating: first date only, for now"),
        gettext_lazy("Repeating: first date only, for now"),
    ),
    Imported.UNCHANGED: Names(gettext_lazy("unchanged"), gettext_lazy("Unchanged"), gettext_lazy("Unchanged")),
}
UNIT_NAMES = {
    "headline": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "location": gettext_lazy("Location"),
    "times": gettext_lazy("Time"),
    "state": gettext_lazy("Visibility"),
}
# What spreadsheets take for the start of a formula (OWASP, “CSV Injection”).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class ShownChange:
    """A difference in words; `old` and `new` may be empty."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class ImportRow:
    """One item of the file, or one event that vanished from it."""

    line: int | None
    title: str
    # Empty if there is no time, or no event to open.
    time: str
    url: str
    event_id: int | None = None
    recurrence: str = ""
    reason: str = ""
    remarks: tuple[str, ...] = ()
    changes: tuple[ShownChange, ...] = ()
    subscriber_count: int = 0
    is_cancelled: bool = False


@dataclass(frozen=True)
class ImportSection:
    """Rows with the same outcome: up to SHOWN_ROWS of them, and the number of others."""

    kind: str
    short: str
    title: str
    rows: list[ImportRow]
    count: int
    is_open: bool

    @property
    def hidden_count(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True)
class ImportPage:
    """A plan or a report."""

    heading: str
    report: ImportReport
    sections: list[ImportSection]

    @property
    def writes_anything(self) -> bool:
        """Whether importing would do anything."""
        return any(section.kind in WRITING for section in self.sections)

    @property
    def vanished_ids(self) -> str:
        """The ids of the events that vanished, also of those that the page does not show."""
        return " ".join(str(event.event_id) for event in self.report.vanished)

    @property
    def further_notified(self) -> int:
        """How many more people are notified if all vanished events are cancelled."""
        return self.report.notified_with_vanished - self.report.notified


def page_of(imported: CalendarImport, report: ImportReport, *, at: datetime) -> ImportPage:
    """Return the page of an import, with its plan or its report. No queries."""
    sections = []
    for kind in SECTIONS:
        members = _members(report, kind)
        if members:
            rows = [_row(each, at=at) for each in members[:SHOWN_ROWS]]
            is_open = kind == VANISHED or (kind not in FOLDED and len(members) <= MAX_OPEN_ROWS)
            sections.append(
                ImportSection(
                    str(kind), str(NAMES[kind].short), _title(imported, kind), rows, count=len(members), is_open=is_open
                )
            )
    return ImportPage(_heading(imported), report, sections)


def _heading(imported: CalendarImport) -> str:
    texts = {
        CalendarImport.Status.PLANNED: _("Import “%(name)s”?"),
        CalendarImport.Status.RUNNING: _("Importing “%(name)s”"),
        CalendarImport.Status.FINISHED: _("Imported “%(name)s”"),
        CalendarImport.Status.STOPPED: _("Import of “%(name)s”"),
    }
    return texts[CalendarImport.Status(imported.status)] % {"name": imported.calendar_name or imported.file_name}


def _title(imported: CalendarImport, kind: str) -> str:
    return str(NAMES[kind].planned if imported.is_planned else NAMES[kind].done)


def _members(report: ImportReport, kind: str) -> list[Any]:
    if kind == VANISHED:
        return report.vanished
    if kind == RECURRING:
        imported = {Imported.CREATED, Imported.UPDATED, Imported.UNCHANGED}
        return [result for result in report.results if result.recurrence and result.outcome in imported]
    return [result for result in report.results if result.outcome == kind]


def _row(each: ItemResult | VanishedEvent, *, at: datetime) -> ImportRow:
    title = each.headline or _("(No title)")
    time = _time_text(each.times, at=at) if each.times else ""
    url = reverse("events:detail", args=[each.event_id]) if each.event_id else ""
    if isinstance(each, VanishedEvent):
        return ImportRow(
            None,
            title,
            time,
            url,
            each.event_id,
            subscriber_count=each.subscriber_count,
            is_cancelled=each.is_cancelled,
        )
    return ImportRow(
        each.line,
        title,
        time,
        url,
        each.event_id,
        recurrence=each.recurrence,
        reason=each.reason,
        remarks=each.remarks,
        changes=tuple(_shown(change, at=at) for change in each.changes),
    )


def _shown(change: Change, *, at: datetime) -> ShownChange:
    old, new = (_value_text(change.unit, value, at=at) for value in (change.old, change.new))
    return ShownChange(str(UNIT_NAMES[change.unit]), old, new)


def _value_text(unit: str, value: str | Times, *, at: datetime) -> str:
    if isinstance(value, Times):
        return _time_text(value, at=at)
    return str(Event.State(value).label) if unit == "state" else value


def _time_text(times: Times, *, at: datetime) -> str:
    event = Event(**times._asdict())
    return str(event_time(event, today=_today(event, at)))


def _today(event: Event, at: datetime) -> date:
    return today_in(event.zone, at)


def csv_lines(imported: CalendarImport, report: ImportReport, *, at: datetime, root: str) -> Iterator[bytes]:
    """Yield the lines of a table with every row of a plan or a report. `root` is the scheme and the host of its links.

    It begins with a byte order mark, without which spreadsheets take UTF-8 for something else.
    """
    writer = csv.writer(_Echo())
    heads = (_("Line"), _("Result"), _("Title"), _("Time"), _("Repeats"), _("Changes"), _("Notes"), _("Link"))
    yield b"\xef\xbb\xbf" + writer.writerow(heads)
    for kind in SECTIONS:
        if kind != RECURRING:
            for each in _members(report, kind):
                yield writer.writerow(_cells(_row(each, at=at), _title(imported, kind), root=root))


class _Echo:
    """What `csv.writer` writes to: it returns each line."""

    def write(self, line: str) -> bytes:
        return line.encode()


def _cells(row: ImportRow, result: str, *, root: str) -> list[str]:
    changes = [f"{change.name}: {change.old} → {change.new}" for change in row.changes]
    cells = [
        str(row.line or ""),
        result,
        row.title,
        row.time,
        row.recurrence,
        "\n".join(changes),
        "\n".join(filter(None, [row.reason, *row.remarks])),
        root + row.url if row.url else "",
    ]
    return [f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells]
