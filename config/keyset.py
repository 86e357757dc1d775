"""Keyset paging: each part of a list continues from the values of a row, and not from a count of rows.

So rows that come and go meanwhile neither shift nor repeat others, and an index finds the start of any page. The
ordering is the queryset's own. It must name plain columns, all ascending or all descending, and the last must be
unique, so that rows which share the values of the others keep their order.
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
    """A position in an order of (moment, id): in URLs "20261204T170000-17", with microseconds if there are any."""

    moment: datetime
    id: int

    def __str__(self) -> str:
        moment = self.moment.astimezone(UTC)
        fraction = f".{moment:%f}" if moment.microsecond else ""
        return f"{moment:%Y%m%dT%H%M%S}{fraction}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read what `str()` wrote.

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
    """Return the names of the columns that the rows are ordered by."""
    return [name.removeprefix("-") for name in _ordering(rows)]


def values_of(row: Model, rows: QuerySet[Any]) -> tuple[Any, ...]:
    """Return the row's values of the columns that `rows` are ordered by."""
    return tuple(getattr(row, name) for name in columns_of(rows))


def beyond(rows: Rows, values: Sequence[Any]) -> Rows:
    """Return the rows that come after the one with these values, which need not exist any more.

    Those before it, the nearest first, are `beyond(rows.reverse(), values)`.
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
    """Return the first `size` rows, and whether there are more. One query, which asks for one row more."""
    found = list(rows[: size + 1])
    return found[:size], len(found) > size


def chunks(rows: QuerySet[Row], size: int) -> Iterator[list[Row]]:
    """Yield all rows, at most `size` at a time, so that memory does not grow with their number. One query a chunk."""
    following = rows
    while chunk := list(following[:size]):
        yield chunk
        if len(chunk) < size:
            return
        following = beyond(rows, values_of(chunk[-1], rows))


def _ordering(rows: QuerySet[Any]) -> list[str]:
    """Return the names that the rows are ordered by; "-" marks a descending column, or an ascending one of `reverse()`.

    Raises:
        ValueError: there are none, or some columns ascend and others descend, which one comparison cannot tell apart.
    """
    names = [str(name) for name in rows.query.order_by]
    if len({name.startswith("-") for name in names}) != 1:
        raise ValueError(f"rows ordered by {names} cannot be paged through")
    return names
