"""Events as a month of the calendar, each on all of its days in its own time zone.

What lasts several days is one bar across those that it has in a week. What ends in the night is only on the day before.
"""

from calendar import Calendar, monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import get_format

from events.local_time import earliest_date, span_of_days, today_in
from events.models import Event
from events.presentation.rail import CALENDAR_YEARS, BrowsingQuery
from events.presentation.times import cut_day_label, day_label, day_text
from events.querysets import EventQuerySet

# A day shows the first three events and unfolds as many others. Further ones are in the list, which it links.
DAY_SHOWN = 3
DAY_FOLDED = 21
# At most this many bars lie above each other. Days on which an event finds no lane have it among their other entries.
LANES = 3
# At most this many events of a month are read, in the order of their start.
MONTH_LIMIT = 500


@dataclass(frozen=True)
class MonthEntry:
    """An event on one of its days, or as one bar across the days that it has in one week of the month.

    The event lasts from `begins` to `ends`, inclusive, which may be outside the month. Only bars have a lane: their
    position from the top, from 1.
    """

    event: Event
    begins: date
    ends: date
    day: date
    length: int = 1  # in days
    lane: int = 0

    @property
    def starts_here(self) -> bool:
        return self.day == self.begins

    @property
    def goes_on(self) -> bool:
        """Whether the event also takes place after these days."""
        return self.ends >= self.day + timedelta(days=self.length)

    @property
    def first_day(self) -> date:
        """The event's first day in the month."""
        return max(self.begins, self.day.replace(day=1))

    @property
    def is_first(self) -> bool:
        """Whether no earlier day of the month has the event."""
        return self.day == self.first_day

    @property
    def is_long(self) -> bool:
        return self.begins != self.ends

    @property
    def until(self) -> str:
        """The last day of an event of several days, with the year if that is not the one in which it starts."""
        return day_text(self.ends, today=self.begins) if self.is_long else ""

    @property
    def is_timed(self) -> bool:
        """Whether the start time is shown beside the event."""
        return self.starts_here and not self.event.all_day

    @property
    def rank(self) -> tuple[bool, int, bool, bool, time, int]:
        """The entry's position in the day: bars, what lasts the whole day, by start time, and what found no lane."""
        start = self.event.local_starts_at.time() if self.is_timed else time.min
        return not self.lane, self.lane, self.is_long, self.is_timed, start, self.event.pk

    def covers(self, day: date) -> bool:
        return self.day <= day < self.day + timedelta(days=self.length)


@dataclass(frozen=True)
class MonthDay:
    """One day of the grid. Days of other months, which complete the first and the last week, have no entries.

    Its entries are all that takes place on the day, in the order in which they are listed: first bars, from the top. If
    the day is incomplete, the month has too many events, so that not all of this day's were read, and perhaps none.
    """

    date: date
    is_in_month: bool
    is_today: bool
    entries: list[MonthEntry]
    is_incomplete: bool = False

    @property
    def weekday(self) -> str:
        return str(WEEKDAYS_ABBR[self.date.weekday()])

    @cached_property
    def bars(self) -> list[MonthEntry]:
        """The bars that begin on this day."""
        return [entry for entry in self.entries if entry.lane and entry.day == self.date]

    @cached_property
    def lanes(self) -> int:
        """How many lanes above the other entries bars need, including those that began before."""
        return max((entry.lane for entry in self.entries), default=0)

    @property
    def shown(self) -> list[MonthEntry]:
        return self._others[: self._room]

    @property
    def folded(self) -> list[MonthEntry]:
        return self._others[self._room : self._room + DAY_FOLDED]

    @property
    def more(self) -> int:
        """How many events are folded away or left out."""
        return max(0, len(self._others) - self._room)

    @property
    def more_first(self) -> int:
        """How many of them no earlier day has."""
        return sum(entry.is_first for entry in self._others[self._room :])

    @property
    def is_cut(self) -> bool:
        return len(self._others) > self._room + DAY_FOLDED

    @property
    def has_own(self) -> bool:
        """Whether anything is listed under the day, and not only under an earlier one of its week."""
        return bool(self.bars or self._others or self.is_incomplete)

    @property
    def is_listed(self) -> bool:
        """Whether anything is listed under the day that no earlier day of the month has."""
        return self.is_incomplete or any(entry.is_first for entry in self.entries if entry.day == self.date)

    @property
    def anchor(self) -> str:
        """The id of the day under which phones, which list each event once, have events of this day.

        That is the day itself, unless all of its events began before.
        """
        day = self.date if self.is_incomplete else max((entry.first_day for entry in self.entries), default=self.date)
        return f"day-{day.isoformat()}"

    @property
    def dots(self) -> range:
        return range(min(len(self.entries), 3))

    @property
    def label(self) -> str:
        """What the day is called for screen readers."""
        return (cut_day_label if self.is_incomplete else day_label)(self.date, len(self.entries))

    @cached_property
    def _others(self) -> list[MonthEntry]:
        return [entry for entry in self.entries if not entry.lane]

    @property
    def _room(self) -> int:
        """How many entries the bars leave room for, at least one."""
        return max(1, DAY_SHOWN - (len(self.entries) - len(self._others)))


