"""iCalendar (RFC 5545). Reading: what the events of a file say, in the words of `create_event`. Writing: `writer`.

The library reads components, properties and values. Here are the structure of a file (`files`), what its days and clock
times mean (`clocks`), and what of it makes an event (`entries`). Callers import from here.
"""

from events.calendars.entries import CalendarEntry, CalendarItem, read_calendar

__all__ = ["CalendarEntry", "CalendarItem", "read_calendar"]
