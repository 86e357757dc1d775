"""The field with which the API reads and writes the times of events."""

import re
from datetime import UTC, date
from typing import Any

from config.api.fields import InstantField, parse_date_time
from events.exceptions import TimeOutOfRange

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class EventTimeField(InstantField):
    """A date, for all-day events, or a date and time with or without a UTC offset.

    A time with an offset becomes an aware datetime in UTC. A time without one stays naive, because only the serializer
    knows its time zone; DRF's DateTimeField would read it in the time zone of the process.

    Raises:
        TimeOutOfRange: the time has no equivalent in UTC between the years 1 and 9999.
    """

    default_error_messages = {
        "invalid": "Use a date and time like 2027-05-01T18:00:00Z, or without an offset in the event's time zone."
    }

    def to_internal_value(self, data: Any) -> Any:
        try:
            if isinstance(data, str) and DATE.fullmatch(data):
                return date.fromisoformat(data)
            moment = parse_date_time(data)
            return moment.astimezone(UTC) if moment.tzinfo else moment
        except OverflowError as error:
            raise TimeOutOfRange(field=self.field_name) from error
        except (TypeError, ValueError):
            self.fail("invalid")
