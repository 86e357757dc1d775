"""Test `manage.py doctor` on a whole embedded deployment, whose parts are stopped, killed and damaged.

Each run checks everything, so several things are broken before each: this also shows that none of them hides another.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.smtp import MailServer
from tests.waiting import wait_until
from tools.stage.live import PARTS, Deployment

pytestmark = pytest.mark.live

MAIL_PASSWORD = "not-to-be-printed"


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture(scope="module")
def deployment(mail_server: MailServer) -> Iterator[Deployment]:
    url = f"smtp://events:{MAIL_PASSWORD}@127.0.0.1:{mail_server.port}"
    with Deployment([*PARTS, "mailer"], EMAIL_URL=url) as running:
        # Of the worker and of the mailer.
        worked = "from notifications.models import ProcessHeartbeat; print(ProcessHeartbeat.objects.count())"
        assert wait_until(lambda: running.shell(worked) == "2", 120)
        yield running


def examine(deployment: Deployment) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit status and what each check has found."""
    done = deployment.managed("doctor", "--json")
    assert done.stderr == ""
    assert MAIL_PASSWORD not in done.stdout
    report = json.loads(done.stdout)
    findings = {each["subject"]: each for each in report["checks"]}
    assert report["failed"] == [subject for subject, each in findings.items() if each["status"] == "failed"]
    return done.returncode, findings


def with_status(findings: dict[str, dict[str, Any]], status: str) -> set[str]:
    return {subject for subject, each in findings.items() if each["status"] == status}


def test_deployment_that_works_passes(deployment: Deployment) -> None:
    done = deployment.managed("doctor")

    assert done.returncode == 0, done.stdout
    assert "failed" not in done.stdout.replace("No check failed", "")
    lines = [line.split() for line in done.stdout.splitlines()]
    passed = {line[1] for line in lines if line[0] == "ok"}
    assert passed >= {
        *("settings", "secrets", "database", "isolation", "migrations", "Redis", "pushes", "worker", "beat"),
        *("sweeps", "mailer", "mail", "public", "pages", "feed", "static"),
    }
    assert (done.stderr, MAIL_PASSWORD in done.stdout) == ("", False)


def test_dead_worker_and_feed_a_refused_login_and_lost_files_are_named(
    deployment: Deployment, mail_server: MailServer
) -> None:
    deployment.kill("worker")
    deployment.kill("feed")
    mail_server.refuses_logins = True
    manifest = json.loads((deployment.folder / "static" / "staticfiles.json").read_text())
    lost = deployment.folder / "static" / manifest["paths"]["css/base.css"]
    style = lost.read_bytes()
    lost.unlink()

    code, findings = examine(deployment)

    deployment.start("worker")
    deployment.start("feed")
    mail_server.refuses_logins = False
    lost.write_bytes(style)
    assert (code, with_status(findings, "failed")) == (1, {"worker", "feed", "mail server", "static files"})
    # Without a worker, what beat requests stays in the queue.
    assert findings["beat"]["status"] == "ok"
    assert "refuses the login: 535" in findings["mail server"]["finding"]
    assert lost.name in findings["static files"]["finding"]
    assert [subject for subject in with_status(findings, "failed") if not findings[subject]["advice"]] == []


def test_dead_beat_and_web_and_a_missing_migration_are_named(deployment: Deployment) -> None:
    deployment.wait_for("feed")
    answers = "from config.celery import app; print(len(app.control.ping(timeout=1)))"
    assert wait_until(lambda: deployment.shell(answers) == "1", 60)
    deployment.kill("beat")
    deployment.kill("web")
    recorded = "from django.db.migrations.recorder import MigrationRecorder as R; M = R.Migration; "
    last = f"{recorded}last = M.objects.filter(app='notifications').latest('name'); "
    name = deployment.shell(f"{last}print(last.name)")
    deployment.shell(f"{last}last.delete()")

    code, findings = examine(deployment)

    deployment.shell(f"{recorded}M.objects.create(app='notifications', name='{name}')")
    deployment.start("web")
    assert (code, with_status(findings, "failed")) == (1, {"beat", "public address", "migrations"})
    assert findings["migrations"]["finding"] == f"1 not applied: notifications.{name}"
    assert with_status(findings, "skipped") >= {"pages", "sweeps", "mailer"}
    assert findings["feed"]["status"] == "ok"


def test_dead_redis_late_sweeps_and_a_dead_mailer_are_named(deployment: Deployment) -> None:
    deployment.wait_for("web")
    deployment.kill("mailer")
    deployment.kill("worker")
    deployment.valkey.kill()
    deployment.shell(
        "from datetime import timedelta; from config.database import database_now\n"
        "from notifications.models import Heartbeat, ProcessHeartbeat\n"
        "past = database_now() - timedelta(minutes=5)\n"
        "Heartbeat.objects.update(swept_at=past); ProcessHeartbeat.objects.update(worked_at=past)"
    )

    code, findings = examine(deployment)

    assert (code, with_status(findings, "failed")) == (1, {"Redis", "sweeps", "mailer"})
    assert with_status(findings, "skipped") == {"database clock", "pushes", "worker", "beat", "sweeper"}
    assert findings["sweeps"]["finding"].startswith("stopped; the last sweep ran 3")
    assert findings["mailer"]["finding"].startswith("stopped. Last run 3")
