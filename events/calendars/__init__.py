"""iCalendar (RFC 5545). Reading: what the events of a file say, in the words of `create_event`. Writing: `writer`.

The library reads components, properties and values. Here are the structure of a file (`files`), what its days and clock
times mean (`clocks`, within `zone_rules`), and what of it makes an event (`entries`). All of this happens in a process
of its own, which `reader` starts and bounds. Callers import from here.
"""

from events.calendars.entries import CalendarEntry, CalendarItem
from events.calendars.reader import read_calendar

__all__ = ["CalendarEntry", "CalendarItem", "read_calendar"]
