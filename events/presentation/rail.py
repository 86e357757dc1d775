"""Events as a rail of days, in keyset pages on (starts_at, id) and grouped by day, with a strip of the weeks ahead."""

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import get_format

from accounts.zones import zone_of
from config.keyset import Position, beyond, cut
from events.local_time import earliest_date, span_of_days, today_in
from events.models import Event
from events.presentation.times import cut_day_label, day_label, distance_text
from events.querysets import EventQuerySet
from events.search import MAX_SEARCH_LENGTH

PAGE_SIZE = 24
# The values of `when`. The list ends with the reader's day, week or month; that of the next week also begins with it.
SPANS = ("today", "week", "next-week", "month")
STRIP_DAYS = 35
# How many days from today on a list of subscriptions shows apart from the later ones.
WEEK_DAYS = 7
# At most this many events are read for the strip, in the order of their start. Days after them say that there are more.
STRIP_LIMIT = 1_200
# Days and months that the pages accept. The margins to what `date` can express leave room for the days around them.
CALENDAR_YEARS = range(1900, 3000)


@dataclass(frozen=True)
class BrowsingQuery:
    """What the URL asks for. `after` and `before` are chronological, among past events too.

    The list begins at `first_day` and ends at `last_day`, or as `when` says. If both days are given, all pages stay
    within them.
    """

    text: str = ""
    is_past: bool = False
    after: Position | None = None
    before: Position | None = None
    first_day: date | None = None
    last_day: date | None = None
    when: str = ""
    is_subscribed: bool = False

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "BrowsingQuery":
        """Read `q past after before from to when subscribed`. A long `q` is cut at MAX_SEARCH_LENGTH.

        Raises:
            ValueError: a position, a date or `when` is invalid.
        """
        if params.get("when", "") not in {"", *SPANS}:
            raise ValueError(f"`when` must be one of {', '.join(SPANS)}")
        return cls(
            text=" ".join(params.get("q", "")[:MAX_SEARCH_LENGTH].split()),
            is_past=params.get("past", "") not in {"", "0"},
            after=Position.parse(params["after"]) if params.get("after") else None,
            before=Position.parse(params["before"]) if params.get("before") else None,
            first_day=_calendar_day(params["from"]) if params.get("from") else None,
            last_day=_calendar_day(params["to"]) if params.get("to") else None,
            when=params.get("when", ""),
            is_subscribed=params.get("subscribed", "") not in {"", "0"},
        )

    @property
    def is_first_page(self) -> bool:
        return not (self.after or self.before or self.first_day)

    @property
    def runs_back(self) -> bool:
        """Whether the page is read from its last event to its first."""
        return self.before is not None or (self.is_past and self.after is None and self.first_day is None)

    @property
    def is_upcoming(self) -> bool:
        """Whether all events that have not ended are asked for, from or until whatever day."""
        return not (self.is_past or self.when)

    @property
    def is_range(self) -> bool:
        return bool(self.first_day and self.last_day)

    @property
    def is_filtered(self) -> bool:
        """Whether anything but a position in the list is asked for."""
        return bool(self.text or self.is_past or self.when or self.last_day or self.is_subscribed)

    @property
    def has_calendar_feed(self) -> bool:
        """Whether a calendar feed can give what the list shows, which is all upcoming events that the text finds."""
        return not (self.is_past or self.when or self.last_day or self.is_subscribed)

    @property
    def is_all_past(self) -> bool:
        """Whether this is the first page of all past events."""
        others = self.text or self.when or self.last_day or self.is_subscribed
        return self.is_past and self.is_first_page and not others

    def chosen_from(self, events: EventQuerySet) -> EventQuerySet:
        """Return those of these events, read `with_is_subscribed`, that the text and `subscribed` ask for."""
        if self.text:
            events = events.matching(self.text)
        return events.filter(is_subscribed=True) if self.is_subscribed else events

    def begins_on(self, today: date) -> date | None:
        """Return the first day of the next week if that is asked for, and None otherwise."""
        return _end_of_week(today) + timedelta(days=1) if self.when == "next-week" else None

    def ends_on(self, today: date) -> date | None:
        """Return the last day of the list, or None. The reader's language decides on which day weeks begin."""
        if self.when == "today":
            return today
        if self.when == "week":
            return _end_of_week(today)
        if self.when == "next-week":
            return _end_of_week(today) + timedelta(days=7)
        if self.when == "month":
            return today.replace(day=monthrange(today.year, today.month)[1])
        return self.last_day


