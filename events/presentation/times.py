"""Times in words: in the event's own time zone, and in the reader's if that differs."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.leads import all_day_lead_choice, lead_choice
from accounts.zones import city_name, raw_city_name
from config.caching import cached_by_language
from events.local_time import ends_in_its_night, today_in
from events.models import Event

# Longer distances are given in months, and then in years.
DAYS_COUNTED = 60
MONTHS_COUNTED = 24
# Shorter distances are given in hours and minutes.
COUNTED_DOWN = timedelta(hours=6)
# How many texts of days, of times of day and of time zones a process caches, because pages repeat them so often.
CACHED_TEXTS = 5_000


@dataclass(frozen=True)
class TimeText:
    """An event's time in one zone: `days` "Fri 4 Dec", `hours` "18:00–20:00" or empty, `zone` "Rome time" or empty.

    If the event ends on a later day than it starts, `days` contains both days with their times and `hours` is empty.
    The night after a day counts as part of that day: see `ends_in_its_night`.
    """

    days: str
    hours: str
    zone: str

    @property
    def span(self) -> str:
        """Return days and hours: "Fri 4 Dec, 18:00–20:00"."""
        return _("%(days)s, %(hours)s") % {"days": self.days, "hours": self.hours} if self.hours else self.days

    def __str__(self) -> str:
        return zoned_text(self.span, self.zone) if self.zone else self.span


def zone_name(zone: ZoneInfo) -> str:
    """Return the name of a time zone: "Rome time"; names without a region such as "UTC" stay as they are."""
    return _zone_name(zone.key)


@cached_by_language(CACHED_TEXTS)
def _zone_name(key: str) -> str:
    return _("%(city)s time") % {"city": city_name(key)} if "/" in key else raw_city_name(key)


def zoned_text(text: str, zone: str) -> str:
    """Return a time with its time zone: "18:00 Rome time"."""
    return pgettext("time and its zone", "%(time)s %(zone)s") % {"time": text, "zone": zone}


def day_text(day: date, *, today: date) -> str:
    """Return "Fri 4 Dec", with the year if it is not the present one."""
    return _day_text(day, day.year != today.year)


@cached_by_language(CACHED_TEXTS)
def _day_text(day: date, with_year: bool) -> str:
    return date_format(day, pgettext("date format", "D j M Y") if with_year else pgettext("date format", "D j M"))


def time_text(moment: datetime) -> str:
    """Return the time of day in the moment's own time zone, to the minute: "18:00"."""
    return _time_of_day_text(time(moment.hour, moment.minute))


@cached_by_language(CACHED_TEXTS)
def _time_of_day_text(time_of_day: time) -> str:
    return time_format(time_of_day, "TIME_FORMAT")


def moment_text(moment: datetime, *, today: date) -> str:
    """Return "Fri 4 Dec 18:00"."""
    texts = {"day": day_text(moment.date(), today=today), "time": time_text(moment)}
    return pgettext("day and time", "%(day)s %(time)s") % texts


def near_moment_text(moment: datetime, *, today: date) -> str:
    """Return "today 18:00", "tomorrow 18:00", or "Fri 4 Dec 18:00" for any other day."""
    near = {today: _("today"), today + timedelta(days=1): _("tomorrow")}
    if moment.date() not in near:
        return moment_text(moment, today=today)
    texts = {"day": near[moment.date()], "time": time_text(moment)}
    return pgettext("near day and time", "%(day)s %(time)s") % texts


def hours_text(start: str, end: str) -> str:
    """Return "18:00–20:00". The start may be preceded by its day."""
    return pgettext("hours", "%(start)s–%(end)s") % {"start": start, "end": end}


def range_text(first: str, last: str) -> str:
    """Return "Fri 4 – Sun 6 Dec"."""
    return pgettext("days", "%(first)s – %(last)s") % {"first": first, "last": last}


def ends_on_its_day(start: datetime, end: datetime) -> bool:
    """Whether a span ends on the day it starts on, or in the night after it. Both are in the same time zone."""
    is_before_midnight = start.date() in {end.date(), (end - timedelta(microseconds=1)).date()}
    return is_before_midnight or ends_in_its_night(start, end)


def days_text(first: date, last: date, *, today: date) -> str:
    """Return "Fri 4 Dec" or "Fri 4 – Sun 6 Dec", inclusive."""
    if first == last:
        return day_text(first, today=today)
    same_month = (first.year, first.month) == (last.year, last.month)
    begin = date_format(first, pgettext("date format", "D j")) if same_month else day_text(first, today=today)
    return range_text(begin, day_text(last, today=today))


def day_label(day: date, count: int) -> str:
    """Return "Friday 4 December, 2 events"."""
    shown = date_format(day, pgettext("date format", "l j F"))
    return ngettext("%(date)s, %(n)s event", "%(date)s, %(n)s events", count) % {"date": shown, "n": count}


def cut_day_label(day: date, count: int) -> str:
    """Return "Friday 4 December, at least 2 events" for a day of which not all events were read; or "more events"."""
    shown = date_format(day, pgettext("date format", "l j F"))
    if not count:
        return _("%(date)s, more events") % {"date": shown}
    text = ngettext("%(date)s, at least %(n)s event", "%(date)s, at least %(n)s events", count)
    return text % {"date": shown, "n": count}


