"""A model field for local times."""

from datetime import UTC, datetime
from typing import Any

from django.db import models


class LocalDateTimeField(models.DateTimeField):
    """What clocks show in some time zone: a naive datetime. It is stored as if it were in UTC."""

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(value.replace(tzinfo=UTC) if isinstance(value, datetime) else value)

    def from_db_value(self, value: datetime | None, _expression: Any, _connection: Any) -> datetime | None:
        return value.replace(tzinfo=None) if value else None
