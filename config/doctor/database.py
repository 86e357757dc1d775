"""Check the database: version, character set, isolation level, migrations and clock."""

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from config.database import database_now
from config.doctor.findings import Finding, failed, ok, skipped, warning

MIN_MARIADB, MIN_MYSQL = (10, 6), (8, 0, 17)
OURS = {"accounts", "events", "notifications"}
# Above this, tokens that one host signs are not yet valid for another.
MAX_SKEW_SECONDS = float(str(settings.SIMPLE_JWT["LEEWAY"]))
NOTED_SKEW_SECONDS = 2


def _asked(sql: str) -> Any:
    """Return the first row of the answer."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()


def server_finding() -> Finding:
    """Check that the database can be reached, and that its version and its character set are supported."""
    if connection.vendor == "sqlite":
        # Connecting would create the file.
        if not Path(connection.settings_dict["NAME"]).exists():
            return failed(f"{connection.settings_dict['NAME']} does not exist", "manage.py migrate, or make run")
        connection.ensure_connection()
        return ok(f"SQLite {sqlite3.sqlite_version} in {connection.settings_dict['NAME']}")
    connection.ensure_connection()
    server = cast(Any, connection)  # of MySQL
    kind, least = ("MariaDB", MIN_MARIADB) if server.mysql_is_mariadb else ("MySQL", MIN_MYSQL)
    version: tuple[int, ...] = server.mysql_version
    said = f"{kind} {'.'.join(map(str, version))}"
    if version < least:
        return failed(f"{said} is too old", f"Upgrade it to {kind} {'.'.join(map(str, least))} or newer.")
    [name, charset] = _asked(
        "SELECT schema_name, default_character_set_name FROM information_schema.schemata WHERE schema_name = DATABASE()"
    )
    [others] = _asked(
        "SELECT GROUP_CONCAT(table_name) FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND table_collation NOT LIKE 'utf8mb4%'"
    )
    if charset != "utf8mb4" or others:
        which = f"tables {others}" if others else f"character set {charset}"
        return failed(
            f"{said}: not utf8mb4: {which}",
            f"ALTER DATABASE {name} CHARACTER SET utf8mb4, and for each table: "
            "ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4",
        )
    return ok(f"{said}, utf8mb4")


def isolation_finding() -> Finding:
    """Check what the sweep needs so that it blocks nobody who subscribes."""
    if connection.vendor == "sqlite":
        [mode] = _asked("PRAGMA journal_mode")
        if mode != "wal":
            return failed(f"SQLite’s journal is {mode!r}, not 'wal'", "Move the database to a local disk.")
        return ok("SQLite with WAL: readers and the writer don’t wait for each other")
    variable = "tx_isolation" if cast(Any, connection).mysql_is_mariadb else "transaction_isolation"
    level, has_binlog, binlog = _asked(f"SELECT @@session.{variable}, @@log_bin, @@session.binlog_format")
    if level != "READ-COMMITTED":
        return failed(
            f"connections use {level}, not READ-COMMITTED",
            "Remove what sets it for each connection, such as init_connect, or options in DATABASE_URL.",
        )
    if has_binlog and binlog == "STATEMENT":
        return failed(
            "binlog_format is STATEMENT, with which READ COMMITTED can’t write",
            "Set binlog_format=ROW in the server’s configuration, and restart it.",
        )
    return ok("READ COMMITTED")


def migrations_finding() -> Finding:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        names = [f"{migration.app_label}.{migration.name}" for migration, _backwards in missing]
        return failed(f"{len(names)} not applied: {', '.join(names[:5])}", "manage.py migrate")
    applied = set(MigrationRecorder(connection).applied_migrations())
    unknown = sorted(f"{app}.{name}" for app, name in applied - set(executor.loader.disk_migrations) if app in OURS)
    if unknown:
        return failed(
            f"the database has migrations that this code lacks: {', '.join(unknown[:5])}",
            "This code is older than the database. Install the newer version that has migrated it.",
        )
    return ok(f"all {len(applied)} applied")


def clock_finding() -> Finding:
    """Compare the database's clock, which decides when something is due, with this host's."""
    if connection.vendor == "sqlite":
        return skipped("SQLite uses the clock of this host")
    connection.ensure_connection()
    began = time.monotonic()
    theirs = database_now()
    half = (time.monotonic() - began) / 2
    skew = (datetime.now(UTC) - theirs).total_seconds() - half
    said = f"this host is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the database"
    advice = "Synchronise the clocks of both with NTP: timedatectl set-ntp true"
    if abs(skew) > MAX_SKEW_SECONDS:
        return failed(said, advice)
    return warning(said, advice) if abs(skew) > NOTED_SKEW_SECONDS else ok(said)
