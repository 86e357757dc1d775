"""Test that migrations can run while the previous version still writes."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from accounts.models import User

OURS = {"accounts", "events", "notifications"}


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
