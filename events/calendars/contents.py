"""What a calendar file contains, whichever way it was written."""

from dataclasses import dataclass
from datetime import datetime

# The greatest integer of iCalendar (RFC 5545, 3.3.8). The database stores no greater SEQUENCE either.
MAX_SEQUENCE = 2**31 - 1


@dataclass(frozen=True)
class CalendarEntry:
    """One event of a calendar file. Times are aware, in UTC; `time_zone` is the one in which the event is shown."""

    # By this key, a later import recognises the event. It is the UID, or stands for it if there is none.
    uid: str
    headline: str
    description: str
    location: str
    starts_at: datetime
    ends_at: datetime | None
    all_day: bool
    time_zone: str
    is_cancelled: bool
    is_private: bool = False
    # RFC 5545's SEQUENCE, up to MAX_SEQUENCE: a later version of an event has a greater one.
    sequence: int = 0
    # How the event recurs, in words; empty if it does not. The times are those of its first occurrence.
    recurrence: str = ""
    # What people should know about how the component was read, such as what was left out or guessed.
    remarks: tuple[str, ...] = ()
    # Whether the file does not say in which time zone the times are, so that they are in the zone that was assumed.
    is_floating: bool = False
    # Whether the headline only says that there is none, in the language of the reader.
    is_untitled: bool = False
    # Whether it recurs and its first date may be wrong, because what changes its dates may be missing or can't be read.
    is_uncertain: bool = False


@dataclass(frozen=True)
class CalendarItem:
    """One component of a calendar file, with an entry or with the reason why there is none."""

    line: int
    uid: str = ""
    summary: str = ""
    entry: CalendarEntry | None = None
    reason: str = ""
    # Whether the component is an event; also if it can't be read.
    is_event: bool = True
    # Whether it recurs, and the file leaves out or cancels all of its dates.
    has_no_dates: bool = False


@dataclass(frozen=True)
class CalendarFile:
    """What a calendar file contains."""

    # The components in order, except time zone definitions, which are only used to read the others.
    items: list[CalendarItem]
    # The calendar's own name (X-WR-CALNAME); empty if it has none.
    name: str = ""
    # What people should know about how the file as a whole was read.
    remarks: tuple[str, ...] = ()
    # Whether the file has an end. If not, events that it does not contain may nevertheless exist.
    is_complete: bool = True
    # Whether it is a message about single events, such as an invitation: its METHOD (RFC 5546) does not publish all.
    is_message: bool = False
