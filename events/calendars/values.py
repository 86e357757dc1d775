"""Read single properties of a component, whatever the file contains in their place."""

from icalendar import Component


def text_of(component: Component, name: str) -> str:
    """Return a text property: the first one if there are several, "" if there is none."""
    found = component.get(name, "")
    return str(found[0] if isinstance(found, list) else found)