@dataclass(frozen=True)
class RailDay:
    """One heading of the rail and its events. `date` is None for events that have started."""

    date: date | None
    distance: str
    is_today: bool
    events: list[Event]
    # Which part of the list begins with it: "week", the next seven days, or "later". Empty if it continues one.
    part: str = ""


@dataclass(frozen=True)
class StripDay:
    """One day of the strip: how many events start on it, and whether this page shows it.

    If it is cut, not all of its events were read, and perhaps none.
    """

    date: date
    count: int
    is_on_page: bool
    is_today: bool
    is_cut: bool = False

    @property
    def weekday(self) -> str:
        """The first two letters of the weekday."""
        return str(WEEKDAYS_ABBR[self.date.weekday()])[:2]

    @property
    def dots(self) -> range:
        return range(min(self.count, 3))

    @property
    def label(self) -> str:
        """What the day is called for screen readers."""
        return cut_day_label(self.date, self.count) if self.is_cut else day_label(self.date, self.count)


@dataclass(frozen=True)
class RailPage:
    """One page of the rail. `earlier` and `later` are the positions that its links continue from."""

    query: BrowsingQuery
    days: list[RailDay]
    earlier: Position | None
    later: Position | None
    strip: list[StripDay] = field(default_factory=list)

    @property
    def events(self) -> list[Event]:
        return [event for day in self.days for event in day.events]


def rail_page(events: EventQuerySet, query: BrowsingQuery, *, at: datetime, zone: ZoneInfo | None) -> RailPage:
    """Return one page of these events. Issues one query, besides what the events prefetch."""
    rows, has_more = cut(rail_events(events, query, at=at, zone=zone), PAGE_SIZE)
    if query.runs_back:
        rows.reverse()
    if query.first_day:
        rows = [event for event in rows if event.first_day >= query.first_day]
    came_from_elsewhere = bool(query.after or query.before or (query.first_day and not query.is_range))
    has_earlier = has_more if query.runs_back else came_from_elsewhere
    has_later = came_from_elsewhere if query.runs_back else has_more
    return RailPage(
        query=query,
        days=_days(rows, at=at, zone=zone, is_past=query.is_past),
        earlier=_position_of(rows[0]) if rows and has_earlier else None,
        later=_position_of(rows[-1]) if rows and has_later else None,
    )


def rail_events(events: EventQuerySet, query: BrowsingQuery, *, at: datetime, zone: ZoneInfo | None) -> EventQuerySet:
    """Return those of these events with which the page begins, in the order in which it is read."""
    events = query.chosen_from(events)
    events = events.past(at) if query.is_past else events.upcoming(at)
    own_zone = zone or UTC
    today = today_in(own_zone, at)
    first, last = query.begins_on(today), query.ends_on(today)
    if first:
        events = events.filter(starts_at__gte=datetime.combine(first, time.min, own_zone))
    if last:
        events = events.filter(starts_at__lt=datetime.combine(last + timedelta(days=1), time.min, own_zone))
    events = _bounded(events.order_by("starts_at", "id"), query)
    return events.reverse() if query.runs_back else events


def _position_of(event: Event) -> Position:
    return Position(event.starts_at, event.pk)


def _bounded(events: EventQuerySet, query: BrowsingQuery) -> EventQuerySet:
    """Filter events, which must be in chronological order, by the query's `after`, `before` and `first_day`."""
    if query.after:
        events = beyond(events, query.after.values)
    if query.before:
        events = beyond(events.reverse(), query.before.values).reverse()
    if query.first_day:
        events = events.filter(starts_at__gte=span_of_days(query.first_day, query.first_day)[0])
    return events


