"""Test a notification with a lower id that is committed after one with a higher id."""

import asyncio
from contextlib import ExitStack
from typing import Any

import pytest
from honcho.environ import parse_procfile

from tests.faults import stage
from tests.faults.pages import eventually, open_pages
from tests.faults.rounds import rounds, within
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR
from tools.stage.private_mariadb import PrivateMariaDB

pytestmark = [pytest.mark.faults, pytest.mark.live]

PEOPLE = rounds(6, 20)
HELD_SECONDS = 5

INSERT = """
INSERT INTO notifications_notification
  (recipient_id, kind, headline, starts_at, time_zone, location, detail, source, created_at)
VALUES (%s, 'message', 'late', UTC_TIMESTAMP(), 'UTC', '', '{}', 'announcement:0', UTC_TIMESTAMP(6))
"""


def test_lower_id_that_commits_after_a_higher_one_is_shown(
    on_mariadb: dict[str, str], mariadb_server: PrivateMariaDB
) -> None:
    with Deployment(parts=["feed"], **on_mariadb) as deployment:
        asyncio.run(_commit_late(deployment, mariadb_server))


def test_lower_id_that_commits_later_is_shown_by_a_feed_with_many_users(
    on_mariadb: dict[str, str], mariadb_server: PrivateMariaDB
) -> None:
    with Deployment(parts=[], **on_mariadb) as deployment:
        command = parse_procfile((BASE_DIR / "Procfile").read_text()).processes["feed"]
        deployment.start("feed", command.replace("config.asgi:", "tests.faults.scanning_feed:"))
        deployment.wait_for("feed")
        asyncio.run(_commit_late(deployment, mariadb_server))

        assert "scanned" in deployment.logs("feed")


async def _commit_late(deployment: Deployment, server: PrivateMariaDB) -> None:
    logins = stage.call(deployment, "people", count=PEOPLE)
    with ExitStack() as stack:
        held: list[Any] = []
        async with open_pages(deployment, logins) as pages:
            for page in pages:
                connection = stack.enter_context(server.connect())
                connection.begin()
                with connection.cursor() as cursor:
                    cursor.execute(INSERT, [page.user])
                held.append(connection)
            users = [page.user for page in pages]
            [(_, headline, _), *_] = stage.call(deployment, "due", users=users, events=1, each=PEOPLE)
            await asyncio.to_thread(deployment.manage, "sweep")
            assert await eventually(lambda: all(page.headlines == [headline] for page in pages), within(10))
            # Every other page reconnects meanwhile, and resumes after the higher id.
            for page in pages[::2]:
                await page.drop()
            await asyncio.sleep(HELD_SECONDS)
            for connection in held:
                connection.commit()
            await eventually(lambda: all(len(page.notifications) == 2 for page in pages), within(10))

    for page in pages:
        assert page.headlines == sorted([headline, "late"])
        by_headline = {notification["headline"]: each for each, notification in page.notifications.items()}
        assert by_headline["late"] < by_headline[headline]
    assert [page.sockets for page in pages] == [2, 1] * (PEOPLE // 2)
    assert [page.repeated for page in pages] == [[]] * PEOPLE
