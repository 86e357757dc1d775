"""Decide which of the components with the same UID becomes an entry, and when it takes place.

A recurring event is one component, and there is one more for each of its dates that was changed. It becomes one entry,
which takes place on the first date that is left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from icalendar import Component

from config.errors import Refusal
from events.calendars.contents import MAX_SEQUENCE
from events.calendars.recurring.recurrence import Key, key_of, read_key, read_recurrence
from events.calendars.structure.properties import written
from events.calendars.structure.values import text_of
from events.calendars.timing.times import Times, required_date, times_of
from events.calendars.timing.zones import CalendarZones
from events.exceptions import InvalidEntry


class NoDateLeft(InvalidEntry):
    """All dates of an event that recurs are left out or cancelled, so it does not take place."""

    message = gettext_lazy("No date of this event is left.")


@dataclass(frozen=True, eq=False)
class Version:
    """A VEVENT that may share its UID with others: an event, or one of its dates that was changed."""

    line: int
    component: Component
    zones: CalendarZones
    is_calendar_cancelled: bool

    @property
    def is_single_occurrence(self) -> bool:
        return "RECURRENCE-ID" in self.component

    @property
    def sequence(self) -> int:
        """The SEQUENCE; 0 if it is no number."""
        digits = text_of(self.component, "SEQUENCE").strip()
        if not re.fullmatch("[0-9]+", digits):
            return 0
        digits = digits.lstrip("0")
        return min(int(digits or 0), MAX_SEQUENCE) if len(digits) <= len(str(MAX_SEQUENCE)) else MAX_SEQUENCE

    @property
    def is_cancelled(self) -> bool:
        return self.is_calendar_cancelled or text_of(self.component, "STATUS").strip().upper() == "CANCELLED"


@dataclass(frozen=True)
class Reading:
    """How a component becomes an entry."""

    times: Times
    # The component whose texts count: the component itself, or the one that changes its first date.
    component: Component
    # The component of the whole event.
    whole: Component
    sequence: int
    recurrence: str = ""
    remarks: tuple[str, ...] = ()
    # What distinguishes an event whose UID others have, too; empty if none has.
    key: str = ""
    # Whether it may have another first date, because a component that changes one can't be read.
    is_uncertain: bool = False


Outcome = Reading | Refusal


@dataclass(frozen=True)
class _Change:
    """A component that changes an occurrence of a recurring event, and perhaps all later ones."""

    version: Version
    occurrence: Key
    is_for_later_ones: bool
    # None if the occurrence was cancelled and has no times.
    times: Times | None


def read_series(versions: Sequence[Version]) -> dict[Version, Outcome]:
    """Return what becomes of each component of the same UID: how it is read, or why it is not.

    The component of the event itself becomes an entry; if there are several, the one with the highest SEQUENCE, then
    the first in the file. Without one that can be read, those of single dates are events of their own.
    """
    masters = [version for version in versions if not version.is_single_occurrence]
    master = max(masters, key=lambda version: version.sequence, default=None)
    outcomes: dict[Version, Outcome] = {version: _other_version() for version in masters if version is not master}
    times = None
    if master:
        try:
            times = times_of(master.component, master.zones)
        except Refusal as refusal:
            outcomes[master] = refusal
    changes: dict[Key, _Change] = {}
    unread: list[Version] = []
    for version in sorted(versions, key=lambda version: -version.sequence):
        if version.is_single_occurrence:
            try:
                change = _read_change(version, times)
            except Refusal as refusal:
                outcomes[version] = refusal
                unread.append(version)
            else:
                is_latest = changes.setdefault(change.occurrence, change) is change
                outcomes[version] = _alone(change) if is_latest else _other_version()
    if master and times:
        outcomes |= {change.version: _part_of(master) for change in changes.values()}
        try:
            reading, first = _read_master(master, times, list(changes.values()))
        except Refusal as refusal:
            outcomes[master] = refusal
        else:
            is_uncertain = any(_may_be_first(version, reading, times) for version in unread)
            outcomes[master] = replace(reading, is_uncertain=is_uncertain)
            if first:
                outcomes[first] = _read_as_first(master)
    return outcomes


def _read_change(version: Version, series: Times | None) -> _Change:
    """Return which occurrence a component changes, of an event with these times, if the file contains it.

    Raises:
        InvalidEntry, TimeOutOfRange
    """
    found, _remarks = required_date(version.component, "RECURRENCE-ID")
    times = None
    try:
        times = times_of(version.component, version.zones)
    except Refusal:
        # A date that was cancelled needs no times of its own.
        if not version.is_cancelled:
            raise
    base = series or times
    if base is None:
        raise InvalidEntry(_("It has no start (%(name)s).") % {"name": "DTSTART"})
    (_text, parameters), *_others = written(version.component, "RECURRENCE-ID")
    is_for_later_ones = str(parameters.get("RANGE", "")).upper() == "THISANDFUTURE"
    return _Change(version, read_key(found, base, version.zones), is_for_later_ones, times)


def _read_master(master: Version, times: Times, changes: Sequence[_Change]) -> tuple[Reading, Version | None]:
    """Return how the component of a whole event is read, and the component that changes its first date, if one does.

    Its times are those of the first date that is left. Its SEQUENCE is that of the whole event: components of single
    dates count for themselves, and a change of the whole event often removes them.

    Raises:
        NoDateLeft, TimeOutOfRange
    """
    recurrence = read_recurrence(master.component, times, master.zones)
    remarks = (*times.remarks, *recurrence.remarks)
    reading = Reading(times, master.component, master.component, master.sequence, recurrence.words, remarks)
    if master.is_cancelled:
        return reading, None
    first = recurrence.first(
        without={change.occurrence for change in changes},
        before=min((change.occurrence for change in changes if change.is_for_later_ones), default=None, key=_as_text),
    )
    changed = [(change.times, change.version) for change in changes if change.times and not change.version.is_cancelled]
    if changed:
        moved, version = min(changed, key=lambda pair: pair[0].starts_at)
        if first is None or moved.starts_at < first.starts_at:
            remark = _("Its first date was changed, on line %(line)s.") % {"line": version.line}
            remarks = (*moved.remarks, *recurrence.remarks, remark)
            return replace(reading, times=moved, component=version.component, remarks=remarks), version
    if first is None and not recurrence.unknown_rules:
        raise NoDateLeft
    return replace(reading, times=first or times), None


def _may_be_first(version: Version, reading: Reading, series: Times) -> bool:
    """Return whether a component that can't be read may change the first date of a series, or an earlier one."""
    try:
        found, _remarks = required_date(version.component, "RECURRENCE-ID")
        occurrence = read_key(found, series, version.zones)
    except Refusal:
        return True
    return _as_text(occurrence) <= _as_text(key_of(reading.times))


def _as_text(occurrence: Key) -> str:
    """Return an occurrence as text that sorts by time."""
    return occurrence.isoformat()


def _alone(change: _Change) -> Outcome:
    """Return how a date of an event is read that the file does not contain."""
    if change.times is None:
        return InvalidEntry(_("It has no start (%(name)s).") % {"name": "DTSTART"})
    remark = _("It is one date of a recurring event that the file doesn’t contain.")
    version, times = change.version, change.times
    return Reading(
        times,
        version.component,
        version.component,
        version.sequence,
        remarks=(*times.remarks, remark),
        key=_as_text(change.occurrence),
    )


def _read_as_first(master: Version) -> InvalidEntry:
    reason = _("It changes the first date of the recurring event on line %(line)s and was read with it.")
    return InvalidEntry(reason % {"line": master.line})


def _part_of(master: Version) -> InvalidEntry:
    reason = _("It changes one date of the recurring event on line %(line)s, of which only the first is imported.")
    return InvalidEntry(reason % {"line": master.line})


def _other_version() -> InvalidEntry:
    return InvalidEntry(_("The file has another version of this event, with the same UID."))
