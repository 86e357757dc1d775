"""Queries that Django compiles once and the database then runs with other values.

Django takes several times as long to build and to compile a queryset as the database takes to run it. Its SQL depends
only on the shape of a query: whether there is a reader, which filters are given, and which way a list is ordered.
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice, zip_longest
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import DateTimeField, Field, IntegerField, Model, QuerySet

from config.database import MAX_INTEGER

# How many statements of one query a process keeps, more than there are common ones.
KEPT = 200

_GIVEN = object()


@dataclass(frozen=True)
class _Place:
    """Where a statement takes the value of this name, as it is compared with a column."""

    name: str
    column: Field


class Statement:
    """The compiled SQL of a queryset. Its rows are named tuples of the columns."""

    def __init__(self, rows: QuerySet[Any], columns: Sequence[str]) -> None:
        compiler = rows.values_list(*columns).query.get_compiler(connection=connection)
        row: Any = namedtuple("Row", columns)  # type: ignore[misc]  # mypy wants to know the columns
        self._row = row._make
        self.sql: str | None
        self.params: Sequence[Any]
        try:
            self.sql, self.params = compiler.as_sql()
        except EmptyResultSet:
            self.sql, self.params = None, ()
            return
        converters = compiler.get_converters([expression for expression, _sql, _alias in compiler.select])
        # Not the converters: they belong to the connection of this thread, which would stay open when the thread ends.
        self._to_convert = {index: expression for index, (_converters, expression) in converters.items()}

    def rows(self, values: Mapping[str, Any] | None = None, *, limit: int, lock: bool = False) -> list[Any]:
        """Return the first `limit` rows for these values. One query, unless Django has found that there are no rows.

        `lock` locks the rows until the transaction ends, as `select_for_update` does, which has no effect on SQLite.
        """
        if self.sql is None:
            return []
        return self.found_by(f"{self.sql} LIMIT {limit:d}{_locking() if lock else ''}", self.bound(values or {}))

    def bound(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the parameters with these values in their places."""
        return [
            each.column.get_db_prep_value(values[each.name], connection) if type(each) is _Place else each
            for each in self.params
        ]

    def found_by(self, sql: str, params: Sequence[Any]) -> list[Any]:
        """Return the rows that an SQL finds which selects the columns of this statement. One query."""
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            found = cursor.fetchall()
        return self._converted(found) if found else []

    def _converted(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """Convert the values, column by column, as Django does when it makes models of them."""
        columns = [*zip(*found, strict=True)]
        for index, expression in self._to_convert.items():
            converters = connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
            for convert in converters:
                columns[index] = tuple([convert(value, expression, connection) for value in columns[index]])
        return [*map(self._row, zip(*columns, strict=True))]


@dataclass(frozen=True)
class Part:
    """A statement and its values, as one of several that are run together."""

    statement: Statement
    values: Mapping[str, Any] = field(default_factory=dict)


def rows_of_all(parts: Sequence[Part], *, limit_each: int, limit: int) -> list[Any]:
    """Return the first `limit_each` rows of each of these statements, and at most `limit` of all. One query.

    The statements have the same columns. The databases take the rows of the first parts first, although no SQL promises
    that.
    """
    asked = [part for part in parts if part.statement.sql is not None]
    if not asked:
        return []
    # As Django writes unions. It has none for SQLite of parts with an order and a limit.
    template = "({})" if connection.features.supports_parentheses_in_compound else "SELECT * FROM ({})"
    sql = " UNION ALL ".join(template.format(f"{part.statement.sql} LIMIT {limit_each:d}") for part in asked)
    params = [value for part in asked for value in part.statement.bound(part.values)]
    return asked[0].statement.found_by(f"{sql} LIMIT {limit:d}", params)


class Query:
    """A query that is compiled once for each of its shapes.

    `build` gets all values by keyword and returns the queryset. `parameters` names those values that are only compared
    with a column, and a column of that kind. All other values belong to the shape, and so do parameters that are empty.
    `index` is one of the model's that MariaDB must use, where it would choose another access by its estimates.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[Any]],
        *,
        columns: Sequence[str],
        parameters: Mapping[str, Field],
        index: str = "",
    ) -> None:
        self._build = build
        self._columns = columns
        self._index = index
        self._parameters = parameters
        self._statement = lru_cache(maxsize=KEPT)(self._compiled)

    def rows(self, *, limit: int, lock: bool = False, **values: Any) -> list[Any]:
        """Return the first `limit` rows for these values, locked if `lock` is set. One query.

        No row has a number that is too large for the databases, so this finds nothing, as a queryset does.
        """
        if any(isinstance(value, int) and value > MAX_INTEGER for value in values.values()):
            return []
        return self._of_shape(values).rows(values, limit=limit, lock=lock)

    def part(self, **values: Any) -> Part:
        """Return the query with these values as a part of `rows_of_all`. Numbers must not exceed the databases'."""
        return Part(self._of_shape(values), values)

    def _of_shape(self, values: Mapping[str, Any]) -> Statement:
        shape = tuple((name, _GIVEN if value and name in self._parameters else value) for name, value in values.items())
        return self._statement(shape)

    def _compiled(self, shape: tuple[tuple[str, Any], ...]) -> Statement:
        """Compile the queryset for two sets of samples. The places are where the parameters of the two SQLs differ.

        Raises:
            ValueError: a value does something else in the SQL than to stand in a place, so it belongs to the shape.
        """
        fixed = {name: value for name, value in shape if value is not _GIVEN}
        places = [_Place(name, self._parameters[name]) for name, value in shape if value is _GIVEN]
        samples = [
            {place.name: _sample(place.column, number, turn) for number, place in enumerate(places)} for turn in (0, 1)
        ]
        statement, other = (Statement(self._build(**fixed, **each), self._columns) for each in samples)
        place_of = {
            tuple(place.column.get_db_prep_value(each[place.name], connection) for each in samples): place
            for place in places
        }
        pairs = [*zip_longest(statement.params, other.params)]
        differing = {pair for pair in pairs if pair[0] != pair[1]}
        if statement.sql != other.sql or (statement.sql is not None and differing != place_of.keys()):
            raise ValueError(f"the SQL depends on one of {[*samples[0]]} otherwise than by its value")
        statement.params = [place_of.get(pair, pair[0]) for pair in pairs]
        if self._index and statement.sql and connection.vendor == "mysql":
            # Subqueries of the same table have an alias before their WHERE.
            table = f"FROM {connection.ops.quote_name(self._build(**fixed, **samples[0]).model._meta.db_table)}"
            statement.sql = statement.sql.replace(f"{table} WHERE", f"{table} FORCE INDEX ({self._index}) WHERE", 1)
        return statement


class ModelQuery(Query):
    """A query whose rows are models with these fields, of whose other fields each is read when it is first asked for.

    `annotations` become attributes, as in a queryset. `related` names fields of related models, which must not be NULL.
    Fields are named as the attributes of a model: "event_id".
    """

    def __init__(
        self,
        model: type[Model],
        build: Callable[..., QuerySet[Any]],
        *,
        fields: Collection[str],
        annotations: Sequence[str] = (),
        related: Mapping[str, Collection[str]] | None = None,
        parameters: Mapping[str, Field],
        index: str = "",
    ) -> None:
        self._parts = [_Part("", model, fields)]
        for name, names in (related or {}).items():
            self._parts.append(_Part(name, model._meta.get_field(name).related_model, names))  # type: ignore[arg-type]
        self._annotations = annotations
        columns = [column for part in self._parts for column in part.columns]
        super().__init__(build, columns=[*columns, *annotations], parameters=parameters, index=index)

    def models(self, *, limit: int, lock: bool = False, **values: Any) -> list[Any]:
        """Return the first `limit` models for these values, locked if `lock` is set. One query."""
        return [self._model(row) for row in self.rows(limit=limit, lock=lock, **values)]

    def _model(self, row: Sequence[Any]) -> Model:
        values = iter(row)
        model, *others = (part.read(values) for part in self._parts)
        for part, other in zip(self._parts[1:], others, strict=True):
            setattr(model, part.name, other)
        for name, value in zip(self._annotations, values, strict=True):
            setattr(model, name, value)
        return model


class _Part:
    """The columns of a row from which one model is made."""

    def __init__(self, name: str, model: type[Model], fields: Collection[str]) -> None:
        self.name = name
        self._model = model
        # Django expects the values in the order of the model's fields.
        self._fields = [each.attname for each in model._meta.concrete_fields if each.attname in fields]
        self.columns = [f"{name}__{field}" if name else field for field in self._fields]

    def read(self, values: Iterator[Any]) -> Model:
        """Make the model of the next values."""
        return self._model.from_db(connection.alias, self._fields, [*islice(values, len(self._fields))])


def _locking() -> str:
    return f" {connection.ops.for_update_sql()}" if connection.features.has_select_for_update else ""


def _sample(column: Field, number: int, turn: int) -> Any:
    """Return a value that no query contains otherwise. A text has the form of an invite token."""
    if isinstance(column, DateTimeField):
        return datetime(3000 + turn, 1, 1 + number, tzinfo=UTC)
    unlikely = 2**62 + 2 * number + turn
    return unlikely if isinstance(column, IntegerField) else f"{unlikely:032x}"
