"""Word notifications for people: a sentence with times in the event's time zone, and the times in the reader's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.leads import distance_name
from accounts.zones import TIME_ZONES, zone_of
from config.caching import cached_by_language
from events.local_time import day_start, today_in
from events.presentation.times import (
    days_text,
    distance_text,
    ends_on_its_day,
    hours_text,
    moment_text,
    range_text,
    time_text,
    zone_name,
    zoned_text,
)
from notifications.models import Notification

# How many worded times a process caches, because an inbox repeats them.
CACHED_TEXTS = 2_000
MINUTE = timedelta(minutes=1)
HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60


@dataclass(frozen=True)
class Wording:
    """A notification in words. `own_time` and `quote` are empty if there is nothing to add."""

    # With times in the event's time zone: "Starts in 1 hour, Fri 4 Dec 18:00 Rome time".
    sentence: str
    # The times in the reader's time zone, if they differ there: "Fri 4 Dec 12:00 your time".
    own_time: str = ""
    # What the organiser wrote: a message, or the reason for a cancellation.
    quote: str = ""


@dataclass(frozen=True)
class Locale:
    """The language and the time zone in which somebody reads notifications."""

    language: str
    zone: ZoneInfo

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> "Locale | None":
        """Read `language` and `time_zone`. Returns None if both are missing or empty.

        Raises:
            ValueError: one of them is missing, or is unknown to the site.
        """
        language, time_zone = params.get("language", ""), params.get("time_zone", "")
        if not language and not time_zone:
            return None
        if language not in dict(settings.LANGUAGES) or time_zone not in TIME_ZONES:
            raise ValueError("the language or the time zone is missing or unknown")
        return cls(language, zone_of(time_zone))

    def word(self, notification: Notification, *, at: datetime) -> Wording:
        """Put a notification into words in this language, whichever language is active."""
        with translation.override(self.language):
            return wording(notification, zone=self.zone, at=at)


@dataclass(frozen=True)
class _Span:
    """A start and an end, which may be None.

    `is_days` says that they bound whole days of the event's time zone. Those are shown as dates, which are the same for
    every reader; other spans are shown with times of day.
    """

    start: datetime
    end: datetime | None
    is_days: bool
    # The event's time zone at that time, in which days are shown; None if it is the notification's.
    zone: ZoneInfo | None = None

    @classmethod
    def of(cls, facts: dict[str, Any], zone: ZoneInfo) -> "_Span":
        """Read the facts of an announcement.

        Facts that an earlier version wrote do not have `all_day`. They are days if they reach from local midnight to
        local midnight.
        """
        start = datetime.fromisoformat(facts["starts_at"])
        end = datetime.fromisoformat(facts["ends_at"]) if facts["ends_at"] else None
        reach_midnights = end is not None and _is_midnight(start, zone) and _is_midnight(end, zone)
        former_zone = zone_of(facts["time_zone"]) if "time_zone" in facts else None
        return cls(start, end, facts.get("all_day", reach_midnights), former_zone)

    @property
    def last(self) -> "_Span | None":
        """The end alone, or None. For days it is the last day, not the midnight after it."""
        if self.end is None:
            return None
        return _Span(self.end - timedelta(seconds=1) if self.is_days else self.end, None, self.is_days, self.zone)

    def text(self, zone: ZoneInfo, *, today: date) -> str:
        """Return "Fri 4 Dec 18:00–20:00", "Fri 4 Dec 18:00 – Sat 5 Dec 09:00" or "Fri 4 – Sun 6 Dec"."""
        if self.is_days:
            zone = self.zone or zone
        start = self.start.astimezone(zone)
        if self.is_days:
            last = self.last.start.astimezone(zone) if self.last else start
            return days_text(start.date(), last.date(), today=today)
        begin = moment_text(start, today=today)
        if self.end is None:
            return begin
        end = self.end.astimezone(zone)
        if ends_on_its_day(start, end):
            return hours_text(begin, time_text(end))
        return range_text(begin, moment_text(end, today=today))


def _is_midnight(moment: datetime, zone: ZoneInfo) -> bool:
    return moment == day_start(moment.astimezone(zone).date(), zone)


@dataclass(frozen=True)
class _Zones:
    """The event's time zone and the reader's, in which spans are worded. It is `today` in the reader's."""

    event: ZoneInfo
    reader: ZoneInfo
    today: date

    @cached_by_language(CACHED_TEXTS)
    def on_event(self, *spans: _Span) -> Sequence[str]:
        """Return the spans in the event's time zone. If the reader's differ, the last times name the zone."""
        texts = self._texts(spans, self.event)
        if self._differ(spans):
            last = max(index for index, span in enumerate(spans) if not span.is_days)
            texts[last] = zoned_text(texts[last], zone_name(self.event))
        return tuple(texts)

    @cached_by_language(CACHED_TEXTS)
    def on_reader(self, *spans: _Span) -> str:
        """Return the spans in the reader's time zone, or "" if they are the same as in the event's."""
        if not self._differ(spans):
            return ""
        return _("%(times)s your time") % {"times": " → ".join(self._texts(spans, self.reader))}

    def distance(self, span: _Span, at: datetime) -> str:
        """Return in words how far in the future a start is: "in 1 hour", "now", "tomorrow"."""
        if span.is_days:
            return distance_text(self._first_day(span), today=self.today)
        return distance_name(max(0, _rounded_minutes(span.start - at)))

    def is_past(self, span: _Span, at: datetime) -> bool:
        """Return whether a start is no longer that day, or that minute if it is not one of days."""
        if span.is_days:
            return self._first_day(span) < self.today
        return span.start <= at - MINUTE

    def _first_day(self, span: _Span) -> date:
        return span.start.astimezone(self.event).date()

    def _texts(self, spans: Sequence[_Span], zone: ZoneInfo) -> list[str]:
        texts = [span.text(self.event if span.is_days else zone, today=self.today) for span in spans]
        if len({span.is_days for span in spans}) == 1:
            return texts
        return [
            _("%(days)s (all day)") % {"days": text} if span.is_days else text
            for span, text in zip(spans, texts, strict=True)
        ]

    def _differ(self, spans: Sequence[_Span]) -> bool:
        moments = [moment for span in spans if not span.is_days for moment in (span.start, span.end) if moment]
        return any(
            moment.astimezone(self.event).utcoffset() != moment.astimezone(self.reader).utcoffset()
            for moment in moments
        )


