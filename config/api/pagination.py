"""Keyset pagination for the API: pages do not shift while rows are added and deleted."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField, Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from config.database import MAX_INTEGER
from config.keyset import beyond, columns_of, cut, values_of

AFTER, BEFORE = "after", "before"


@dataclass(frozen=True)
class Cursor:
    """A position between two rows: just after or just before the row with these values of the ordering columns."""

    side: str
    values: tuple[datetime | int, ...]

    def encode(self) -> str:
        values = [value.isoformat() if isinstance(value, datetime) else value for value in self.values]
        return base64.urlsafe_b64encode(json.dumps([self.side, *values]).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Return the cursor.

        Raises:
            ValueError: it was not made by `encode`.
        """
        try:
            side, *raw = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
            values = tuple(cls._decode_value(each) for each in raw)
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise ValueError("no cursor") from error
        if side not in {AFTER, BEFORE}:
            raise ValueError("no cursor")
        return cls(side, values)

    @staticmethod
    def _decode_value(value: Any) -> datetime | int:
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
        if type(value) is int and abs(value) <= MAX_INTEGER:
            return value
        raise ValueError("no value of a cursor")


class KeysetPagination(BasePagination):
    """Pages of a queryset in its own ordering, as `{next, previous, results}`. Issues one query for each page.

    DRF's CursorPagination counts an offset among rows with equal values, so it shifts when one of them is deleted.
    """

    page_size = 20
    max_page_size = 100

    _rows: QuerySet[Any]
    _next: str | None
    _previous: str | None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self._url = request.build_absolute_uri()
        self._rows = queryset
        size = self._size(request)
        cursor = self._cursor(request)
        rows, has_more = cut(self._beyond(cursor) if cursor else queryset, size)
        if cursor and cursor.side == BEFORE:
            rows.reverse()
            self._previous = self._link(BEFORE, rows) if has_more else None
            self._next = self._link(AFTER, rows) or remove_query_param(self._url, "cursor")
        else:
            self._previous = self._link(BEFORE, rows) if cursor else None
            self._next = self._link(AFTER, rows) if has_more else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next, "previous": self._previous, "results": data})

    def _size(self, request: Request) -> int:
        text = request.query_params.get("page_size", str(self.page_size))
        if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= self.max_page_size):
            raise ValidationError({"page_size": [f"Use a whole number from 1 to {self.max_page_size}."]})
        return int(text)

    def _cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get("cursor")
        if text is None:
            return None
        try:
            cursor = Cursor.decode(text)
        except ValueError:
            cursor = None
        columns = [self._rows.model._meta.get_field(name) for name in columns_of(self._rows)]
        types = [datetime if isinstance(column, DateTimeField) else int for column in columns]
        if cursor is None or [type(value) for value in cursor.values] != types:
            raise ValidationError({"cursor": ["Use the cursor of a “next” or “previous” link as it is."]})
        return cursor

    def _beyond(self, cursor: Cursor) -> QuerySet[Any]:
        """Return the rows beyond the cursor, the nearest first."""
        return beyond(self._rows.reverse() if cursor.side == BEFORE else self._rows, cursor.values)

    def _link(self, side: str, rows: list[Model]) -> str | None:
        if not rows:
            return None
        row = rows[-1] if side == AFTER else rows[0]
        cursor = Cursor(side, values_of(row, self._rows))
        return replace_query_param(self._url, "cursor", cursor.encode())

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Position in the list, as in the links `next` and `previous`. Don’t build it yourself.",
                "schema": {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "Number of results per page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        example = "http://localhost:8000/api/v1/events/?cursor=WyJhZnRlciIsIDQyXQ"
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link | {"example": example},
                "previous": link | {"example": None},
                "results": schema,
            },
        }
