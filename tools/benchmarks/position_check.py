"""The position check of a feed with 10,000 users on MariaDB: nothing new, a row for each, and rows of others.

The first way reads what is new to anybody; the second one, which a feed takes when that would be more, asks for the
rows of its users.
"""

import json
from collections.abc import Iterator
from statistics import median

from tools.stage.live import Deployment
from tools.stage.private_mariadb import private_mariadb

USERS = 10_000
OLD_ROWS_PER_USER = 20
ROWS_OF_OTHERS = 200_000
ROUNDS = 5

# Half of the users have a login in a browser and the other half one through the API.
POPULATE = """
from django.db import connection

STATEMENTS = '''
SET foreign_key_checks=0;
SET unique_checks=0;
INSERT INTO accounts_user (id, password, is_superuser, first_name, last_name, is_staff, is_active, date_joined,
  username, email, time_zone, default_leads, mail_muted, toast_muted)
  SELECT seq, REPEAT('x', 88), 0, '', '', 0, 1, NOW(6), CONCAT('u', seq), CONCAT('u', seq, '@example.org'), 'UTC',
  '[1440]', '[]', '[]'
  FROM seq_1_to_{users};
INSERT INTO accounts_apisession (id, user_id, created_at, seen_at) SELECT seq, seq, NOW(6), NOW(6)
  FROM seq_1_to_{users};
INSERT INTO django_session (session_key, session_data, expire_date)
  SELECT MD5(seq), REPEAT('x', 200), UTC_TIMESTAMP() + INTERVAL 1 DAY FROM seq_1_to_{users};
INSERT INTO notifications_notification (recipient_id, kind, headline, starts_at, time_zone, location, detail, source,
  created_at, read_at, superseded_at)
  SELECT 1 + seq % {users}, 'message', 'Old', UTC_TIMESTAMP(), 'UTC', '', JSON_OBJECT(), CONCAT('old:', seq),
  UTC_TIMESTAMP() - INTERVAL 1 DAY,
  IF(seq % 3, UTC_TIMESTAMP() - INTERVAL 12 HOUR, NULL), IF(seq % 5, NULL, UTC_TIMESTAMP() - INTERVAL 6 HOUR)
  FROM seq_1_to_{rows};
ANALYZE TABLE accounts_user, accounts_apisession, django_session, notifications_notification;
'''
with connection.cursor() as cursor:
    for statement in STATEMENTS.strip().rstrip(";").split(";"):
        cursor.execute(statement)
"""

CHECKS = """
import asyncio, hashlib, json, time
from channels.db import database_sync_to_async
from django.db import connection
from notifications.feed import position, sockets
from notifications.feed.connection import Connection
from notifications.feed.credentials import Credential

INSERT = '''
INSERT INTO notifications_notification (recipient_id, kind, headline, starts_at, time_zone, location, detail, source,
  created_at)
  SELECT {first} + seq, 'message', 'New', UTC_TIMESTAMP(), 'UTC', '', JSON_OBJECT(), 'new', UTC_TIMESTAMP(6)
  FROM seq_1_to_{rows}
'''

class Page:
    locale = None

    def __init__(self, number):
        login = dict(session_key=hashlib.md5(str(number).encode()).hexdigest()) if number % 2 else dict(
            api_session_id=number)
        self.credential = Credential(number, 'x' * 88, 0, **login)
        self.frames = 0

    async def send_frame(self, text):
        self.frames += 1

    async def close_with(self, code):
        raise AssertionError(code)

def write(first, rows):
    with connection.cursor() as cursor:
        cursor.execute('SET foreign_key_checks=0')
        cursor.execute(INSERT.format(first=first, rows=rows))

async def measured(work):
    longest = 0.0

    async def tick():
        nonlocal longest
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - before)

    ticking = asyncio.create_task(tick())
    started = time.monotonic()
    await work()
    seconds = time.monotonic() - started
    ticking.cancel()
    return [seconds, longest]

async def main():
    feed = sockets.Feed()
    for number in range({users}):
        page = Page(number + 1)
        feed._by_user[number + 1][page] = connection = Connection(page)
        await connection.greet("hello", [])
    await feed._check()
    figures = dict(users=[await measured(feed._check) for _ in range({rounds})])
    at, newest_id = feed._position._marks.pop()
    feed._position._marks.appendleft((at - 2 * position.OVERLAP, newest_id))  # as if a minute had passed
    figures["all"] = [await measured(feed._check) for _ in range({rounds})]
    figures["logins"] = [await measured(feed._check_logins) for _ in range({rounds})]
    await database_sync_to_async(write)(0, {users})
    figures["new"] = [await measured(feed._check)]
    figures["known"] = [await measured(feed._check) for _ in range({rounds})]
    await database_sync_to_async(write)({users}, {others})
    figures["others"] = [await measured(feed._check) for _ in range({rounds})]
    print(json.dumps(figures))

asyncio.run(main())
"""


def run() -> Iterator[str]:
    """Yield the figures of one situation after the other."""
    with private_mariadb() as url, Deployment(parts=[], DATABASE_URL=url, DB_READ_TIMEOUT_SECONDS="0") as deployment:
        deployment.shell(POPULATE.format(users=USERS, rows=USERS * OLD_ROWS_PER_USER))
        checks = CHECKS.format(users=USERS, others=ROWS_OF_OTHERS, rounds=ROUNDS, first="{first}", rows="{rows}")
        figures = json.loads(deployment.shell(checks))
    seconds = {name: median(each[0] for each in rounds) for name, rounds in figures.items()}
    longest = {name: max(each[1] for each in rounds) for name, rounds in figures.items()}
    yield (
        f"nothing new to {USERS:,} users: {1000 * seconds['all']:.0f} ms, by the rows of the users "
        f"{1000 * seconds['users']:.0f} ms, ratio {seconds['users'] / seconds['all']:.1f}"
    )
    yield f"the logins of {USERS:,} sockets: {1000 * seconds['logins']:.0f} ms, with the pauses in between"
    yield (
        f"a new row for each: {seconds['new']:.1f} s, in which others wait {1000 * longest['new']:.0f} ms at most; "
        f"each later check {1000 * seconds['known']:.0f} ms"
    )
    yield f"{ROWS_OF_OTHERS:,} new rows of others: {1000 * seconds['others']:.0f} ms"
