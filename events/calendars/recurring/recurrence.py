"""Find the dates of an event that recurs: those of its rules (RRULE, EXRULE) and its lists (RDATE, EXDATE)."""

import heapq
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time

from django.utils.translation import gettext as _
from icalendar import Component

from events.calendars.recurring.rule_words import recurrence_in_words
from events.calendars.recurring.rules import BoundRule, TooManySteps, occurrences, read_rule
from events.calendars.structure.properties import written
from events.calendars.timing.dates import Written, read_date
from events.calendars.timing.times import Times
from events.calendars.timing.zones import CalendarZones
from events.exceptions import InvalidEntry, TimeOutOfRange

# How many dates of an event's lists are read, and how many of its rules are evaluated.
MAX_DATES = 5000
MAX_RULES = 5
END_OF_DAY = time(23, 59, 59)

# What stands for an occurrence: its day, or the instant of its start.
Key = date


@dataclass
class Recurrence:
    """How the event of a component recurs."""

    times: Times
    rules: list[BoundRule] = field(default_factory=list)
    # Rules that can't be evaluated.
    unknown_rules: list[str] = field(default_factory=list)
    exceptions: list[BoundRule] = field(default_factory=list)
    # Further days or local times, and what is left out: instants, and days on which nothing takes place.
    dates: list[date] = field(default_factory=list)
    excluded: set[Key] = field(default_factory=set)
    words: str = ""
    remarks: list[str] = field(default_factory=list)

    def first(self, *, without: Set[Key] = frozenset(), before: Key | None = None) -> Times | None:
        """Return the times of the first occurrence that takes place, or None if none does.

        `without` are occurrences that other components change. Those from `before` on are changed, too.

        Raises:
            TimeOutOfRange
        """
        left_out = self.excluded | without
        try:
            return next((times for times in self._all() if self._takes_place(times, left_out, before)), None)
        except TooManySteps:
            dated = (self.times.moved(each) for each in sorted(self.dates, key=_as_time))
            return next((times for times in dated if self._takes_place(times, left_out, before)), None)

    def _takes_place(self, times: Times, left_out: Set[Key], before: Key | None) -> bool:
        key, day = key_of(times), times.start.date() if isinstance(times.start, datetime) else times.start
        if before is not None and (key >= before if isinstance(before, type(key)) else day >= before):
            return False
        return key not in left_out and day not in left_out

    def _all(self) -> Iterator[Times]:
        """Yield the times of all occurrences in order, whether they take place or not."""
        start = _as_time(self.times.start)
        ruled = occurrences(start, rules=self.rules, exceptions=self.exceptions)
        for at in heapq.merge(sorted(map(_as_time, self.dates)), ruled):
            yield self.times if at == start else self.times.moved(at.date() if self.times.all_day else at)


def key_of(times: Times) -> Key:
    """Return what stands for an occurrence of an event that takes place at these times."""
    return times.start if times.all_day else times.starts_at


def read_key(found: Written, times: Times, zones: CalendarZones) -> Key:
    """Return which occurrence a date refers to that an event with these times lists.

    A day refers to all occurrences of that day.

    Raises:
        TimeOutOfRange
    """
    if found.time_of_day is None:
        return found.day
    if not times.all_day:
        return zones.read(found, like=times.rules).instant
    return zones.read(found).instant.astimezone(times.zone).date() if found.offset is not None else found.day


def read_recurrence(component: Component, times: Times, zones: CalendarZones) -> Recurrence:
    """Return how the event of a component recurs, which has these times."""
    recurrence = Recurrence(times)
    for text, _parameters in written(component, "RRULE"):
        bound = _bound(text, times, zones) if len(recurrence.rules) < MAX_RULES else None
        if bound:
            recurrence.rules.append(bound)
        else:
            recurrence.unknown_rules.append(text)
    exceptions = [text for text, _parameters in written(component, "EXRULE")]
    evaluated = (_bound(text, times, zones) for text in exceptions[:MAX_RULES])
    recurrence.exceptions = [bound for bound in evaluated if bound]
    if len(recurrence.exceptions) < len(exceptions):
        recurrence.remarks.append(_("The dates that its EXRULE leaves out could not be found."))
    lists = _Lists(component, times, zones)
    recurrence.excluded = set(lists.read("EXDATE", read_key))
    recurrence.dates = list(lists.read("RDATE", _local))
    recurrence.remarks += lists.remarks
    recurrence.words = recurrence_in_words(
        [bound.rule for bound in recurrence.rules],
        recurrence.unknown_rules,
        start=times.start,
        dates=len({*map(_as_time, recurrence.dates)} - {_as_time(times.start)}),
    )
    if recurrence.unknown_rules:
        recurrence.remarks.append(_("Its rule can’t be evaluated, so its stated start is used."))
    return recurrence


class _Lists:
    """The lists of dates of a component. What can't be read is left out with a remark."""

    def __init__(self, component: Component, times: Times, zones: CalendarZones) -> None:
        self.component, self.times, self.zones = component, times, zones
        self.left = MAX_DATES
        self.remarks: list[str] = []

    def read(self, name: str, convert: Callable[[Written, Times, CalendarZones], date]) -> Iterator[date]:
        """Yield the dates of a property, converted. Of periods, their start counts."""
        for text, parameters in written(self.component, name):
            for each in filter(None, text.split(",", self.left)):
                self.left -= 1
                if self.left < 0:
                    return self._remark(_("It lists too many dates; not all of them were read."))
                try:
                    found = read_date(each.partition("/")[0].strip(), parameters)
                    yield convert(found, self.times, self.zones)
                except (InvalidEntry, TimeOutOfRange):
                    self._remark(_("A date in %(name)s can’t be read and was left out.") % {"name": name})
        return None

    def _remark(self, remark: str) -> None:
        if remark not in self.remarks:
            self.remarks.append(remark)


def _bound(text: str, times: Times, zones: CalendarZones) -> BoundRule | None:
    """Return a rule of an event with these times, or None if it can't be read or evaluated."""
    try:
        rule = read_rule(text)
        if not rule.can_be_evaluated:
            return None
        if rule.until is None:
            return BoundRule(rule, None)
        if rule.until.time_of_day is None:
            return BoundRule(rule, datetime.combine(rule.until.day, END_OF_DAY))
        until = zones.read(rule.until, like=times.rules).instant.astimezone(times.rules).replace(tzinfo=None)
    except (InvalidEntry, TimeOutOfRange):
        return None
    return BoundRule(rule, datetime.combine(until, END_OF_DAY) if times.all_day else until)


def _local(found: Written, times: Times, zones: CalendarZones) -> date:
    """Return the day or local time of a further date. A day alone has the time of the start."""
    if times.all_day:
        return read_key(found, times, zones)
    if found.time_of_day is None:
        return datetime.combine(found.day, _as_time(times.start).time())
    return zones.read(found, like=times.rules).instant.astimezone(times.rules).replace(tzinfo=None)


def _as_time(day: date) -> datetime:
    """Return a day as the midnight at which it begins, and a time as it is."""
    return day if isinstance(day, datetime) else datetime.combine(day, time())
