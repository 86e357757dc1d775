"""Work: requests per second of each kind of work, as shares of those of a bare Django view behind the same server.

Both servers have one worker, the database is MariaDB, and the rate limits count. They take turns, and each figure is
the median of its rounds. `make bench` prints all rows, and `python -m tools.benchmarks.work NAME ...` some of them.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from honcho.environ import parse_procfile

from tools.stage import nginx
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port
from tools.stage.private_mariadb import private_mariadb

ROUNDS = 5
SECONDS, WARMING_SECONDS = 2, 1
CONNECTIONS = 16
# Enough for the subscriptions of a round, and of all.
EVENTS_A_ROUND, EVENTS = 1_900, 10_000

# So high that nothing is refused, but all is counted.
SETTINGS = {
    "RATE_LIMIT_ENABLED": "true",
    "RATE_LIMIT_REQUESTS_PER_ADDRESS": "1000000/s",
    "RATE_LIMIT_WRITES_PER_USER": "1000000/s",
    "MAX_EVENTS_PER_USER": "1000000",
    "MAX_SUBSCRIPTIONS_PER_USER": "1000000",
}

# Creates a reader who is subscribed to fifty events and has sixty notifications, and prints what requests need.
POPULATE = """
import json
from datetime import timedelta
from importlib import import_module
from django.conf import settings
from django.contrib import auth
from django.db import connection
from accounts.services import create_user
from config.database import database_now
from events.models import Event
from events.search import searchable
from events.services import subscribe
from notifications.models import Notification

at = database_now()
owners = [create_user(username=f"owner{{n}}", email=f"owner{{n}}@example.org", password="x") for n in range(20)]
reader = create_user(username="reader", email="reader@example.org", password="x")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session.update({{auth.SESSION_KEY: str(reader.pk), auth.BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
    auth.HASH_SESSION_KEY: reader.get_session_auth_hash()}})
session.create()

def event(number):
    starts_at = at + timedelta(days=1, minutes=5 * number)
    texts = dict(headline=f"Concert {{number}} by the river", location="Harbour stage, Pier 3",
        description="Two sets of **songs**, then a session.\\n\\nBring a blanket; the benches are few. " * 4)
    return Event(author=owners[number % 20], starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
        over_at=starts_at + timedelta(hours=2), time_zone="Europe/Vienna", state="public", created_at=at,
        updated_at=at, search_text=searchable(**texts), **texts)

for first in range(0, {events}, 1_000):
    Event.objects.bulk_create(event(number) for number in range(first, first + 1_000))
events = list(Event.objects.order_by("pk"))
for each in events[:100:2]:
    subscribe(each, actor=reader, at=at, leads=[1440, 60])
Notification.objects.bulk_create(
    Notification(recipient=reader, kind="reminder", event=each, headline=each.headline, starts_at=each.starts_at,
        time_zone=each.time_zone, location=each.location, lead=60, source=f"reminder:{{each.pk}}:60:0",
        created_at=at + timedelta(seconds=number))
    for number, each in enumerate(events[:60]))
with connection.cursor() as cursor:
    cursor.execute("ANALYZE TABLE events_event, events_subscription, notifications_notification")
print(json.dumps({{"event": events[10].pk, "free": events[100].pk, "reader": reader.pk,
    "session": session.session_key, "day": str((at + timedelta(days=2)).date())}}))
"""

# Prints tokens of the reader, and of somebody new who writes: nobody has as many events and subscriptions as all rounds
# would make.
TOKENS = """
import json
from accounts.models import User
from accounts.services import create_user, open_api_session
from config.database import database_now
at, name = database_now(), "writer{round}"
writer = create_user(username=name, email=f"{{name}}@example.org", password="x")
print(json.dumps([open_api_session(user, at=at).access for user in (User.objects.get(pk={reader}), writer)]))
"""

# Scripts for wrk. The first posts another event each time; the second subscribes to the next of some events.
CREATE = """
local number = 0
request = function()
  number = number + 1
  return wrk.format("POST", nil, nil, string.format(
    '{"headline": "Concert %d", "starts_at": "DAYT20:00:00Z", "state": "public"}', number))
end
"""
SUBSCRIBE = """
local event = FIRST
request = function()
  event = event + 1
  return wrk.format("POST", "/api/v1/events/" .. event .. "/subscribe/", nil, '{"leads": [60]}')
end
"""


@dataclass(frozen=True)
class Work:
    """What a row of the table asks for: a path, and whether with a token, with a session, by a script for wrk, through
    the composed deployment's nginx, or with the ETag of what is there, so that the answer is 304."""

    path: str
    token: bool = False
    session: bool = False
    script: str = ""
    through_nginx: bool = False
    is_known: bool = False


def work_at(event: int) -> dict[str, Work]:
    """Return each kind of work by its name; `event` is the id of the event that is read."""
    detail, page = f"/api/v1/events/{event}/", f"/events/{event}/"
    return {
        "detail": Work(detail),
        "detail-token": Work(detail, token=True),
        "list-50": Work("/api/v1/events/?page_size=50"),
        "list-100": Work("/api/v1/events/?page_size=100"),
        "notifications": Work("/api/v1/notifications/?page_size=50", token=True),
        "event-page": Work(page),
        "event-page-session": Work(page, session=True),
        "nginx": Work(page, through_nginx=True),
        "home": Work("/"),
        "home-session": Work("/", session=True),
        "inbox-session": Work("/notifications/", session=True),
        "calendar-1000": Work("/events.ics"),
        "calendar-304": Work("/events.ics", is_known=True),
        "create": Work("/api/v1/events/", token=True, script=CREATE),
        "subscribe": Work("/api/v1/events/", token=True, script=SUBSCRIBE),
    }


