"""Query parameters that are refused if they are invalid. The filters of django-filter would ignore them."""

from collections.abc import Mapping
from datetime import UTC
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django_filters.rest_framework import FilterSet
from django_filters.utils import translate_validation
from drf_spectacular.utils import extend_schema_field

from config.api.fields import parse_date_time
from config.database import MAX_INTEGER

# Forms send inputs that were left empty. Such a parameter has no effect.
EMPTY = {"type": "string", "enum": [""]}
# How many combinations of parameters a process remembers. Most clients send the same few.
COMBINATIONS_REMEMBERED = 500


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


def asked_by(params: Mapping[str, str], filters: type[FilterSet]) -> Mapping[str, Any]:
    """Return what the query parameters ask these filters for, with empty values where nothing is asked.

    Raises:
        rest_framework.exceptions.ValidationError
    """
    given = tuple((name, params[name]) for name in filters.base_filters if name in params)
    return _cleaned(filters, given)  # type: ignore[arg-type]  # mypy doesn't know that classes are hashable


@lru_cache(COMBINATIONS_REMEMBERED)
def _cleaned(filters: type[FilterSet], given: tuple[tuple[str, str], ...]) -> Mapping[str, Any]:
    form = filters(dict(given)).form
    if not form.is_valid():
        raise translate_validation(form.errors)
    cleaned: dict[str, Any] = form.cleaned_data
    return MappingProxyType(cleaned)
