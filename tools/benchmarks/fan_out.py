"""Fan-out on MariaDB: one event with a million due reminders, other requests meanwhile, what supersedes the reminders,
and the cost of idle sweeps.
"""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator

from tools.benchmarks.figures import percentile
from tools.stage.live import Deployment
from tools.stage.private_mariadb import private_mariadb

REMINDERS = 1_000_000
IDLE_EVENTS = (1_000, 1_000_000)
PROBE_PAUSE_SECONDS = 0.02
BASELINE_SECONDS = 5
COMPARED_ROWS = 50_000

# Creates `{n}` subscribers of one event that starts in an hour, with a due reminder each. MariaDB's sequence engine
# makes the rows.
POPULATE = """
from django.db import connection

STATEMENTS = '''
SET foreign_key_checks=0;
SET unique_checks=0;
INSERT INTO accounts_user (id, password, is_superuser, first_name, last_name, is_staff, is_active, date_joined,
  username, email, time_zone, default_leads, mail_muted, toast_muted)
  SELECT seq, '!', 0, '', '', 0, 1, NOW(6), CONCAT('u', seq), CONCAT('u', seq, '@example.org'), 'UTC', '[1440]', '[]',
  '[]'
  FROM seq_1_to_{n};
INSERT INTO events_event (id, author_id, headline, description, location, starts_at, all_day, over_at, time_zone, state,
  invite_token, revision, subscriber_count, search_text, created_at, updated_at)
  VALUES (1, 1, 'Large', '', 'Rome', UTC_TIMESTAMP() + INTERVAL 1 HOUR, 0, UTC_TIMESTAMP() + INTERVAL 1 HOUR, 'UTC',
  'public', 'x', 0, {n}, 'large rome', NOW(6), NOW(6));
INSERT INTO events_subscription (id, user_id, event_id, created_at) SELECT seq, seq, 1, NOW(6) FROM seq_1_to_{n};
INSERT INTO events_reminder (id, subscription_id, event_id, lead, due_at, armed_for)
  SELECT seq, seq, 1, 60, UTC_TIMESTAMP() - INTERVAL 1 SECOND, (SELECT starts_at FROM events_event WHERE id = 1)
  FROM seq_1_to_{n};
ANALYZE TABLE accounts_user, events_event, events_subscription, events_reminder, notifications_notification;
'''
with connection.cursor() as cursor:
    for statement in STATEMENTS.strip().rstrip(";").split(";"):
        cursor.execute(statement)
"""

SWEEP = """
import json, resource, time
from notifications.delivery.sweeper import sweep

started, worked = time.monotonic(), time.process_time()
report = sweep()
seconds, cpu = time.monotonic() - started, time.process_time() - worked
peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"report": report, "seconds": seconds, "cpu": cpu, "peak_kb": peak_kb}))
"""

# Each makes something due of which all subscribers of the event are notified, and which supersedes what they have.
AGAIN = {
    "reminders that supersede the earlier ones": """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute('''INSERT INTO events_reminder (subscription_id, event_id, lead, due_at, armed_for)
      SELECT id, event_id, 30, UTC_TIMESTAMP() - INTERVAL 1 SECOND, (SELECT starts_at FROM events_event WHERE id = 1)
      FROM events_subscription''')
""",
    "another location, which the reminders then show": """
from config.database import database_now
from events.models import Announcement, Event
from events.services import update_event
event = Event.objects.get()
update_event(event, actor=event.author, at=database_now(), location="Milan")
Announcement.objects.update(due_at=database_now())
""",
    "another start, which supersedes and re-arms the reminders": """
from datetime import timedelta
from config.database import database_now
from events.models import Announcement, Event
from events.services import update_event
event = Event.objects.get()
update_event(event, actor=event.author, at=database_now(), starts_at=event.starts_at + timedelta(days=2))
Announcement.objects.pending().update(due_at=database_now())
""",
}

# Counts what an idle sweep reads if there are `{n}` events whose reminders are in the future.
IDLE = """
import json
from django.db import connection
from django.test.utils import CaptureQueriesContext
from notifications.delivery.sweeper import sweep

with connection.cursor() as cursor:
    cursor.execute("SET foreign_key_checks=0")
    for table in ("notifications_notification", "events_reminder", "events_subscription"):
        cursor.execute(f"TRUNCATE {{table}}")
    cursor.execute("DELETE FROM events_event")
    cursor.execute('''INSERT INTO events_event (id, author_id, headline, description, location, starts_at, all_day,
      over_at, time_zone, state, invite_token, revision, subscriber_count, search_text, created_at, updated_at)
      SELECT seq, 1, 'Small', '', '', '2090-01-01', 0, '2090-01-01', 'UTC', 'public', 'x', 0, 1, 'small', NOW(6), NOW(6)
      FROM seq_1_to_{n}''')
    cursor.execute('''INSERT INTO events_subscription (id, user_id, event_id, created_at)
      SELECT seq, 1 + seq % 1000, seq, NOW(6) FROM seq_1_to_{n}''')
    cursor.execute('''INSERT INTO events_reminder (id, subscription_id, event_id, lead, due_at, armed_for)
      SELECT seq, seq, seq, 60, '2089-12-31', '2090-01-01' FROM seq_1_to_{n}''')
    cursor.execute("ANALYZE TABLE events_event, events_subscription, events_reminder, notifications_notification")
sweep()
with connection.cursor() as cursor:
    cursor.execute("FLUSH STATUS")
    with CaptureQueriesContext(connection) as queries:
        sweep()
    cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read_%'")
    reads = sum(int(value) for _, value in cursor.fetchall())
print(json.dumps({{"queries": len(queries), "reads": reads}}))
"""

