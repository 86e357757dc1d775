"""Define fixtures for the fault tests: a MariaDB for the deployments, emptied for each test."""

from collections.abc import Iterator

import pytest

from tools.stage.private_mariadb import PrivateMariaDB

# Tables that migrations have filled.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[PrivateMariaDB]:
    """One server for the session. Tests that kill a server make their own `PrivateMariaDB`."""
    with PrivateMariaDB() as server:
        yield server


@pytest.fixture
def on_mariadb(mariadb_server: PrivateMariaDB) -> dict[str, str]:
    """Return the settings of a deployment on the session's server, with empty tables, or without tables at first."""
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        cursor.execute("SHOW TABLES")
        for (table,) in cursor.fetchall():
            if table not in KEPT_TABLES:
                cursor.execute(f"TRUNCATE `{table}`")
    return {"DATABASE_URL": mariadb_server.url}


@pytest.fixture(params=["sqlite", "mariadb"])
def on_each_database(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the settings of a deployment on SQLite in its folder, then of one on MariaDB."""
    return request.getfixturevalue("on_mariadb") if request.param == "mariadb" else {}
