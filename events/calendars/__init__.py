"""Reading iCalendar files (RFC 5545): what their events say, in the words of `create_event`.

The library reads components, properties and values. Here are the structure of a file (`files`), what its days and clock
times mean (`clocks`), and what of it makes an event (`entries`). Callers import from here.
"""

from events.calendars.entries import CalendarEntry, CalendarItem, read_calendar

__all__ = ["CalendarEntry", "CalendarItem", "read_calendar"]
