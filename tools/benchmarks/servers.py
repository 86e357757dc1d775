"""WSGI servers: requests per second of a list, a detail and a page, measured by wrk while the servers take turns."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from statistics import median

from tools.stage.live import Deployment

ROUNDS = 3
SECONDS = 5
CONNECTIONS = 16

SERVERS = {
    "granian": "exec env DB_CONN_MAX_AGE_SECONDS=60 granian --interface wsgi --host 127.0.0.1 --port $PORT"
    " --workers 1 --blocking-threads 4 --respawn-failed-workers --no-ws config.wsgi:application",
    "gunicorn": "exec env DB_CONN_MAX_AGE_SECONDS=60 gunicorn --bind 127.0.0.1:$PORT --worker-class gthread"
    " --workers 1 --threads 4 config.wsgi:application",
}

ARRANGE = """
from datetime import timedelta
from accounts.services import create_user
from config.database import database_now
from events.services import create_event

at = database_now()
owner = create_user(username="owner", email="owner@example.org", password="x")
for number in range(100):
    starts_at = at + timedelta(days=1, hours=number)
    event = create_event(actor=owner, at=at, headline=f"Concert {number}", state="public", starts_at=starts_at)
print(event.pk)
"""


def run() -> Iterator[str]:
    """Yield each server's median requests per second, and the ratios to the first server."""
    if not shutil.which("wrk"):
        yield "left out: wrk is not installed (apt install wrk)"
        return
    with Deployment(parts=["web"]) as deployment:
        event = deployment.shell(ARRANGE)
        paths = {"list": "/api/v1/events/", "detail": f"/api/v1/events/{event}/", "page": f"/events/{event}/"}
        rates: dict[tuple[str, str], list[float]] = {}
        for _ in range(ROUNDS):
            for server, command in SERVERS.items():
                deployment.stop("web")
                deployment.start("web", command)
                deployment.wait_for("web")
                for name, path in paths.items():
                    rates.setdefault((server, name), []).append(_requests_per_second(deployment.web_url + path))
    first = next(iter(SERVERS))
    for name in paths:
        base = median(rates[first, name])
        figures = [f"{server} {median(rates[server, name]):.0f}/s" for server in SERVERS]
        ratios = [f"{server} / {first} {median(rates[server, name]) / base:.2f}" for server in list(SERVERS)[1:]]
        yield f"{name}: {', '.join(figures + ratios)}"


def _requests_per_second(url: str) -> float:
    """Return the requests per second that wrk measures after a second of warming up.

    Raises:
        RuntimeError: some answers were errors.
    """
    for seconds in (1, SECONDS):
        command = ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", url]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(f"wrk saw errors at {url}:\n{output}")
    [rate] = re.findall(r"Requests/sec:\s+([\d.]+)", output)
    return float(rate)
