"""What differs between SQLite and MariaDB: retries, the clock, collations, set-based inserts and epoch seconds.

Also which integers both can store.
"""

import functools
import random
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, models, transaction
from django.db.models import Func, IntegerField, Lookup, QuerySet

P = ParamSpec("P")
R = TypeVar("R")

DEADLOCK = 1213
LOCK_WAIT_TIMEOUT = 1205
# MariaDB's code for a deadlock in which INSERT ... SELECT waits for the table's AUTO_INCREMENT counter.
AUTO_INCREMENT_FAILED = 1467
RETRIED = {DEADLOCK, LOCK_WAIT_TIMEOUT, AUTO_INCREMENT_FAILED}
MAX_ATTEMPTS = 4
# The largest whole number that a column can hold. Most lookups by a larger one fail.
MAX_INTEGER = 2**63 - 1


def transactional(service: Callable[P, R]) -> Callable[P, R]:
    """Run a write service in one transaction, and up to three more times after a deadlock or a lock timeout.

    If it is called inside a transaction, it joins that one and does not retry, because the database has rolled back the
    whole transaction.
    """

    @functools.wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return service(*args, **kwargs)
            except OperationalError as error:
                if attempt == MAX_ATTEMPTS or not RETRIED.intersection(error.args[:1]):
                    raise
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable: the last attempt returns or raises")

    return run


def database_now() -> datetime:
    """Return the current time by the database's clock, aware and in UTC. Issues one query."""
    sql = "SELECT UTC_TIMESTAMP(6)" if connection.vendor == "mysql" else "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
    with connection.cursor() as cursor:
        cursor.execute(sql)
        [value] = cursor.fetchone()
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC)


def read_id(text: str, *, least: int = 1) -> int:
    """Read the id of a row as URLs, forms and tokens carry it: in decimal digits, and small enough for a column.

    Raises:
        ValueError: it is none, or is less than `least`.
    """
    # The length first, because reading thousands of digits is slow.
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_INTEGER))
    if not (is_number and least <= int(text) <= MAX_INTEGER):
        raise ValueError("not the id of a row")
    return int(text)


def binary_collation(connection: Any) -> str | None:
    """Return the collation that compares letter by letter, with trailing spaces; None if that is the default."""
    if connection.vendor != "mysql":
        return None
    return "utf8mb4_nopad_bin" if connection.mysql_is_mariadb else "utf8mb4_0900_bin"


class EpochSeconds(Func):
    """The whole seconds from 1970 to a datetime expression."""

    output_field = IntegerField()

    def as_mysql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="TIMESTAMPDIFF(SECOND, '1970-01-01', %(expressions)s)",
        )

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)",
        )


@models.BigAutoField.register_lookup
class Among(Lookup):
    """Filter by `pk__among=ids` as by `pk__in`, but write the ids into the statement.

    A batch has thousands of ids, and passing each as a parameter would cost the sweep more than everything else that it
    does.
    """

    lookup_name = "among"

    def get_prep_lookup(self) -> str:
        # Formatted as integers, so that nothing else can get into the statement.
        return ",".join(f"{each:d}" for each in self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if not self.rhs:
            raise EmptyResultSet
        left, params = self.process_lhs(compiler, connection)
        return f"{left} IN ({self.rhs})", params


def insert_from_select(model: type[models.Model], rows: QuerySet[Any, Any], columns: Sequence[str]) -> None:
    """Insert the rows that `rows` selects into `model`, and skip those that would violate a unique constraint.

    `rows` is a filtered `values_list()` whose columns are in the order of `columns` (field names of `model`). This
    issues one query, whatever the number of rows. It returns no count, because the two databases count skipped rows
    differently.
    """
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns_by_name = {field.name: str(field.column) for field in model._meta.concrete_fields}
    names = ", ".join(quote(columns_by_name[name]) for name in columns)
    select, params = rows.query.sql_with_params()
    if connection.vendor == "mysql":
        # A bare `id` would be ambiguous between the table and the SELECT.
        conflict = f"ON DUPLICATE KEY UPDATE {table}.{quote('id')} = {table}.{quote('id')}"
    else:
        # SQLite parses ON CONFLICT as a join constraint unless the SELECT has a WHERE: `rows` is filtered.
        conflict = "ON CONFLICT DO NOTHING"
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {select} {conflict}", params)


def update_each(rows: Sequence[models.Model], fields: Iterable[str]) -> None:
    """Write these fields of rows of one model, with one statement for each row, which Django prepares once.

    `bulk_update` would write them with one statement, and take ten times as long to prepare it.
    """
    quote = connection.ops.quote_name
    fields_by_name = {field.name: field for field in rows[0]._meta.concrete_fields}
    columns = [fields_by_name[name] for name in fields]
    assignments = ", ".join(f"{quote(str(column.column))} = %s" for column in columns)
    key = quote(str(rows[0]._meta.pk.column))
    sql = f"UPDATE {quote(rows[0]._meta.db_table)} SET {assignments} WHERE {key} = %s"  # noqa: S608 - our names
    values = [
        [*(column.get_db_prep_save(getattr(row, column.attname), connection) for column in columns), row.pk]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
