"""What a notification says: one sentence that a person understands, and the same times on the reader's own clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.leads import lead_name
from events.clocks import day_text, distance_text, moment_text, zone_name
from notifications.models import Notification

HOUR, DAY, WEEK = 60, 24 * 60, 7 * 24 * 60


@dataclass(frozen=True)
class Wording:
    """A notification in words; `own_clock` and `quote` are empty where there is nothing to add."""

    # On the event's clock: "Starts in 1 hour, Fri 4 Dec 18:00 Rome time".
    sentence: str
    # On the reader's, where it shows something else: "Fri 4 Dec 12:00 your time".
    own_clock: str = ""
    # What the organiser wrote: a message, or the reason of a cancellation.
    quote: str = ""


@dataclass(frozen=True)
class _Clocks:
    """The event's clock and the reader's. An all-day event is dates, which are the same on both."""

    event: ZoneInfo
    reader: ZoneInfo
    at: datetime
    all_day: bool

    def on_event(self, *moments: datetime) -> list[str]:
        """Return the moments as the event's clock shows them; the last one names the zone where the clocks differ."""
        texts = [self._text(moment, self.event) for moment in moments]
        if self._differ(moments):
            texts[-1] = f"{texts[-1]} {zone_name(self.event)}"
        return texts

    def on_reader(self, *moments: datetime) -> str:
        """Return the moments as the reader's clock shows them; empty where the two show the same."""
        if not self._differ(moments):
            return ""
        return _("%(times)s your time") % {"times": " → ".join(self._text(moment, self.reader) for moment in moments)}

    def distance(self, moment: datetime) -> str:
        """Return how far off a moment is: "in 1 hour", "tomorrow"."""
        if self.all_day:
            return distance_text(moment.astimezone(self.event).date(), today=self.at.astimezone(self.reader).date())
        duration = lead_name(_rounded_minutes(moment - self.at))
        return _("in %(duration)s") % {"duration": duration} if duration else _("now")

    def _text(self, moment: datetime, zone: ZoneInfo) -> str:
        local, today = moment.astimezone(zone), self.at.astimezone(self.reader).date()
        return day_text(local.date(), today=today) if self.all_day else moment_text(local, today=today)

    def _differ(self, moments: tuple[datetime, ...]) -> bool:
        return not self.all_day and any(
            moment.astimezone(self.event).utcoffset() != moment.astimezone(self.reader).utcoffset()
            for moment in moments
        )


def wording(notification: Notification, *, zone: ZoneInfo, at: datetime, all_day: bool = False) -> Wording:
    """Put a notification into words at this moment, for a reader whose clock is `zone`."""
    clocks = _Clocks(ZoneInfo(notification.time_zone), zone, at, all_day)
    starts_at, detail = notification.starts_at, notification.detail
    match notification.kind:
        case Notification.Kind.REMINDER:
            return _reminder(starts_at, clocks)
        case Notification.Kind.RESCHEDULED:
            return _rescheduled(detail["before"], detail["after"], clocks)
        case Notification.Kind.RELOCATED:
            return Wording(_relocated(detail["before"]["location"], detail["after"]["location"]))
        case Notification.Kind.CANCELLED:
            [start] = clocks.on_event(starts_at)
            sentence = _("Cancelled. It was to start %(start)s") % {"start": start}
            return Wording(sentence, clocks.on_reader(starts_at), detail.get("text", ""))
        case _:
            return Wording(_("The organiser writes:"), quote=detail.get("text", ""))


def _reminder(starts_at: datetime, clocks: _Clocks) -> Wording:
    [start] = clocks.on_event(starts_at)
    if starts_at <= clocks.at:
        sentence = _("Began %(start)s") % {"start": start}
    else:
        sentence = _("Starts %(distance)s, %(start)s") % {"distance": clocks.distance(starts_at), "start": start}
    return Wording(sentence, clocks.on_reader(starts_at))


def _rescheduled(before: dict[str, Any], after: dict[str, Any], clocks: _Clocks) -> Wording:
    """Say what moved: the start, or the end alone; and the place where that changed too."""
    if before["starts_at"] == after["starts_at"]:
        spoken = _end_changed(before["ends_at"], after["ends_at"], clocks)
    else:
        spoken = _start_changed(before["starts_at"], after["starts_at"], clocks)
    if before["location"] == after["location"]:
        return spoken
    place = _relocated(before["location"], after["location"])
    return replace(spoken, sentence=_("%(times)s. %(place)s") % {"times": spoken.sentence, "place": place})


def _start_changed(before: str, after: str, clocks: _Clocks) -> Wording:
    old, new = datetime.fromisoformat(before), datetime.fromisoformat(after)
    old_text, new_text = clocks.on_event(old, new)
    if old_text == new_text:  # from hours to a whole day, or back
        clocks = replace(clocks, all_day=False)
        old_text, new_text = clocks.on_event(old, new)
    sentence = _("Moved from %(old)s to %(new)s") % {"old": old_text, "new": new_text}
    return Wording(sentence, clocks.on_reader(old, new))


def _end_changed(before: str | None, after: str | None, clocks: _Clocks) -> Wording:
    if after is None:
        return Wording(_("The end is open now"))
    new = _last_moment(after, clocks)
    if before is None:
        [new_text] = clocks.on_event(new)
        return Wording(_("Ends %(new)s") % {"new": new_text}, clocks.on_reader(new))
    old = _last_moment(before, clocks)
    old_text, new_text = clocks.on_event(old, new)
    sentence = _("The end moved from %(old)s to %(new)s") % {"old": old_text, "new": new_text}
    return Wording(sentence, clocks.on_reader(old, new))


def _last_moment(ends_at: str, clocks: _Clocks) -> datetime:
    """Return an end as people say it: the last day of an all-day event, not the midnight after it."""
    end = datetime.fromisoformat(ends_at)
    return end - timedelta(seconds=1) if clocks.all_day else end


def _relocated(before: str, after: str) -> str:
    if not after:
        return _("No longer at %(old)s; the new place is not known yet") % {"old": before}
    if not before:
        return _("The place is %(new)s") % {"new": after}
    return _("Moved from %(old)s to %(new)s") % {"old": before, "new": after}


def _rounded_minutes(duration: timedelta) -> int:
    """Return a duration in minutes, as exact as people say it: to the hour from a day on, to the day from a week on."""
    minutes = duration.total_seconds() / 60
    step = DAY if minutes > WEEK else HOUR if minutes > DAY else 1
    return round(minutes / step) * step


def script_words() -> dict[str, str]:
    """Return what static/js/feed.js says: the states of the connection, and the sentences of its toasts."""
    return {
        "live": _("Live"),
        "connecting": _("Connecting"),
        "delayed": _("Delayed"),
        "offline": _("Offline"),
        "signedOut": _("Signed out"),
        "more": _("{count} more"),
        "reminder": _("Starts {distance}"),
        "rescheduled": _("Moved to {time}"),
        "ended": _("Its end has changed"),
        "relocated": _("Moved to {place}"),
        "placeless": _("The new place is not known yet"),
        "cancelled": _("Cancelled"),
    }
