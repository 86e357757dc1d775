"""Keyset paging: each page of a list continues from the values of a row, and not from a count of rows.

Rows that are added or deleted meanwhile neither shift nor repeat others, and an index finds the start of any page. The
ordering is that of the queryset. It must name plain columns, all ascending or all descending. The last column must be
unique, so that the order of rows with the same values in the other columns is always the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from config.database import read_id

Row = TypeVar("Row", bound=Model)
Rows = TypeVar("Rows", bound=QuerySet[Any])


@dataclass(frozen=True)
class Position:
    """A position in an ordering by (moment, id). In URLs "20261204T170000-17", with microseconds if it has any."""

    moment: datetime
    id: int

    def __str__(self) -> str:
        moment = self.moment.astimezone(UTC)
        fraction = f".{moment:%f}" if moment.microsecond else ""
        return f"{moment:%Y%m%dT%H%M%S}{fraction}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read the text that `str()` returns.

        Raises:
            ValueError
        """
        stamp, _, pk = text.partition("-")
        form = "%Y%m%dT%H%M%S.%f" if "." in stamp else "%Y%m%dT%H%M%S"
        return cls(datetime.strptime(stamp, form).replace(tzinfo=UTC), read_id(pk))

    @property
    def values(self) -> tuple[datetime, int]:
        return self.moment, self.id


def columns_of(rows: QuerySet[Any]) -> list[str]:
    """Return the names of the columns by which the rows are ordered."""
    return [name.removeprefix("-") for name in _ordering(rows)]


def values_of(row: Model, rows: QuerySet[Any]) -> tuple[Any, ...]:
    """Return the row's values in the columns by which `rows` are ordered."""
    return tuple(getattr(row, name) for name in columns_of(rows))


def beyond(rows: Rows, values: Sequence[Any]) -> Rows:
    """Return the rows after the one with these values, which may have been deleted.

    `beyond(rows.reverse(), values)` returns the rows before it, the nearest first.
    """
    is_descending = _ordering(rows)[0].startswith("-") == rows.query.standard_ordering
    comparison = "lt" if is_descending else "gt"
    names = columns_of(rows)
    condition = Q()
    for index, (name, value) in enumerate(zip(names, values, strict=True)):
        equal = dict(zip(names[:index], values, strict=False))
        condition |= Q(**equal, **{f"{name}__{comparison}": value})
    return rows.filter(condition)


def cut(rows: QuerySet[Row], size: int) -> tuple[list[Row], bool]:
    """Return the first `size` rows and whether there are more. Issues one query, which reads one row more."""
    found = list(rows[: size + 1])
    return found[:size], len(found) > size


def chunks(rows: QuerySet[Row], size: int) -> Iterator[list[Row]]:
    """Yield all rows, at most `size` at a time, so that they need not fit in memory. Issues one query per chunk."""
    following = rows
    while chunk := list(following[:size]):
        yield chunk
        if len(chunk) < size:
            return
        following = beyond(rows, values_of(chunk[-1], rows))


def _ordering(rows: QuerySet[Any]) -> list[str]:
    """Return the ordering of the rows. "-" marks a descending column, or an ascending one if the rows are reversed.

    Raises:
        ValueError: it is empty, or some columns ascend and others descend, for which one comparison is not enough.
    """
    names = [str(name) for name in rows.query.order_by]
    if len({name.startswith("-") for name in names}) != 1:
        raise ValueError(f"rows ordered by {names} cannot be paged through")
    return names
