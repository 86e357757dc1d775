"""Serializer fields that accept exactly what the schema says. DRF's own fields convert other types."""

import re
from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

# A date and a time of RFC 3339 whose offset may be missing. `fromisoformat` alone would also accept weeks and dates.
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)


def parse_date_time(text: str) -> datetime:
    """Return the date and time. It is naive if the text has no offset.

    Raises:
        ValueError
    """
    if not DATE_TIME.fullmatch(text):
        raise ValueError("not a date and time")
    return datetime.fromisoformat(text.upper())


class TextField(serializers.CharField):
    """A JSON string. Numbers are not converted."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


@extend_schema_field({"type": "string", "format": "iana-time-zone", "maxLength": 64, "example": "Europe/Rome"})
class TimeZoneField(TextField):
    """The name of a time zone. The services and models check that it exists, this field does not."""


class FlagField(serializers.BooleanField):
    """`true` or `false`, not "yes" or 1."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class WholeNumberField(serializers.IntegerField):
    """A JSON integer, not a string of digits or `true`."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class InstantField(serializers.DateTimeField):
    """An instant. It is shown in UTC with a Z, whatever the time zone of the process or the session."""

    timezone = UTC
