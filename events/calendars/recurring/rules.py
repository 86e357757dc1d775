"""Read recurrence rules (RRULE and EXRULE), and find the dates that they stand for, with limited work."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

from dateutil import rrule

from events.calendars.timing.dates import Written, read_date
from events.exceptions import InvalidEntry

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY")
# How many days the library looks at for each step of a rule. Rules of other frequencies are not evaluated.
DAYS_OF_A_STEP = {"YEARLY": 366, "MONTHLY": 31, "WEEKLY": 7, "DAILY": 1}
# What a step costs besides, in days.
STEP = 20
# How many days are looked at for one event, which takes some 50 ms. Daily rules get 19 years, weekly ones a century.
MAX_DAYS = 150_000
# A rule may name this many times of a day, and have this many days or numbers in a part.
MAX_TIMES = 24
MAX_LIST = 31
MAX_LENGTH = 1000
MAX_INTERVAL = 10_000
MAX_COUNT = 1_000_000
# The year until which some programs let an event recur that has no end.
FOREVER = "9999"

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAY = re.compile(r"(?P<position>[+-]?[0-9]{1,2})?(?P<weekday>MO|TU|WE|TH|FR|SA|SU)")
# The smallest and the greatest number of each part that lists numbers, and whether they may be negative.
NUMBERS = {
    "BYSECOND": (0, 59, False),
    "BYMINUTE": (0, 59, False),
    "BYHOUR": (0, 23, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYMONTH": (1, 12, False),
    "BYSETPOS": (1, 366, True),
}


class TooManySteps(Exception):
    """The rules of an event name no date within the days that are looked at."""


@dataclass(frozen=True)
class Weekday:
    """A day of the week, 0 for Monday, with its position in the month or year; without one, 0."""

    weekday: int
    position: int = 0


@dataclass(frozen=True)
class Rule:
    """A recurrence rule."""

    text: str
    frequency: str
    interval: int = 1
    count: int | None = None
    until: Written | None = None
    days: tuple[Weekday, ...] = ()
    numbers: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    week_start: int = 0

    @property
    def max_position(self) -> int:
        """How often a day of the week can be in a month or year, if its position in one can be named."""
        if self.frequency == "MONTHLY" or (self.frequency == "YEARLY" and "BYMONTH" in self.numbers):
            return 5
        return 53 if self.frequency == "YEARLY" else 0

    @property
    def can_be_evaluated(self) -> bool:
        """Whether its dates can be found with little work."""
        lists = [self.days, *self.numbers.values()]
        return self.frequency in DAYS_OF_A_STEP and self._times <= MAX_TIMES and max(map(len, lists)) <= MAX_LIST

    @property
    def days_of_a_step(self) -> int:
        """What a step costs. Each day is looked up in each list, and combined with each time of day.

        The library passes each month of an interval of days or weeks.
        """
        days = DAYS_OF_A_STEP[self.frequency]
        listed = sum(map(len, [self.days, *self.numbers.values()]))
        passed = self.interval * days // STEP if self.frequency in {"DAILY", "WEEKLY"} else 0
        return (days + STEP) * self._times * (4 + listed) // 4 + passed

    @property
    def _times(self) -> int:
        return math.prod(len(self.numbers.get(part, "1")) for part in ("BYHOUR", "BYMINUTE", "BYSECOND"))


def read_rule(text: str) -> Rule:
    """Return a recurrence rule.

    Raises:
        InvalidEntry: it is none, or it has parts that RFC 5545 does not know or allow.
        TimeOutOfRange: it ends in a year that no event can have.
    """
    pairs = [part.strip().partition("=") for part in text.upper().rstrip("; ").split(";")]
    parts = {name.strip(): value.strip() for name, _equals, value in pairs}
    if len(text) > MAX_LENGTH or len(parts) < len(pairs) or parts.get("FREQ") not in FREQUENCIES:
        raise InvalidEntry
    options: dict[str, Any] = {"text": text, "frequency": parts.pop("FREQ"), "numbers": {}}
    for name, value in parts.items():
        if name in {"INTERVAL", "COUNT"}:
            options[name.lower()] = _number(value, 1, MAX_INTERVAL if name == "INTERVAL" else MAX_COUNT)
        elif name == "UNTIL":
            options["until"] = None if value.startswith(FOREVER) else read_date(value, {})
        elif name == "BYDAY":
            options["days"] = tuple(map(_weekday, value.split(",")))
        elif name == "WKST" and value in WEEKDAYS:
            options["week_start"] = WEEKDAYS.index(value)
        elif name in NUMBERS:
            least, most, is_signed = NUMBERS[name]
            numbers = (_number(each, least, most, is_signed=is_signed) for each in value.split(","))
            options["numbers"][name] = tuple(dict.fromkeys(numbers))
        else:
            raise InvalidEntry
    rule = Rule(**options)
    if max((abs(day.position) for day in rule.days), default=0) > rule.max_position:
        raise InvalidEntry
    return rule


def _number(text: str, least: int, most: int, *, is_signed: bool = False) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,7}", text):
        raise InvalidEntry
    number = int(text)
    if not least <= (abs(number) if is_signed else number) <= most:
        raise InvalidEntry
    return number


def _weekday(text: str) -> Weekday:
    found = DAY.fullmatch(text.strip())
    if not found:
        raise InvalidEntry
    position = _number(found["position"], 1, 53, is_signed=True) if found["position"] else 0
    return Weekday(WEEKDAYS.index(found["weekday"]), position)


class _Budget:
    """The days that may still be looked at."""

    def __init__(self) -> None:
        self.days = MAX_DAYS

    def spend(self, days: int) -> None:
        """Subtract days.

        Raises:
            TooManySteps: there are none left.
        """
        self.days -= days
        if self.days < 0:
            raise TooManySteps


class _Interval(int):
    """An interval that counts each step.

    The library adds it to the day, month or year, or first multiplies it by seven. Nothing else ends its search for a
    date that does not exist, such as 30 February, before the year 9999.
    """

    budget: _Budget
    days: int

    def __radd__(self, other: int) -> int:
        self.budget.spend(self.days)
        return int(self) + other

    def __mul__(self, other: int) -> int:
        self.budget.spend(self.days)
        return int(self) * other


@dataclass(frozen=True)
class BoundRule:
    """A rule and the last local time at which it lets an event recur, None if there is none."""

    rule: Rule
    until: datetime | None


def occurrences(start: datetime, *, rules: Sequence[BoundRule], exceptions: Sequence[BoundRule]) -> Iterator[datetime]:
    """Yield the local times at which rules let an event recur, in order.

    The start counts as the first occurrence, unless all rules end before it (RFC 5545, 3.8.5.3). All rules have to be
    such that they can be evaluated.

    Raises:
        TooManySteps
    """
    includes_start = not rules or any(bound.until is None or bound.until >= start for bound in rules)
    if includes_start and not exceptions:
        yield start  # without evaluating a rule
    budget = _Budget()
    found = rrule.rruleset()
    if includes_start:
        found.rdate(start)
    for bound in rules:
        found.rrule(_evaluated(bound, start, budget))
    for bound in exceptions:
        found.exrule(_evaluated(bound, start, budget))
    yield from (each for each in found if exceptions or each != start)


def _evaluated(bound: BoundRule, start: datetime, budget: _Budget) -> Iterator[datetime]:
    rule, until = bound.rule, bound.until
    interval = _Interval(rule.interval)
    interval.budget, interval.days = budget, rule.days_of_a_step
    found = rrule.rrule(
        getattr(rrule, rule.frequency),
        dtstart=start,
        interval=interval,
        wkst=rule.week_start,
        count=rule.count,
        byweekday=[getattr(rrule, WEEKDAYS[day.weekday])(day.position or None) for day in rule.days] or None,
        **{name.lower(): numbers for name, numbers in rule.numbers.items()},
    )
    return iter(found) if until is None else takewhile(until.__ge__, found)