COMPARE = """
import json, time
from django.db.models import F
from config.database import database_now
from events.models import Reminder
from notifications.models import Notification
from notifications.delivery.rows import insert_reminder_notifications

at = database_now()
ids = list(Reminder.objects.order_by("pk").values_list("pk", flat=True)[:{n}])
seconds = {{}}
for name in ("insert_select", "bulk_create"):
    Notification.objects.all().delete()
    started = time.monotonic()
    for first in range(0, len(ids), 5_000):
        chunk = ids[first : first + 5_000]
        if name == "insert_select":
            insert_reminder_notifications(chunk, at=at)
            continue
        rows = Reminder.objects.filter(pk__in=chunk).select_related("event", "subscription")
        Notification.objects.bulk_create(
            [
                Notification(
                    recipient_id=row.subscription.user_id, event_id=row.event_id, kind="reminder",
                    headline=row.event.headline, starts_at=row.event.starts_at, time_zone=row.event.time_zone,
                    location=row.event.location, lead=row.lead, created_at=at,
                    source=f"reminder:{{row.event_id}}:{{row.lead}}:{{int(row.event.starts_at.timestamp())}}",
                )
                for row in rows
            ],
            ignore_conflicts=True,
        )
    seconds[name] = time.monotonic() - started
Notification.objects.all().delete()
print(json.dumps(seconds))
"""


def run() -> Iterator[str]:
    """Yield the figures of the insert alone, of the fan-out, of other requests during it, and of idle sweeps."""
    with (
        private_mariadb("--innodb-buffer-pool-size=2G", "--innodb-log-file-size=1G") as url,
        Deployment(parts=["web"], DATABASE_URL=url) as deployment,
    ):
        deployment.shell(POPULATE.format(n=REMINDERS))
        seconds = json.loads(deployment.shell(COMPARE.format(n=COMPARED_ROWS)))
        ratio = seconds["bulk_create"] / seconds["insert_select"]
        yield (
            f"set-based insert {COMPARED_ROWS / seconds['insert_select']:,.0f} rows/s, "
            f"bulk_create {COMPARED_ROWS / seconds['bulk_create']:,.0f} rows/s, ratio {ratio:.1f}"
        )
        with _Probe(f"{deployment.web_url}/api/v1/events/1/") as alone:
            time.sleep(BASELINE_SECONDS)
        with _Probe(f"{deployment.web_url}/api/v1/events/1/") as beside:
            swept = json.loads(deployment.shell(SWEEP))
        delivered = swept["report"]["deliver_reminders"]
        yield (
            f"{delivered:,} reminders in {swept['seconds']:.1f} s ({delivered / swept['seconds']:,.0f} rows/s), "
            f"{swept['cpu']:.1f} s of it the sweep's own CPU, peak memory {swept['peak_kb'] / 1024:.0f} MB"
        )
        for percent in (50, 99):
            before, meanwhile = alone.at(percent) * 1000, beside.at(percent) * 1000
            yield f"other requests, p{percent}: {before:.0f} -> {meanwhile:.0f} ms, {meanwhile / before:.1f} times"
        for what, make_due in AGAIN.items():
            deployment.shell(make_due)
            again = json.loads(deployment.shell(SWEEP))
            times = again["seconds"] / swept["seconds"]
            yield f"{what}: {REMINDERS / again['seconds']:,.0f} people/s, {times:.1f} times as long"
        for events in IDLE_EVENTS:
            idle = json.loads(deployment.shell(IDLE.format(n=events)))
            yield f"idle sweep with {events:,} events: {idle['queries']} queries, {idle['reads']} rows read"


class _Probe:
    """Request a URL again and again in a separate thread, and record how long each answer takes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._seconds: list[float] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "_Probe":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def at(self, percent: float) -> float:
        """Return this percentile of the answers' durations, in seconds."""
        return percentile(sorted(self._seconds), percent)

    def _ask(self) -> None:
        while not self._ended.wait(PROBE_PAUSE_SECONDS):
            started = time.monotonic()
            with urllib.request.urlopen(self._url, timeout=60) as response:  # noqa: S310 - http only
                response.read()
            self._seconds.append(time.monotonic() - started)
