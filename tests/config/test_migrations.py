"""Test that migrations can run while the previous version still writes, and that they do not lock large tables."""

from itertools import groupby

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import AddField, CreateModel, Migration
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser import analyse_sql_statements, get_sql_analyser_class

from accounts.models import User
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR
from tools.stage.private_mariadb import PrivateMariaDB

OURS = {"accounts", "events", "notifications"}
# The last migrations of the version that people upgrade from. Move them with each release.
RELEASED = {"accounts": "0014_admin_labels", "events": "0004_admin_labels", "notifications": "0005_admin_labels"}


def test_added_columns_have_a_database_default_for_previous_versions() -> None:
    loader = MigrationLoader(None)
    added = {
        (app, operation.model_name_lower, operation.name)
        for (app, _), migration in loader.disk_migrations.items()
        if app in OURS
        for operation in migration.operations
        if isinstance(operation, AddField)
    }

    fields = {each: apps.get_model(*each[:2])._meta.get_field(each[2]) for each in added}

    assert ("accounts", "user", "mail_muted") in added
    assert [each for each, field in fields.items() if not field.null and field.db_default is NOT_PROVIDED] == []


@pytest.mark.django_db
def test_person_signed_up_by_an_older_version_mutes_nothing(organiser: User) -> None:
    columns = [str(field.column) for field in User._meta.concrete_fields]
    known = [name for name in columns if name not in {"mail_muted", "toast_muted"}]
    unique = {"id": "id + 1", "username": "'older'", "email": "'older@example.org'"}
    values = ", ".join(unique.get(name, name) for name in known)

    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO accounts_user ({', '.join(known)}) SELECT {values} FROM accounts_user")  # noqa: S608 - names of our own columns

    older = User.objects.get(username="older")
    assert (older.mail_muted, older.toast_muted) == ([], [])


def unreleased() -> list[tuple[str, str]]:
    """Return `(app, name)` of each migration that comes after those of RELEASED."""
    graph = MigrationLoader(None).graph
    released = {key for last in RELEASED.items() for key in graph.forwards_plan(last)}
    return sorted(key for key in graph.nodes if key[0] in OURS and key not in released)


@pytest.mark.mariadb
@pytest.mark.django_db
def test_sql_of_new_migrations_breaks_nothing_for_the_previous_version() -> None:
    linter = MigrationLinter(str(BASE_DIR), include_apps=OURS, no_cache=True, no_output=True)
    errors = {}

    for app, name in unreleased():
        found, _, _ = analyse_sql_statements(get_sql_analyser_class("mysql"), linter.get_sql(app, name), [])
        errors[app, name] = [error.message for error in found]

    assert {key: messages for key, messages in errors.items() if messages} == {}


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE `events_event` ADD COLUMN `rank` integer NOT NULL",
        "ALTER TABLE `events_event` DROP COLUMN `headline`",
        "ALTER TABLE `events_event` CHANGE `headline` `title` varchar(200)",
        "DROP TABLE `events_event`",
    ],
)
def test_sql_that_breaks_something_for_the_previous_version_is_found(statement: str) -> None:
    errors, _, _ = analyse_sql_statements(get_sql_analyser_class("mysql"), [statement], [])

    assert len(errors) == 1


def plan_of_unreleased() -> list[Migration]:
    """Return the migrations that come after those of RELEASED, in the order in which they are applied."""
    loader = MigrationLoader(None)
    order = [key for leaf in loader.graph.leaf_nodes() for key in loader.graph.forwards_plan(leaf)]
    new = set(unreleased())
    return [loader.graph.nodes[key] for key in dict.fromkeys(order) if key in new]


def algorithm_for(migration: Migration) -> str:
    """Return MariaDB's algorithm for a migration: a new table is empty, and its foreign keys copy it."""
    return "DEFAULT" if all(isinstance(each, CreateModel) for each in migration.operations) else "NOCOPY"


def set_algorithm(mariadb: PrivateMariaDB, algorithm: str) -> None:
    """Make MariaDB refuse, with NOCOPY, each change that copies the whole table, which blocks those who write."""
    with mariadb.connect() as connection:
        connection.cursor().execute(f"SET GLOBAL alter_algorithm = '{algorithm}'")


@pytest.mark.mariadb
def test_new_migrations_copy_no_table_in_either_direction() -> None:
    with PrivateMariaDB() as mariadb, Deployment(parts=[], DATABASE_URL=mariadb.url) as deployment:
        for released in RELEASED.items():
            deployment.manage("migrate", *released)
        for algorithm, migrations in groupby(plan_of_unreleased(), algorithm_for):
            set_algorithm(mariadb, algorithm)
            for migration in migrations:
                deployment.manage("migrate", migration.app_label, migration.name)
        set_algorithm(mariadb, "NOCOPY")
        for released in RELEASED.items():
            deployment.manage("migrate", *released)

        with mariadb.connect() as connection, pytest.raises(connection.OperationalError, match="NOCOPY"):
            connection.cursor().execute("ALTER TABLE events_event MODIFY headline bigint")