@dataclass(frozen=True)
class Month:
    """One month. `previous` and `next` are the first days of other months, or None at an end of the calendar."""

    query: BrowsingQuery
    first: date
    days: list[MonthDay]  # of whole weeks
    previous: date | None
    next: date | None
    today: date
    # From this day on, events are missing because the month has too many. None if the page shows all.
    cut_from: date | None

    @property
    def weekdays(self) -> list[tuple[str, str]]:
        """The names above the columns, each short and in full."""
        numbers = [day.date.weekday() for day in self.days[:7]]
        return [(str(WEEKDAYS_ABBR[number]), str(WEEKDAYS[number])) for number in numbers]

    @property
    def busy_days(self) -> list[MonthDay]:
        """The days that have events, or may have some."""
        return [day for day in self.days if day.entries or day.is_incomplete]


def month_of(events: EventQuerySet, query: BrowsingQuery, *, first: date, at: datetime, zone: ZoneInfo | None) -> Month:
    """Return the month that begins with `first`. Of the query, only the text and `subscribed` apply. Two queries.

    Dates and times are in each event's own time zone, as on the rail. `zone` is the reader's and decides which day is
    today.
    """
    last = _last_of(first)
    rows = month_rows(events, query, first=first)
    cut_from = max(first, earliest_date(rows[-1].starts_at)) if len(rows) > MONTH_LIMIT else None
    spans = [_Span(event, event.first_day, event.last_shown_day) for event in rows[:MONTH_LIMIT]]
    today = today_in(zone or UTC, at)
    weeks = Calendar((get_format("FIRST_DAY_OF_WEEK") - 1) % 7).monthdatescalendar(first.year, first.month)
    return Month(
        query=query,
        first=first,
        days=[
            MonthDay(
                day,
                is_in_month=day.month == first.month,
                is_today=day == today,
                entries=sorted((entry for entry in entries if entry.covers(day)), key=lambda each: each.rank),
                is_incomplete=cut_from is not None and cut_from <= day <= last,
            )
            for week in weeks
            for entries in [_entries(spans, max(week[0], first), min(week[-1], last))]
            for day in week
        ],
        previous=_if_known(first - timedelta(days=1)),
        next=_if_known(last + timedelta(days=1)),
        today=today,
        cut_from=cut_from,
    )


def month_rows(events: EventQuerySet, query: BrowsingQuery, *, first: date) -> list[Any]:
    """Read the events of a month, or values of them, and one more than fit. Two queries."""
    events = query.chosen_from(events)
    start, end = span_of_days(first, _last_of(first))
    rows = list(events.spanning(start)[: MONTH_LIMIT + 1])
    rows += events.starting_between(start, end)[: MONTH_LIMIT + 1 - len(rows)]
    return rows


def _last_of(first: date) -> date:
    return first.replace(day=monthrange(first.year, first.month)[1])


class _Span(NamedTuple):
    """An event and the days on which it is shown, inclusive."""

    event: Event
    begins: date
    ends: date


def _entries(spans: list[_Span], first: date, last: date) -> list[MonthEntry]:
    """Return the entries of the days from `first` to `last`, inclusive, which are in one week."""
    entries = []
    free_from = [first] * LANES
    for span in sorted(spans, key=lambda span: (span.begins, first - span.ends, span.event.pk)):
        day, length = max(span.begins, first), (min(span.ends, last) - max(span.begins, first)).days + 1
        if length < 1:
            continue
        if span.begins == span.ends:
            entries.append(MonthEntry(*span, day))
            continue
        waiting, lane = min((max((free - day).days, 0), lane) for lane, free in enumerate(free_from))
        entries += [MonthEntry(*span, day + timedelta(days=offset)) for offset in range(min(waiting, length))]
        if waiting < length:
            entries.append(MonthEntry(*span, day + timedelta(days=waiting), length - waiting, lane + 1))
            free_from[lane] = day + timedelta(days=length)
    return entries


def _if_known(day: date) -> date | None:
    return day.replace(day=1) if day.year in CALENDAR_YEARS else None
