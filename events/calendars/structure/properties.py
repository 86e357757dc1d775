"""Parse a component with the library, which leaves its dates, durations, numbers and rules as they are written.

The library would read them strictly, look for time zones itself, and keep neither what it could not read nor the
difference between a day and 24 hours.
"""

from collections.abc import Sequence

from icalendar import Component
from icalendar.parser import Parameters
from icalendar.prop import TypesFactory, vText

# The types of the library that are left unread.
UNREAD_TYPES = {"date-time", "date-time-list", "duration", "period", "recur", "integer"}


class Unread(vText):
    """The text of a property as it is written, with its parameters."""

    @classmethod
    def from_ical(cls, ical: str | bytes, timezone: str | None = None) -> "Unread":
        """Return the text. The library passes the TZID of some properties, too, which is in their parameters."""
        return cls(ical)


class _Types(TypesFactory):
    def for_property(self, name: str, value_param: str | None = None) -> type:
        """Return the type of a property, whatever its VALUE says."""
        return Unread if self.types_map.get(name) in UNREAD_TYPES else super().for_property(name, value_param)


class _Component(Component):
    types_factory = _Types()


def parse_component(lines: Sequence[str]) -> Component:
    """Return the component that these content lines make up.

    Raises:
        one of `LIBRARY_ERRORS`
    """
    return _Component.from_ical("\n".join(lines))


def written(component: Component, name: str) -> list[tuple[str, Parameters]]:
    """Return the texts of all properties of this name, each with its parameters."""
    found = component.get(name, [])
    return [(str(each).strip(), each.params) for each in (found if isinstance(found, list) else [found])]
