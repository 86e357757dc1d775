"""Test that the admin's lists neither read nor sort large tables on MariaDB."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from config.web.admin import CappedPaginator

pytestmark = [pytest.mark.mariadb, pytest.mark.django_db]
ROWS = 30_000
# Of a page of rows, of what belongs to them, and of the request itself.
PAGE = 1_500


@pytest.fixture
def _large_tables(organiser: User, stranger: User, at: datetime) -> None:
    """Fill the tables: as many users, events of two organisers, and reports, a tenth of which are open."""
    events = """INSERT INTO events_event (author_id, headline, description, location, starts_at, all_day, over_at,
      time_zone, state, invite_token, revision, subscriber_count, search_text, created_at, updated_at)
      SELECT IF(seq %% 2, %s, %s), 'Concert', '', '', %s + INTERVAL seq %% 977 HOUR, 0, %s + INTERVAL seq %% 977 HOUR,
      'UTC', 'public', '', 0, 0, '', %s, %s FROM seq_1_to_{}"""
    columns = [str(field.column) for field in User._meta.concrete_fields]
    unique = {"id": "seq + 1000", "username": "CONCAT('u', seq)", "email": "CONCAT('u', seq, '@example.org')"}
    users = "INSERT INTO accounts_user ({}) SELECT {} FROM accounts_user JOIN seq_1_to_{} WHERE id = %s"
    reports = """INSERT INTO events_eventreport (event_id, reporter_id, reason, text, created_at, is_open, resolved_at,
      outcome) SELECT id, IF(id %% 3, %s, %s), 'spam', '', %s, IF(id %% 10, NULL, 1), IF(id %% 10, %s, NULL), ''
      FROM events_event"""
    people = [organiser.pk, stranger.pk]
    with connection.cursor() as cursor:
        cursor.execute(events.format(ROWS), [*people, at, at, at, at])
        cursor.execute(
            users.format(", ".join(columns), ", ".join(unique.get(name, name) for name in columns), ROWS), people[:1]
        )
        cursor.execute(reports, [*people, at, at])


def read_and_sorted(client: Client, path: str) -> tuple[int, int]:
    """Return how many rows and index entries a page reads, and how many rows it sorts."""
    before = _status()
    assert client.get(path).status_code == 200
    after = _status()
    return after[0] - before[0], after[1] - before[1]


def _status() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS WHERE Variable_name LIKE 'Handler_read%' OR Variable_name = 'Sort_rows'")
        values: dict[str, Any] = dict(cursor.fetchall())
    return sum(int(value) for name, value in values.items() if name != "Sort_rows"), int(values["Sort_rows"])


@pytest.mark.usefixtures("_large_tables")
def test_lists_of_the_admin_read_a_page_and_sort_nothing(admin_client: Client) -> None:
    admin_client.get("/admin/")
    costs = {
        path: read_and_sorted(admin_client, path)
        for path in (
            "/admin/accounts/user/",
            "/admin/accounts/user/?o=-6",
            "/admin/events/event/",
            "/admin/events/event/?o=3",
            "/admin/events/eventreport/",
            "/admin/events/eventreport/?state=resolved",
            "/admin/events/eventreport/?state=all",
        )
    }

    # The rows that are counted are read and stored. Above the events are the years in which they start.
    counted, years = 2 * CappedPaginator.MAX_COUNTED, ROWS
    assert max(read for read, _ in costs.values()) < counted + years + PAGE, costs
    assert max(read for path, (read, _) in costs.items() if "/event/" not in path) < counted + PAGE, costs
    assert max(sorted_rows for _, sorted_rows in costs.values()) < 10, costs
