"""Events as a month of the calendar. Each event is on every day that it touches in its own time zone."""

from calendar import Calendar, monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import get_format

from events.local_time import earliest_date, span_of_days, today_in
from events.models import Event
from events.presentation.rail import CALENDAR_YEARS, BrowsingQuery
from events.presentation.times import cut_day_label, day_label
from events.querysets import EventQuerySet

# A day shows the first three events and unfolds up to the second number. Further ones are in the list, which it links.
DAY_SHOWN = 3
DAY_UNFOLDED = 24
# At most this many events of a month are read, in the order of their start.
MONTH_LIMIT = 500


@dataclass(frozen=True)
class MonthEntry:
    """An event on one of its days."""

    event: Event
    starts_here: bool
    is_long: bool  # on more than one day

    @property
    def is_timed(self) -> bool:
        """Whether the start time is shown beside the event."""
        return self.starts_here and not self.event.all_day

    @property
    def rank(self) -> tuple[bool, time, int]:
        """The entry's position in the day: first what lasts the whole day, then by start time."""
        return self.is_timed, self.event.local_starts_at.time() if self.is_timed else time.min, self.event.pk


@dataclass(frozen=True)
class MonthDay:
    """One day of the grid. Days of other months, which complete the first and the last week, have no entries.

    If it is incomplete, the month has too many events, so that not all of this day's were read, and perhaps none.
    """

    date: date
    is_in_month: bool
    is_today: bool
    entries: list[MonthEntry]
    is_incomplete: bool = False

    @property
    def weekday(self) -> str:
        return str(WEEKDAYS_ABBR[self.date.weekday()])

    @property
    def shown(self) -> list[MonthEntry]:
        return self.entries[:DAY_SHOWN]

    @property
    def folded(self) -> list[MonthEntry]:
        return self.entries[DAY_SHOWN:DAY_UNFOLDED]

    @property
    def more(self) -> int:
        """How many events are folded away or left out."""
        return max(0, len(self.entries) - DAY_SHOWN)

    @property
    def is_cut(self) -> bool:
        return len(self.entries) > DAY_UNFOLDED

    @property
    def dots(self) -> range:
        return range(min(len(self.entries), 3))

    @property
    def label(self) -> str:
        """What the day is called for screen readers."""
        return (cut_day_label if self.is_incomplete else day_label)(self.date, len(self.entries))


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
    entries = _entries(rows[:MONTH_LIMIT], first, last)
    today = today_in(zone or UTC, at)
    weeks = Calendar((get_format("FIRST_DAY_OF_WEEK") - 1) % 7).itermonthdates(first.year, first.month)
    return Month(
        query=query,
        first=first,
        days=[
            MonthDay(
                day,
                is_in_month=day.month == first.month,
                is_today=day == today,
                entries=sorted(entries.get(day, []), key=lambda each: each.rank),
                is_incomplete=cut_from is not None and cut_from <= day <= last,
            )
            for day in weeks
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


def _entries(events: list[Event], first: date, last: date) -> dict[date, list[MonthEntry]]:
    """Return the entries of each day from `first` to `last`, inclusive."""
    entries: dict[date, list[MonthEntry]] = {}
    for event in events:
        begins, ends = event.first_day, event.last_day
        for offset in range((min(ends, last) - max(begins, first)).days + 1):
            day = max(begins, first) + timedelta(days=offset)
            entries.setdefault(day, []).append(MonthEntry(event, day == begins, begins != ends))
    return entries


def _if_known(day: date) -> date | None:
    return day.replace(day=1) if day.year in CALENDAR_YEARS else None
