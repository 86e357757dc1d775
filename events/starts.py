"""When an event starts, when the reminders of its subscribers fall due, and until when they may be sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.zones import zone_of
from events.local_time import day_start

MINUTES_PER_DAY = 24 * 60
# How long after the start a reminder that is due at the start may still be sent.
LATE_AT_START = timedelta(minutes=10)


@dataclass(frozen=True)
class Start:
    """The start of an event, as reminders need it. `moment` is aware; for an all-day event it is a local midnight.

    `time_zone` is empty unless the event is all-day, because no other reminders depend on it.

    Reminders of an all-day event fall due at ALL_DAY_REMINDER_HOUR in the event's time zone, so that nobody is reminded
    at midnight. Of their leads only the whole days count: less than one means the first day itself.
    """

    moment: datetime
    all_day: bool
    time_zone: str

    @classmethod
    def of(cls, facts: Any) -> "Start":
        """Return the start of an event, or of anything else with its `starts_at`, `all_day` and `time_zone`."""
        return cls(facts.starts_at, facts.all_day, facts.time_zone if facts.all_day else "")

    @property
    def day(self) -> date:
        """The first day of an all-day event."""
        return self.moment.astimezone(self._zone).date()

    def due_at(self, lead: int) -> datetime:
        """Return when the reminder `lead` minutes before the start falls due."""
        if self.all_day:
            return self._reminder_hour(self.day - timedelta(days=lead // MINUTES_PER_DAY))
        return self.moment - timedelta(minutes=lead)

    def sent_until(self, lead: int) -> datetime:
        """Return from when on (`>=`) it is too late to send the reminder: a sweep then counts it as missed."""
        if self.all_day:
            return day_start(self.day + timedelta(days=1), self._zone)
        return self.moment + LATE_AT_START if lead == 0 else self.moment

    def identify(self, lead: int) -> str:
        """Return a text that is the same for reminders of which a subscriber is sent only one.

        For an all-day event it consists of the days before and the date, so that it does not depend on the instant that
        the rules of the time zone make of the date.
        """
        if self.all_day:
            return f"{lead // MINUTES_PER_DAY}:{self.day}"
        return f"{lead}:{int(self.moment.timestamp())}"

    def catches_up_at(self, at: datetime) -> datetime | None:
        """Return when somebody who subscribes at this time is sent a reminder that has already passed; None for never.

        Early on the first day of an all-day event they get it together with those who subscribed before.
        """
        if not self.has_begun(at):
            return at
        if self.all_day and at < (first := self.due_at(0)):
            return first
        return None

    def distinct(self, leads: Iterable[int]) -> list[int]:
        """Return the leads in ascending order, and only the smallest of those that fall due at the same moment.

        Such leads, which only all-day events have, are one reminder.
        """
        smallest: dict[datetime, int] = {}
        for lead in sorted(leads):
            smallest.setdefault(self.due_at(lead), lead)
        return list(smallest.values())

    def has_begun(self, at: datetime) -> bool:
        return self.moment <= at

    @property
    def _zone(self) -> ZoneInfo:
        return zone_of(self.time_zone)

    def _reminder_hour(self, day: date) -> datetime:
        """Return the instant of ALL_DAY_REMINDER_HOUR on this day.

        If the clocks go back over it, that is the first of the two; if they skip it, it takes the offset before.
        """
        hour = time(settings.ALL_DAY_REMINDER_HOUR)
        return datetime.combine(day, hour, self._zone).astimezone(UTC)
