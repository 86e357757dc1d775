"""Test the logs of the real processes: one JSON object a line, and one id from a request to its emails."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.smtp import MailServer
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR

pytestmark = pytest.mark.live

REQUEST_ID = "0123456789abcdef0123456789abcdef"
FIELDS = {"time", "level", "logger", "message", "process", "pid", "request_id", "user_id"}
TASK_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PASSWORD = "correct horse battery"
SWEEPER = "exec python manage.py sweep --loop --every 0.5"
MAILER = "exec python manage.py send_mail --loop --every 0.5"
# An organiser, and a subscriber of their event who gets emails.
PEOPLE = f"""
from datetime import timedelta
from django.utils import timezone
from accounts.models import User
from accounts.services import register_user
from events.services import create_event, subscribe
at = timezone.now()
olivia, sam = [
    register_user(username=name, email=name + "@example.org", password="{PASSWORD}", at=at)
    for name in ("olivia", "sam")
]
User.objects.update(email_verified_at=at)
start = at + timedelta(days=3)
event = create_event(actor=olivia, headline="Launch", starts_at=start, state="public", at=at)
subscribe(event, actor=sam, at=at)
print(olivia.pk, sam.pk, event.pk)
"""

WRITE_MESSAGE = f"""
from django.utils import timezone
from accounts.models import User
from config.logs import context
from events.models import Event
from events.services import announce
context.begin("{REQUEST_ID}")
announce(Event.objects.get(pk={{event}}), actor=User.objects.get(pk={{user}}), message="Coats", at=timezone.now())
"""
MAKE_DUE = """
from django.utils import timezone
from events.models import Reminder
Reminder.objects.update(due_at=timezone.now())
"""
# A program, a thread, a destructor and a warning, each with an email address and a token.
CRASHES = """
import threading, warnings
import django
django.setup()
SECRET = "ada@example.org Bearer hush0hush"

class Broken:
    def __del__(self):
        raise ValueError("unraisable " + SECRET)

def fail():
    raise ValueError("thread " + SECRET)

warnings.warn("warning " + SECRET)
thread = threading.Thread(target=fail)
thread.start()
thread.join()
Broken()
raise ValueError("process " + SECRET)
"""


@contextmanager
def logging_deployment(*parts: str, **settings: str) -> Iterator[tuple[Deployment, MailServer]]:
    with MailServer() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        given = {"LOG_FORMAT": "json", "TRUST_PROXY": "true", "EMAIL_ESCALATION_MINUTES": "0", **settings}
        with Deployment(parts=parts, EMAIL_URL=url, **given) as deployment:
            yield deployment, server


def lines_of(deployment: Deployment, *names: str) -> list[dict[str, Any]]:
    """Return the lines of these parts, each of which must be a JSON object."""
    lines = [line for line in deployment.logs(*names).splitlines() if not line.startswith("--- ")]
    return [json.loads(line) for line in lines if line]


def post(url: str, body: dict[str, Any], **headers: str) -> tuple[dict[str, Any], str]:
    """Return the answer of the API, and its request id."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **headers})  # noqa: S310 - http only
    with urllib.request.urlopen(request) as response:  # noqa: S310 - as above
        return json.loads(response.read()), str(response.headers["X-Request-ID"])


def test_one_id_is_logged_from_a_request_to_its_emails() -> None:
    with logging_deployment("web", "feed") as (deployment, server):
        deployment.start("mailer", MAILER)
        deployment.start("sweeper", SWEEPER)
        olivia, sam, event = map(int, deployment.shell(PEOPLE).split())
        api = f"{deployment.web_url}/api/v1"
        tokens, own_id = post(f"{api}/auth/login/", {"email": "olivia@example.org", "password": PASSWORD})
        bearer = {"Authorization": f"Bearer {tokens['access']}", "X-Request-ID": REQUEST_ID}
        _, given_id = post(f"{api}/events/{event}/announce/", {"message": "Bring a coat"}, **bearer)
        is_mailed = wait_until(lambda: "sam@example.org" in server.recipients, 60)
        wait_until(lambda: any(each["request_id"] == REQUEST_ID for each in lines_of(deployment, "mailer")), 30)
        codes = {name: deployment.stop(name) for name in ("web", "feed", "mailer", "sweeper")}
        everything = lines_of(deployment)
        logs = deployment.logs()

    found = [each for each in everything if each["request_id"] == REQUEST_ID]
    said = [(each["process"], each["user_id"], re.sub(r"\d+(\.\d+)?", "N", each["message"])) for each in found]
    assert is_mailed
    assert given_id == REQUEST_ID
    assert re.fullmatch(r"[0-9a-f]{32}", own_id)
    assert sorted(said) == [
        ("mailer", sam, "notification email N: sent, attempt N"),
        ("sweeper", None, "announcement N (message) of event N: N subscribers notified"),
        ("web", olivia, "POST /api/vN/events/<int:pk>/announce/ answered N in N s"),
        ("web", olivia, "announcement N (message) of event N was written"),
    ]
    [login] = [each for each in everything if each["request_id"] == own_id]
    assert (login["user_id"], login["status"]) == (olivia, 200)
    assert [each for each in everything if FIELDS - each.keys()] == []
    assert {each["process"] for each in everything} == {"web", "feed", "mailer", "sweeper"}
    assert codes == dict.fromkeys(codes, 0)
    assert "example.org" not in logs


def test_worker_and_beat_log_objects_from_start_to_end() -> None:
    with logging_deployment("worker", "beat") as (deployment, _server):
        olivia, _sam, event = map(int, deployment.shell(PEOPLE).split())
        deployment.shell(WRITE_MESSAGE.format(user=olivia, event=event))
        deployment.shell(MAKE_DUE)
        wait_until(lambda: all(each in deployment.logs("worker") for each in ("notified", "reminders: ")), 60)
        deployment.valkey.kill()
        wait_until(lambda: "celery" in deployment.logs("beat"), 20)
        for name in ("worker", "beat"):
            deployment.stop(name)
        everything = lines_of(deployment)

    delivered = [each for each in everything if each["message"].endswith("1 subscribers notified")]
    reminded = [each for each in everything if each["message"].startswith("reminders: ")]
    assert [(each["process"], each["request_id"]) for each in delivered] == [("worker", REQUEST_ID)]
    assert [bool(TASK_ID.fullmatch(each["request_id"])) for each in reminded] == [True]
    assert {each["process"] for each in everything} == {"worker", "beat"}
    assert [each for each in everything if FIELDS - each.keys()] == []
    assert "worker: Warm shutdown (MainProcess)" in {each["message"] for each in everything}


def test_crashes_and_warnings_are_objects_without_secrets(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR_DIR": str(tmp_path),
        "LOG_FORMAT": "json",
    }

    done = subprocess.run(
        [sys.executable, "-c", CRASHES], cwd=BASE_DIR, env=environment, capture_output=True, text=True
    )

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert done.returncode == 1
    assert [(each["logger"], each["level"]) for each in lines] == [
        ("py.warnings", "WARNING"),
        ("python", "ERROR"),
        ("python", "ERROR"),
        ("python", "CRITICAL"),
    ]
    assert [each["exception"].splitlines()[-1] for each in lines[1:]] == [
        f"ValueError: {kind} [redacted] Bearer [redacted]" for kind in ("thread", "unraisable", "process")
    ]
    assert "hush" not in done.stderr
    assert "@" not in done.stderr
