"""iCalendar (RFC 5545). Reading: what the events of a file say, in the words of `create_event`. Writing: `writer`.

The library reads components, properties and values. The modules here add the structure of a file (`files`), what its
days and clock times mean (`clocks`, within `zone_rules`), and what makes an event (`entries`). All of this runs in a
separate process, which `reader` starts and limits. Callers import from here.
"""

from events.calendars.entries import CalendarEntry, CalendarItem
from events.calendars.reader import read_calendar

__all__ = ["CalendarEntry", "CalendarItem", "read_calendar"]
