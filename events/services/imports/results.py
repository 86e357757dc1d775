"""What an import does, as planned or as done: values that a command or a page shows, and that can be stored as JSON."""

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from events.services.local_times import Times


class Imported(StrEnum):
    """What an import does with an item of a calendar file."""

    CREATED = "created"
    UPDATED = "updated"
    CANCELLED = "cancelled"
    UNCHANGED = "unchanged"
    # The file has an older version than the last import, so nothing changes.
    OLDER = "older"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Change:
    """A difference between an event and its entry.

    `unit` is `headline`, `description`, `location`, `times` or `state`. The values of `times` are `Times`. The others
    are texts; long ones are excerpts that contain the first difference.
    """

    unit: str
    old: str | Times
    new: str | Times


@dataclass(frozen=True)
class ItemResult:
    """What an import does with one item of a calendar file."""

    line: int
    uid: str
    # As the file has it, perhaps empty.
    headline: str
    # None if the item cannot be read.
    times: Times | None
    outcome: Imported
    # Why the item is skipped, or counts as older; otherwise empty.
    reason: str = ""
    # What people should know about how the item was read, and about what an import leaves as it is.
    remarks: tuple[str, ...] = ()
    # How the item recurs, in words; only its first date is imported.
    recurrence: str = ""
    # The differences that the import removes. A skipped item can have one: the event becomes private nevertheless.
    changes: tuple[Change, ...] = ()
    # The event that the item was imported as; None if there is none, or not yet.
    event_id: int | None = None

    def __str__(self) -> str:
        """Name the item by its line, its title and its UID."""
        headline = f"“{self.headline}”" if self.headline else ""
        uid = f"UID {self.uid}" if self.uid else ""
        return ", ".join(filter(None, [f"line {self.line}", headline, uid]))


@dataclass(frozen=True)
class VanishedEvent:
    """An event of an earlier import whose entry is no longer in the calendar's file."""

    event_id: int
    uid: str
    headline: str
    times: Times
    subscriber_count: int
    # Whether this import has cancelled it.
    is_cancelled: bool = False


@dataclass(frozen=True)
class ImportReport:
    """What an import of a whole file does, as planned or as done."""

    # The name under which the calendar is recognised: `calendar_name`.
    calendar: str
    # One for each item of the file, in order.
    results: list[ItemResult]
    # The earliest start first.
    vanished: list[VanishedEvent]
    # What people should know about the file as a whole.
    remarks: tuple[str, ...] = ()
    # How many people are notified because of `results`, and how many if all vanished events are cancelled, too.
    notified: int = 0
    notified_with_vanished: int = 0

    @property
    def counts(self) -> Counter[Imported]:
        """How many results have each outcome; 0 for outcomes that none has."""
        return Counter(result.outcome for result in self.results)


def report_as_json(report: ImportReport) -> dict[str, Any]:
    """Return a report as an object that JSON can represent."""
    return {
        **{name: getattr(report, name) for name in ("calendar", "remarks", "notified", "notified_with_vanished")},
        "results": [_result_as_json(result) for result in report.results],
        "vanished": [{**asdict(event), "times": _times_as_json(event.times)} for event in report.vanished],
    }


def report_from_json(found: dict[str, Any]) -> ImportReport:
    """Return the report that `report_as_json` has represented."""
    return ImportReport(
        **{
            **found,
            "remarks": tuple(found["remarks"]),
            "results": [_result_from_json(result) for result in found["results"]],
            "vanished": [
                VanishedEvent(**{**event, "times": _times_from_json(event["times"])}) for event in found["vanished"]
            ],
        }
    )


def _result_as_json(result: ItemResult) -> dict[str, Any]:
    """Return a result as an object that JSON can represent."""
    changes = [[change.unit, _value_as_json(change.old), _value_as_json(change.new)] for change in result.changes]
    times = result.times and _times_as_json(result.times)
    return {**vars(result), "outcome": str(result.outcome), "times": times, "changes": changes}


def _result_from_json(found: dict[str, Any]) -> ItemResult:
    """Return the result that `_result_as_json` has represented."""
    return ItemResult(
        **{
            **found,
            "outcome": Imported(found["outcome"]),
            "times": found["times"] and _times_from_json(found["times"]),
            "remarks": tuple(found["remarks"]),
            "changes": tuple(
                Change(unit, _value_from_json(old), _value_from_json(new)) for unit, old, new in found["changes"]
            ),
        }
    )


def _value_as_json(value: str | Times) -> Any:
    return _times_as_json(value) if isinstance(value, Times) else value


def _value_from_json(found: Any) -> str | Times:
    return _times_from_json(found) if isinstance(found, list) else found


def _times_as_json(times: Times) -> list[Any]:
    return [moment.isoformat() if isinstance(moment, datetime) else moment for moment in times]


def _times_from_json(found: list[Any]) -> Times:
    starts_at, ends_at = (datetime.fromisoformat(text) if text else None for text in found[:2])
    return Times(starts_at, ends_at, *found[2:])