def _days(events: Iterable[Event], *, at: datetime, zone: ZoneInfo | None, is_past: bool) -> list[RailDay]:
    """Group events by day in their own time zone. Events that have started come first, and in a day all-day events."""

    def heading(event: Event) -> date:
        return date.min if event.has_begun(at) and not is_past else event.first_day

    ordered = sorted(events, key=lambda event: (heading(event), not event.all_day, event.starts_at, event.pk))
    days = []
    for day, group in groupby(ordered, key=heading):
        rows = list(group)
        today = today_in(zone or rows[0].zone, at)
        if day == date.min:
            days.append(RailDay(None, "", False, rows))
        else:
            days.append(RailDay(day, distance_text(day, today=today), day == today, rows))
    return days[::-1] if is_past else days


@dataclass(frozen=True)
class DayCounts:
    """How many events start on each day. From `cut_from` on, not all of them have been read."""

    of_days: Mapping[date, int]
    cut_from: date


def day_counts(events: EventQuerySet, first: date, last: date, *, at: datetime) -> DayCounts:
    """Count the upcoming ones of these events on each day from `first` to `last`, inclusive. Issues one query."""
    upcoming = events.upcoming(at).starting_between(*span_of_days(first, last))
    starts = list(upcoming.values_list("starts_at", "time_zone")[:STRIP_LIMIT])
    counts = Counter(starts_at.astimezone(zone_of(name)).date() for starts_at, name in starts)
    return DayCounts(counts, earliest_date(starts[-1][0]) if len(starts) == STRIP_LIMIT else date.max)


@lru_cache(maxsize=100)
def public_day_counts(first: date, last: date, *, second: int) -> DayCounts:
    """Count the public events for the strips of all who ask within a second, because that takes longer than their list.

    `second` is the present time in seconds since the epoch. Issues one query, or none.
    """
    return day_counts(Event.objects.listed(), first, last, at=datetime.fromtimestamp(second, UTC))


def strip_of(
    page: RailPage, count: Callable[[date, date], DayCounts], *, at: datetime, zone: ZoneInfo | None
) -> list[StripDay]:
    """Return the five weeks from the page's first day on, or from today on the first page.

    `count` is `day_counts` of the events, and is called once.
    """
    today = today_in(zone or UTC, at)
    shown = {day.date for day in page.days if day.date}
    first = today if page.query.is_first_page else min(shown, default=page.query.first_day or today)
    counts = count(first, first + timedelta(days=STRIP_DAYS - 1))
    return [
        StripDay(
            day,
            count=counts.of_days.get(day, 0),
            is_on_page=day in shown,
            is_today=day == today,
            is_cut=day >= counts.cut_from,
        )
        for day in (first + timedelta(days=offset) for offset in range(STRIP_DAYS))
    ]


def in_parts(page: RailPage, *, at: datetime, zone: ZoneInfo | None) -> RailPage:
    """Return a page of upcoming events on which the next seven days begin with today, and those after them, are parts.

    The page after another one continues the part in which that ended, and one from a day on the part of that day.
    """
    later = today_in(zone or UTC, at) + timedelta(days=WEEK_DAYS)
    began = page.query.first_day
    if page.query.after:
        began = page.query.after.moment.astimezone(zone or UTC).date()
    part = _part_of(began, later) if began else ""
    days = []
    for day in page.days:
        own = _part_of(day.date, later) if day.date else part
        days.append(replace(day, part=own if own != part else ""))
        part = own
    return replace(page, days=days)


def count_of_week(page: RailPage, strip: list[StripDay]) -> int:
    """Return how many events of the next seven days have not started, by the first page of a list and its strip."""
    days = {day.date for day in strip[:WEEK_DAYS]}
    started = [event for day in page.days if day.date is None for event in day.events]
    return sum(day.count for day in strip[:WEEK_DAYS]) - sum(event.first_day in days for event in started)


def _part_of(day: date, later: date) -> str:
    return "week" if day < later else "later"


def _end_of_week(today: date) -> date:
    """Return the last day of the week, which begins as the active language says."""
    passed = (today.weekday() + 1 - get_format("FIRST_DAY_OF_WEEK")) % 7
    return today + timedelta(days=6 - passed)


def _calendar_day(text: str) -> date:
    """Read a date that is in CALENDAR_YEARS.

    Raises:
        ValueError
    """
    day = date.fromisoformat(text)
    if day.year not in CALENDAR_YEARS:
        raise ValueError(f"{text} is outside the calendar")
    return day
