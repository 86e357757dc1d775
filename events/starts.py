"""When an event starts, and when the reminders of its subscribers fall due."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Start:
    """The start of an event, as reminders need it. `moment` is aware; that of an all-day event is a local midnight."""

    moment: datetime
    all_day: bool
    time_zone: str

    @classmethod
    def of(cls, facts: Any) -> "Start":
        """Return the start of an event, or of anything else with its `starts_at`, `all_day` and `time_zone`."""
        return cls(facts.starts_at, facts.all_day, facts.time_zone)

    def due_at(self, lead: int) -> datetime:
        """Return when the reminder `lead` minutes before the start falls due."""
        return self.moment - timedelta(minutes=lead)

    def has_begun(self, at: datetime) -> bool:
        return self.moment <= at
