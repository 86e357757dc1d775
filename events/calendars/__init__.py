"""Reading and writing iCalendar files (RFC 5545).

Reading returns the events of a file in entries whose fields are named like the parameters of `create_event`. The
library reads components and properties. The modules here add the lines and the structure of a file (`lines`, `files`),
what single properties say (`values`, `texts`, `dates`) and the HTML in them (`markup`, `markdown`), the meaning of days
and local times (`times`, `zones`, with `zone_names` and the limits of `zone_rules`), what recurs (`series`,
`recurrence`, `rules`), and what makes a component an event (`entries`). All of this runs in a separate process, which
`reader` starts and limits. Callers import from this package.

`stored` represents what was read as JSON. `writer` writes iCalendar files.
"""

from events.calendars.entries import CalendarEntry, CalendarFile, CalendarItem
from events.calendars.reader import read_calendar
from events.calendars.stored import OTHER_FORM, calendar_as_json, calendar_from_json

__all__ = [
    "OTHER_FORM",
    "CalendarEntry",
    "CalendarFile",
    "CalendarItem",
    "calendar_as_json",
    "calendar_from_json",
    "read_calendar",
]
