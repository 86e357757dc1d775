"""Read what a component says about an event in words, and whether it is public."""

import re

from icalendar import Component

from events.calendars.values import text_of

# The PRODID of the calendars that `writer` writes.
PRODUCT = "-//Event manager//EN"
# Found in the library's error about a line that it cannot read, because the error quotes the line.
UNREADABLE_CLASS = re.compile(r"'\W*CLASS\b", re.IGNORECASE)


def description_of(component: Component) -> str:
    """Return the description, followed by the event's URL unless the description contains it."""
    description, url = text_of(component, "DESCRIPTION").strip(), text_of(component, "URL").strip()
    return "\n\n".join(filter(None, [description, url if url not in description else ""]))


def own_description_of(component: Component) -> str:
    """Return the description of an event that `writer` has written: without its last line, which is the event's URL."""
    text, _, last = text_of(component, "DESCRIPTION").rpartition("\n")
    return text.strip() if last == text_of(component, "URL") else description_of(component)


def private_class_of(component: Component) -> str | None:
    """Return the CLASS that makes the event private, or None if the event is public.

    An unknown CLASS counts as PRIVATE (RFC 5545, 3.8.1.3). So does one whose line cannot be read; its name is "".
    """
    if any(name is None and UNREADABLE_CLASS.search(error) for name, error in component.errors):
        return ""
    found = component.get("CLASS", [])
    names = [str(name).strip() for name in (found if isinstance(found, list) else [found])]
    return next((name for name in names if name.upper() != "PUBLIC"), None)