def wording(notification: Notification, *, zone: ZoneInfo, at: datetime) -> Wording:
    """Put a notification into words at this moment, for a reader in the time zone `zone`."""
    zones = _Zones(zone_of(notification.time_zone), zone, today_in(zone, at))
    start, detail = _Span(notification.starts_at, None, notification.all_day), notification.detail
    match notification.kind:
        case Notification.Kind.REMINDER:
            return _reminder(start, zones, at=at, is_withdrawn=notification.is_withdrawn)
        case Notification.Kind.RESCHEDULED:
            return _rescheduled(detail["before"], detail["after"], zones)
        case Notification.Kind.RELOCATED:
            return Wording(_relocated(detail["before"]["location"], detail["after"]["location"]))
        case Notification.Kind.CANCELLED:
            planned = _Span.of(detail["before"], zones.event)
            return _filled(_("Cancelled (was scheduled for %(when)s)"), {"when": planned}, zones, detail["text"])
        case _ if notification.is_test:
            return Wording(_("Test notification:"), quote=detail["text"])
        case _:
            return Wording(_("Message from the organiser:"), quote=detail.get("text", ""))


def _reminder(span: _Span, zones: _Zones, *, at: datetime, is_withdrawn: bool) -> Wording:
    [start] = zones.on_event(span)
    if is_withdrawn:
        sentence = _("Was to start %(start)s") % {"start": start}
    elif zones.is_past(span, at):
        sentence = _("Started %(start)s") % {"start": start}
    else:
        sentence = _("Starts %(distance)s, %(start)s") % {"distance": zones.distance(span, at), "start": start}
    return Wording(sentence, zones.on_reader(span))


def _rescheduled(before: dict[str, Any], after: dict[str, Any], zones: _Zones) -> Wording:
    """Word a change of the times, or of the end alone, and of the location if that has changed, too."""
    old, new = _Span.of(before, zones.event), _Span.of(after, zones.event)
    if (old.start, old.is_days) == (new.start, new.is_days):
        changed = _end_changed(old.last, new.last, zones)
    else:
        changed = _filled(_("Moved from %(old)s to %(new)s"), {"old": old, "new": new}, zones)
    if before["location"] == after["location"]:
        return changed
    location = _relocated(before["location"], after["location"])
    return replace(changed, sentence=_("%(times)s. %(location)s") % {"times": changed.sentence, "location": location})


def _end_changed(old: _Span | None, new: _Span | None, zones: _Zones) -> Wording:
    ends = {name: end for name, end in (("old", old), ("new", new)) if end}
    if len(ends) == 2:
        sentence = _("Now ends %(new)s (was %(old)s)")
    elif "new" in ends:
        sentence = _("Now ends %(new)s (no end time before)")
    else:
        sentence = _("No end time any more (was %(old)s)")
    return _filled(sentence, ends, zones)


def _filled(sentence: str, spans: dict[str, _Span], zones: _Zones, quote: str = "") -> Wording:
    """Fill in the sentence's placeholders in the event's time zone, and add the spans in the reader's."""
    texts = dict(zip(spans, zones.on_event(*spans.values()), strict=True))
    return Wording(sentence % texts, zones.on_reader(*spans.values()), quote)


def _relocated(before: str, after: str) -> str:
    if not after:
        return _("No longer at %(old)s; new location to be announced") % {"old": before}
    if not before:
        return _("Location: %(new)s") % {"new": after}
    return _("New location: %(new)s (was %(old)s)") % {"old": before, "new": after}


def _rounded_minutes(duration: timedelta) -> int:
    """Return a duration in minutes. Above one day it is rounded to hours, and above one week to days."""
    minutes = duration.total_seconds() / 60
    step = DAY if minutes > WEEK else HOUR if minutes > DAY else 1
    return round(minutes / step) * step
