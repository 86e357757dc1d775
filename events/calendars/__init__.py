"""Reading and writing iCalendar files (RFC 5545).

Reading returns the events of a file in entries whose fields are named like the parameters of `create_event`. The
library reads components and properties. The packages here add the lines and the components of a file (`structure`),
the titles, locations and descriptions, and the HTML in them (`texts`), the dates, the local times and the time zones
(`timing`), and what recurs (`recurring`). `entries` says what makes a component an event. All of this runs in a
separate process, which `reader` starts and limits. Callers import from this package.

`stored` represents what was read as JSON. `writer` writes iCalendar files.
"""

from events.calendars.contents import CalendarEntry, CalendarFile, CalendarItem
from events.calendars.reader import read_calendar, too_large
from events.calendars.stored import OTHER_FORM, calendar_as_json, calendar_from_json

__all__ = [
    "OTHER_FORM",
    "CalendarEntry",
    "CalendarFile",
    "CalendarItem",
    "calendar_as_json",
    "calendar_from_json",
    "read_calendar",
    "too_large",
]
