"""Read single properties of a component, whatever the file contains in their place."""

import re

from icalendar import Component

ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def text_of(component: Component, name: str) -> str:
    """Return a text property: the first one if there are several, "" if there is none."""
    found = component.get(name, "")
    return str(found[0] if isinstance(found, list) else found)


def other_text_of(component: Component, name: str) -> str:
    """Return a text property that RFC 5545 does not know, so that the library leaves its value escaped."""
    return ESCAPED.sub(lambda escaped: "\n" if escaped[1] in {"n", "N"} else escaped[1], text_of(component, name))