def run(names: list[str] | None = None) -> Iterator[str]:
    """Yield the share and the requests per second of each kind of work, or of those named.

    Raises:
        KeyError: there is no work of such a name.
        RuntimeError: a request was refused.
    """
    if not shutil.which("wrk"):
        yield "left out: wrk is not installed (apt install wrk)"
        return
    with (
        private_mariadb("--innodb-buffer-pool-size=256M") as url,
        Deployment(parts=["web"], DATABASE_URL=url, **SETTINGS) as deployment,
    ):
        arranged = json.loads(deployment.shell(POPULATE.format(events=EVENTS)))
        every = work_at(arranged["event"])
        chosen = {name: every[name] for name in names or every}
        bare_url = _start_bare(deployment)
        through_nginx = any(work.through_nginx for work in chosen.values())
        front_url = _start_front(deployment) if through_nginx else ""
        bare_rates: list[float] = []
        rates: dict[str, list[float]] = {name: [] for name in chosen}
        for number in range(ROUNDS):
            first = arranged["free"] + number * EVENTS_A_ROUND
            bare_rates.append(requests_per_second(bare_url))
            tokens = json.loads(deployment.shell(TOKENS.format(reader=arranged["reader"], round=number)))
            for name, work in chosen.items():
                headers = {"Authorization": f"Bearer {tokens[work.script != '']}"} if work.token else {}
                headers |= {"Cookie": f"sessionid={arranged['session']}"} if work.session else {}
                headers |= {"If-None-Match": _etag(deployment.web_url + work.path)} if work.is_known else {}
                script = _written(deployment.folder, work.script, DAY=arranged["day"], FIRST=first)
                url = front_url if work.through_nginx else deployment.web_url
                rates[name].append(requests_per_second(url + work.path, headers, script))
    bare = median(bare_rates)
    yield f"{'bare view':20} {bare:7.0f} requests a second"
    for name, found in rates.items():
        yield f"{name:20} {median(found):7.0f} {median(found) / bare:8.2%}"


def _etag(url: str) -> str:
    with urllib.request.urlopen(url) as response:  # noqa: S310 - our own server
        return str(response.headers["ETag"])


def _start_bare(deployment: Deployment) -> str:
    """Start the bare view as the Procfile starts web; return its URL once it answers."""
    command = parse_procfile((BASE_DIR / "Procfile").read_text()).processes["web"]
    changes = {
        # Its formatter loads our settings.
        "--log-config config/logs/granian.json": "",
        "config.wsgi:application": "tools.benchmarks.bare:application",
    }
    for here, there in changes.items():
        assert here in command
        command = command.replace(here, there)
    return start_beside(deployment, "bare", command=command, path="/")


def _start_front(deployment: Deployment) -> str:
    """Start the composed deployment's nginx before a web of its own, which trusts it; return its URL once it answers.

    Raises:
        RuntimeError: nginx is not installed.
    """
    url = f"http://127.0.0.1:{(port := free_port())}"
    web = int(
        start_beside(deployment, "shared", ALLOWED_ORIGINS=url, TRUST_PROXY="true", FEED_PORT="").rpartition(":")[2]
    )
    text = nginx.composed_configuration(deployment.folder, nginx.ON_THIS_MACHINE, port=port, web=web, feed=web)
    deployment.ready_urls["nginx"] = f"{url}/healthz"
    deployment.start("nginx", f"exec {shlex.join(nginx.command(deployment.folder, text))}")
    deployment.wait_for("nginx")
    return url


def start_beside(
    deployment: Deployment, name: str, *, command: str = "", path: str = "/healthz", **settings: str
) -> str:
    """Start one more web at a port of its own, by another command or with other settings; return its URL."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    deployment.ready_urls[name] = url + path
    command = command or parse_procfile((BASE_DIR / "Procfile").read_text()).processes["web"]
    deployment.start(name, command, PORT=str(port), **settings)
    deployment.wait_for(name)
    return url


def _written(folder: Path, script: str, **values: object) -> Path | None:
    """Write a script for wrk to a file, with these values in place of their names."""
    if not script:
        return None
    for name, value in values.items():
        script = script.replace(name, str(value))
    path = folder / "requests.lua"
    path.write_text(script)
    return path


def requests_per_second(url: str, headers: dict[str, str] | None = None, script: Path | None = None) -> float:
    """Return the requests per second that wrk measures; a script asks only once, so it has no time to warm up.

    Raises:
        RuntimeError: some answers were errors.
    """
    options = [f"--header={name}: {value}" for name, value in (headers or {}).items()]
    options += [f"--script={script}", "--header=Content-Type: application/json"] if script else []
    for seconds in (SECONDS,) if script else (WARMING_SECONDS, SECONDS):
        command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", *options]
        output = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"wrk saw errors at {url}:\n{output}")
    [rate] = re.findall(r"Requests/sec:\s+([\d.]+)", output)
    return float(rate)


if __name__ == "__main__":
    for line in run(sys.argv[1:]):
        sys.stdout.write(f"{line}\n")
