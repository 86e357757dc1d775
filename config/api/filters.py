"""Query parameters that are refused if they are invalid. The filters of django-filter would ignore them."""

from datetime import UTC
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field

from config.api.fields import parse_date_time
from config.database import MAX_INTEGER

# Forms send inputs that were left empty. Such a parameter has no effect.
EMPTY = {"type": "string", "enum": [""]}


class _InstantFormField(forms.CharField):
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = parse_date_time(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise ValidationError("Use a date and time like 2027-05-01T18:00:00Z.", code="invalid") from error


@extend_schema_field({"anyOf": [{"type": "string", "format": "date-time"}, EMPTY]})
class InstantFilter(django_filters.Filter):
    """A date and time, in UTC if it has no offset."""

    field_class = _InstantFormField


@extend_schema_field({"anyOf": [{"type": "boolean"}, EMPTY]})
class FlagFilter(django_filters.TypedChoiceFilter):
    """`true` or `false`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[("true", "true"), ("false", "false")], coerce="true".__eq__, **options)


@extend_schema_field({"anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_INTEGER}, EMPTY]})
class IdFilter(django_filters.Filter):
    """An id, or 0."""

    field_class = forms.IntegerField

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_INTEGER, **options)
