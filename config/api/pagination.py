"""Keyset pagination for the API: pages do not shift while rows are added and deleted."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import DateTimeField
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from config.database import MAX_INTEGER
from config.keyset import Rows, beyond, columns_of

AFTER, BEFORE = "after", "before"
PAGE_SIZE, MAX_PAGE_SIZE = 20, 100


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

    def beyond(self, rows: Rows) -> Rows:
        """Return the rows beyond this position, the nearest first."""
        return beyond(rows.reverse() if self.side == BEFORE else rows, self.values)

    @staticmethod
    def _decode_value(value: Any) -> datetime | int:
        if isinstance(value, str):
            return datetime.fromisoformat(value).astimezone(UTC)
        if type(value) is int and abs(value) <= MAX_INTEGER:
            return value
        raise ValueError("no value of a cursor")


@dataclass(frozen=True)
class Page:
    """One page of a list, and the URLs of those around it."""

    rows: list[Any]
    next: str | None
    previous: str | None


@dataclass(frozen=True)
class AskedPage:
    """The page of a list that the parameters `cursor` and `page_size` ask for."""

    size: int
    cursor: Cursor | None

    @classmethod
    def parse(cls, params: Mapping[str, str], types: Sequence[type]) -> "AskedPage":
        """Read the parameters. A cursor must have values of these types, those of the ordering's columns.

        Raises:
            ValidationError
        """
        return cls(_size(params.get("page_size")), _cursor(params.get("cursor"), types))

    def shown(self, found: list[Any], *, columns: Sequence[str], url: str) -> Page:
        """Return the page with the first `size` of these rows, which are those beyond the cursor, or one row more."""
        rows, has_more = found[: self.size], len(found) > self.size

        def link(side: str) -> str | None:
            if not rows:
                return None
            row = rows[-1] if side == AFTER else rows[0]
            cursor = Cursor(side, tuple(getattr(row, name) for name in columns))
            return replace_query_param(url, "cursor", cursor.encode())

        if self.cursor and self.cursor.side == BEFORE:
            rows.reverse()
            following = link(AFTER) or remove_query_param(url, "cursor")
            return Page(rows, next=following, previous=link(BEFORE) if has_more else None)
        return Page(rows, next=link(AFTER) if has_more else None, previous=link(BEFORE) if self.cursor else None)


class KeysetPagination(BasePagination):
    """Pages of a queryset in its own ordering, as `{next, previous, results}`. Issues one query for each page.

    DRF's CursorPagination counts an offset among rows with equal values, so it shifts when one of them is deleted.
    """

    _page: Page

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        columns = columns_of(queryset)
        fields = [queryset.model._meta.get_field(name) for name in columns]
        types = [datetime if isinstance(field, DateTimeField) else int for field in fields]
        asked = AskedPage.parse(request.query_params, types)
        rows = asked.cursor.beyond(queryset) if asked.cursor else queryset
        self._page = asked.shown(list(rows[: asked.size + 1]), columns=columns, url=request.build_absolute_uri())
        return self._page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._page.next, "previous": self._page.previous, "results": data})

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
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": PAGE_SIZE},
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


def _size(text: str | None) -> int:
    if text is None:
        return PAGE_SIZE
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGE_SIZE):
        raise ValidationError({"page_size": [f"Use a whole number from 1 to {MAX_PAGE_SIZE}."]})
    return int(text)


def _cursor(text: str | None, types: Sequence[type]) -> Cursor | None:
    if text is None:
        return None
    try:
        cursor = Cursor.decode(text)
    except ValueError:
        cursor = None
    if cursor is None or [type(value) for value in cursor.values] != [*types]:
        raise ValidationError({"cursor": ["Use the cursor of a “next” or “previous” link as it is."]})
    return cursor