def distance_text(day: date, *, today: date) -> str:
    """Return how far away a day is: "today", "tomorrow", "in 9 days", "3 months ago", "in 2 years"."""
    days = (day - today).days
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    if days in near:
        return near[days]
    return _ahead_text(days) if days > 0 else _ago_text(-days)


def event_distance(event: Event, zone: ZoneInfo | None, *, at: datetime) -> str:
    """Return how far away the start is: "in 58 min" if it is near, or else how many days of the reader.

    Days are those of the reader's time zone `zone`, or of the event's if that is None. All-day events have the same
    dates in all time zones.
    """
    if not event.all_day and at < event.starts_at <= at + COUNTED_DOWN:
        return _soon_text(math.ceil((event.starts_at - at) / timedelta(minutes=1)))
    shown_zone = zone or event.zone
    day = event.first_day if event.all_day else event.starts_at.astimezone(shown_zone).date()
    return distance_text(day, today=today_in(shown_zone, at))


def _soon_text(minutes: int) -> str:
    texts = countdown_texts()
    text = texts.minutes if minutes < 60 else texts.hours_minutes if minutes % 60 else texts.hours
    return text.replace("{h}", str(minutes // 60)).replace("{m}", str(minutes % 60))


class CountdownTexts(NamedTuple):
    """How far away a near start is, with `{h}` for the hours and `{m}` for the minutes. A script fills them in, too."""

    minutes: str
    hours: str
    hours_minutes: str


def countdown_texts() -> CountdownTexts:
    units = {"h": "{h}", "m": "{m}"}
    return CountdownTexts(_("in %(m)s min") % units, _("in %(h)s h") % units, _("in %(h)s h %(m)s min") % units)


def _ahead_text(days: int) -> str:
    if days <= DAYS_COUNTED:
        return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
    if (months := days // 30) < MONTHS_COUNTED:
        return ngettext("in %(n)d month", "in %(n)d months", months) % {"n": months}
    years = days // 365
    return ngettext("in %(n)d year", "in %(n)d years", years) % {"n": years}


def _ago_text(days: int) -> str:
    if days <= DAYS_COUNTED:
        return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}
    if (months := days // 30) < MONTHS_COUNTED:
        return ngettext("%(n)d month ago", "%(n)d months ago", months) % {"n": months}
    years = days // 365
    return ngettext("%(n)d year ago", "%(n)d years ago", years) % {"n": years}


def event_time(event: Event, *, today: date) -> TimeText:
    """Return the event's time in its own time zone, where it is `today`. All-day events have inclusive dates."""
    if event.all_day:
        return TimeText(days_text(event.first_day, event.last_day, today=today), "", "")
    return _time_text(event, event.zone, today=today)


def reader_time(event: Event, zone: ZoneInfo | None, *, today: date) -> TimeText | None:
    """Return the event's time in the reader's time zone, where it is `today`.

    Returns None if it is the same as the event's own, or if the event is all-day.
    """
    if zone is None or event.all_day:
        return None
    moments = [event.starts_at] + ([event.ends_at] if event.ends_at else [])
    if all(moment.astimezone(zone).utcoffset() == moment.astimezone(event.zone).utcoffset() for moment in moments):
        return None
    return _time_text(event, zone, today=today)


def _time_text(event: Event, zone: ZoneInfo, *, today: date) -> TimeText:
    start = event.starts_at.astimezone(zone)
    end = event.ends_at.astimezone(zone) if event.ends_at else None
    if end and not ends_on_its_day(start, end):
        span = range_text(moment_text(start, today=today), moment_text(end, today=today))
        return TimeText(span, "", zone_name(zone))
    hours = hours_text(time_text(start), time_text(end)) if end else time_text(start)
    return TimeText(day_text(start.date(), today=today), hours, zone_name(zone))


def lead_text(lead: int, *, all_day: bool) -> str:
    """Return in words when the reminder of an event is sent: "1 hour before", or "on the day" if it is all-day."""
    return all_day_lead_choice(lead) if all_day else lead_choice(lead)


def row_text(event: Event, *, today: date, day: date | None) -> str:
    """Return the event's own time for a row below the heading of `day`: "18:00–20:00", "All day until Mon 7 Dec".

    The text includes the day if `day` is None or not the day on which the event starts. Where the event is, it is
    `today`.
    """
    shown = event_time(event, today=today)
    if day != event.first_day:
        return shown.span
    if shown.hours:
        return shown.hours
    if not event.all_day and event.local_ends_at:
        return _until_text(event.local_starts_at, event.local_ends_at, today=today)
    if event.first_day == event.last_day:
        return _("All day")
    return _("All day until %(end)s") % {"end": day_text(event.last_day, today=today)}


def reader_row_text(event: Event, zone: ZoneInfo | None, *, today: date) -> str:
    """Return the reader's time for a row, "12:00–14:00", with its day if that differs; empty if it is the same.

    In the reader's time zone `zone`, it is `today`.
    """
    shown = reader_time(event, zone, today=today)
    if shown is None or zone is None:
        return ""
    start = event.starts_at.astimezone(zone)
    if start.date() != event.first_day:
        return shown.span
    if shown.hours or event.ends_at is None:
        return shown.hours
    return _until_text(start, event.ends_at.astimezone(zone), today=today)


def _until_text(start: datetime, end: datetime, *, today: date) -> str:
    return _("%(start)s until %(end)s") % {"start": time_text(start), "end": moment_text(end, today=today)}
