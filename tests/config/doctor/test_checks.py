"""Test single checks of `manage.py doctor` where a whole deployment is not needed."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from accounts.models import AccountMail
from config.database import database_now
from config.doctor import (
    configuration,
    database,
    delivery,
    machine,
    mail_server,
    public_address,
    redis_server,
    static_files,
)
from config.doctor.findings import Check, Finding, Status, examined, failed, ok, unknown
from config.management.commands.doctor import as_json, host_and_port, summary
from notifications.health.processes import Kind, ProcessHealth
from notifications.health.sweeps import SweepHealth
from notifications.models import ProcessHeartbeat
from tests.smtp import MailServer
from tests.tls import Authority
from tools.stage.paths import BASE_DIR
from tools.stage.private_mariadb import PrivateMariaDB
from tools.stage.private_valkey import PrivateValkey

SECRET = "a-secret-of-this-deployment"


def found(*checks: Check) -> dict[str, Finding]:
    return dict(examined(checks))


# Running checks


def test_error_is_what_a_check_has_found_and_ends_no_other() -> None:
    def broken() -> Finding:
        raise ConnectionRefusedError("nobody listens")

    findings = found(Check("one", broken, "Start it."), Check("other", lambda: ok("fine"), ""))

    assert findings == {
        "one": failed("ConnectionRefusedError: nobody listens", "Start it."),
        "other": ok("fine"),
    }


def test_check_that_does_not_end_is_given_up() -> None:
    never = Event()

    findings = found(
        Check("silent", lambda: ok(str(never.wait())), "Wake it.", seconds=0.05), Check("next", lambda: ok("fine"), "")
    )
    never.set()

    assert findings == {"silent": failed("no answer within 0.05 s", "Wake it."), "next": ok("fine")}


@pytest.mark.parametrize("first", [failed("gone", "Start it."), unknown("unseen", "Look.")])
def test_what_needs_a_failed_check_is_skipped_down_to_the_last(first: Finding) -> None:
    findings = found(
        Check("one", lambda: first, ""),
        Check("two", lambda: ok("fine"), "", needs=("one",)),
        Check("three", lambda: ok("fine"), "", needs=("two",)),
        Check("four", lambda: ok("fine"), ""),
    )

    assert [each.status for each in findings.values()] == [first.status, Status.SKIPPED, Status.SKIPPED, Status.OK]
    assert findings["three"].text == "not checked, because of: two"


def test_secrets_are_left_out(settings: Settings) -> None:
    settings.LOG_SECRETS = [SECRET]

    [finding] = found(Check("one", lambda: failed(f"at redis://:{SECRET}@host", f"Use {SECRET}."), "")).values()

    assert SECRET not in finding.text + finding.advice
    assert finding.text.startswith("at redis://:")


# The report


def test_summary_names_what_failed_and_json_holds_everything() -> None:
    findings = {"Redis": failed("gone", "Start it."), "disk": ok("free")}

    assert summary(findings) == "1 of 2 checks failed: Redis."
    assert summary({"disk": ok("free")}) == "No check failed: 1 ok."
    assert '"failed": [\n    "Redis"\n  ]' in as_json(findings)
    assert '"advice": "Start it."' in as_json(findings)


@pytest.mark.parametrize(("text", "pair"), [("nginx:80", ("nginx", 80)), ("[::1]:443", ("::1", 443))])
def test_address_to_connect_to_has_a_host_and_a_port(text: str, pair: tuple[str, int]) -> None:
    assert host_and_port(text) == pair


# Settings, secrets, versions


def test_debug_is_a_warning(settings: Settings) -> None:
    assert configuration.settings_finding().status == Status.OK
    settings.DEBUG = True

    assert configuration.settings_finding().status == Status.WARNING


def test_what_the_deployment_checks_find_is_reported(settings: Settings) -> None:
    settings.EMBEDDED, settings.HTTPS, settings.EMAIL_BACKEND = False, True, "anything.else"

    finding = configuration.settings_finding()

    assert finding.status == Status.FAILED
    assert "EMAIL_URL must name a mail server in production." in finding.text


def test_production_without_https_is_a_warning(settings: Settings) -> None:
    settings.EMBEDDED, settings.HTTPS = False, False

    assert configuration.settings_finding().status == Status.WARNING


def test_file_of_settings_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("DEPLOYMENT=production\n")
    monkeypatch.setenv("ENV_FILE", str(file))
    # The tests may run as root, who may read everything.
    monkeypatch.setattr(os, "access", lambda path, mode: path != file)

    finding = configuration.settings_finding()

    assert (finding.status, str(file) in finding.text) == (Status.FAILED, True)


@pytest.mark.parametrize(("mode", "status"), [(0o640, Status.OK), (0o644, Status.FAILED)])
def test_secrets_must_not_be_legible_for_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, status: Status
) -> None:
    file = tmp_path / ".env"
    file.write_text("")
    file.chmod(mode)
    monkeypatch.setenv("ENV_FILE", str(file))

    assert configuration.secrets_finding().status == status


def test_weak_secret_is_named(settings: Settings) -> None:
    settings.JWT_SIGNING_KEY = "change-me-to-32-other-random-characters"

    assert configuration.secrets_finding().text == "JWT_SIGNING_KEY can be guessed"


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("redis://localhost/0", Status.OK),
        ("unix:///run/valkey.sock", Status.OK),
        ("redis://redis:6379/0", Status.WARNING),
        ("redis://:short@redis/0", Status.WARNING),
        ("redis://:0123456789abcdef@redis/0", Status.OK),
    ],
)
def test_password_of_a_server_on_a_network_must_be_long(settings: Settings, url: str, status: Status) -> None:
    settings.REDIS_URL = url

    assert configuration.secrets_finding().status == status


def test_packages_that_are_not_as_pinned_are_named(settings: Settings, tmp_path: Path) -> None:
    assert configuration.versions_finding().status == Status.OK
    lines = "django==1.0\nredis==0.1 ; python_version < '3'\nnever-published==1.0\n    # via\n"
    (tmp_path / "requirements.txt").write_text(lines)
    settings.BASE_DIR = tmp_path

    finding = configuration.versions_finding()

    assert finding.status == Status.WARNING
    assert "not as pinned: django is 5." in finding.text
    assert finding.text.endswith(", never-published is missing")


# The database


def test_database_file_that_is_missing_is_not_created(
    tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("needs SQLite")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "gone.sqlite3"))

    assert database.server_finding().text == f"{tmp_path}/gone.sqlite3 does not exist"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(0, Status.OK), (4, Status.WARNING), (-4, Status.WARNING), (60, Status.FAILED), (-60, Status.FAILED)],
)
def test_clock_of_the_database_is_compared(monkeypatch: pytest.MonkeyPatch, ahead: int, status: Status) -> None:
    monkeypatch.setattr(connection, "vendor", "mysql")
    monkeypatch.setattr(connection, "ensure_connection", lambda: None)
    monkeypatch.setattr(database, "database_now", lambda: datetime.now(UTC) + timedelta(seconds=ahead))

    finding = database.clock_finding()

    assert finding.status == status
    assert ahead == 0 or f"{abs(ahead)}.0 s {'behind' if ahead > 0 else 'ahead of'} the database" in finding.text


@pytest.mark.django_db
def test_database_of_a_newer_version_is_named() -> None:
    MigrationRecorder.Migration.objects.create(app="events", name="9999_newer")

    assert database.migrations_finding().text == "the database has migrations that this code lacks: events.9999_newer"


@pytest.mark.mariadb
def test_mariadb_of_this_suite_is_supported(db: None) -> None:
    assert database.server_finding().status == Status.OK
    assert database.isolation_finding() == ok("READ COMMITTED")
    assert database.clock_finding().status == Status.OK
    assert database_now()


@pytest.mark.mariadb
def test_other_isolation_level_of_a_connection_is_named(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")

    finding = database.isolation_finding()
    connection.close()

    assert finding.text == "connections use REPEATABLE-READ, not READ-COMMITTED"


@pytest.mark.mariadb
@pytest.mark.django_db(transaction=True)
def test_table_with_another_character_set_is_named() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE of_old (name VARCHAR(9)) CHARACTER SET latin1")
    try:
        finding = database.server_finding()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE of_old")

    assert finding.status == Status.FAILED
    assert finding.text.endswith("not utf8mb4: tables of_old")


@pytest.mark.mariadb
@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_server_that_cannot_write_and_a_wrong_clock_are_named(tmp_path: Path) -> None:
    library = tmp_path / "skew.so"
    source = BASE_DIR / "tests" / "faults" / "clock_skew.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    with PrivateMariaDB("--log-bin", "--binlog-format=STATEMENT") as server:
        done = subprocess.run(
            [sys.executable, "manage.py", "doctor"],
            cwd=BASE_DIR,
            env={**os.environ, "DATABASE_URL": server.url, "LD_PRELOAD": str(library), "CLOCK_SKEW_SECONDS": "300"},
            capture_output=True,
            text=True,
        )

    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("failed")]
    failures = [rest for _failed, rest in lines if rest.startswith(("isolation level", "database clock"))]
    assert failures[0].endswith("binlog_format is STATEMENT, with which READ COMMITTED can’t write")
    assert "this host is 300." in failures[1] or "this host is 299." in failures[1]
    assert failures[1].endswith("ahead of the database")


# Redis


def test_memory_of_redis_is_watched(valkey: PrivateValkey, settings: Settings) -> None:
    settings.REDIS_URL = valkey.url
    try:
        findings = []
        for memory, policy in (("0", "noeviction"), ("100mb", "allkeys-lru"), ("1", "noeviction")):
            with redis_server.connected() as client:
                client.config_set("maxmemory-policy", policy)
                client.config_set("maxmemory", memory)
            findings.append(redis_server.server_finding())
    finally:
        with redis_server.connected() as client:
            client.config_set("maxmemory", "0")
            client.config_set("maxmemory-policy", "noeviction")

    assert [each.status for each in findings] == [Status.OK, Status.WARNING, Status.FAILED]


def test_message_passes_through_the_channel_layer(valkey: PrivateValkey) -> None:
    assert redis_server.pushes_finding().status == Status.OK


def test_silent_redis_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_server, "TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"

        [finding] = found(Check("Redis", redis_server.server_finding, "Start it.")).values()

    assert (finding.status, finding.text.partition(":")[0]) == (Status.FAILED, "TimeoutError")


# The public address


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def site(answers: dict[str, Answer]) -> Iterator[str]:
    """Run a server with these answers by path; yield its origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers[self.path]
            self.send_response_only(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


ALIVE: Answer = (200, {}, b"ok\n")


@pytest.mark.parametrize(
    ("alive", "robots", "text"),
    [
        (ALIVE, (200, {}, b""), " answers"),
        ((502, {}, b""), ALIVE, "the proxy can’t reach web (502)"),
        ((400, {}, b""), ALIVE, "web does not accept the host '127.0.0.1' (400)"),
        ((200, {}, b"Welcome to nginx!"), ALIVE, "/healthz is answered 200, but not by this site"),
        (ALIVE, (301, {"Location": "https://x/"}, b""), "redirected, to https://x/: web takes requests for plain http"),
        (ALIVE, (500, {}, b""), "/robots.txt is answered 500"),
    ],
)
def test_answers_of_pages_are_understood(alive: Answer, robots: Answer, text: str) -> None:
    with site({"/healthz": alive, "/robots.txt": robots}) as origin:
        finding = public_address.pages_finding(public_address.Site(origin))

    assert finding.text.endswith(text)
    assert finding.status == (Status.OK if text == " answers" else Status.FAILED)


@pytest.mark.parametrize("status", [200, 403, 404, 502, 101])
def test_refused_handshake_is_a_failure(settings: Settings, status: int) -> None:
    """Even 101 is one without the proof that the handshake was understood."""
    settings.FEED_PORT = None
    with site({public_address.SOCKET_PATH: (status, {}, b"")}) as origin:
        finding = public_address.feed_finding(public_address.Site(origin))

    assert (finding.status, f"is answered {status}" in finding.text) == (Status.FAILED, True)


def test_address_that_a_container_cannot_reach_is_no_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = public_address.Site(f"http://127.0.0.1:{closed.getsockname()[1]}")
    settings.EMBEDDED = False

    monkeypatch.setattr(public_address, "IN_A_CONTAINER", False)
    outside = public_address.address_finding(address)
    monkeypatch.setattr(public_address, "IN_A_CONTAINER", True)
    inside = public_address.address_finding(address)

    assert (outside.status, inside.status) == (Status.FAILED, Status.WARNING)
    assert inside.ends_here
    assert "--connect-to" in inside.advice


def test_certificate_that_expires_soon_or_is_another_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path, "authority")
    context = authority.context("127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with socket.create_server(("127.0.0.1", 0)) as plain, context.wrap_socket(plain, server_side=True) as server:
        Thread(target=accept_all, args=(server,), daemon=True).start()
        address = public_address.Site(f"https://127.0.0.1:{server.getsockname()[1]}")

        soon = public_address.address_finding(address)
        wrong_name = public_address.address_finding(
            public_address.Site("https://events.site.dev", ("127.0.0.1", server.getsockname()[1]))
        )
        monkeypatch.delenv("SSL_CERT_FILE")
        unknown_authority = public_address.address_finding(address)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
        monkeypatch.setattr(time, "time", lambda: 0.0)
        later = public_address.address_finding(address)

    assert (soon.status, later.status) == (Status.WARNING, Status.OK)
    assert (wrong_name.status, unknown_authority.status) == (Status.FAILED, Status.FAILED)
    assert unknown_authority.text.endswith("TLS fails: unable to get local issuer certificate")
    assert "Hostname mismatch" in wrong_name.text


def accept_all(server: ssl.SSLSocket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except ssl.SSLError:
            continue
        except OSError:
            return


# Delivery


@pytest.mark.parametrize(
    ("seconds_since_sweep", "lag_seconds", "failures", "text"),
    [
        (1.0, 2.0, 0, "Overdue reminders: 3. Longest delay: 2 s. 7 missed since the first sweep."),
        (1.0, 90.0, 0, "late; the last sweep ran 1 s ago. Overdue reminders: 3. Longest delay: 90 s."),
        (1.0, 2.0, 5, "failing; the last sweep ran 1 s ago. sweeper: Last run 1 s ago. 5 failures in the last 9 s."),
        (90.0, 2.0, 0, "stopped; the last sweep ran 90 s ago. Overdue reminders: 3. Longest delay: 2 s."),
        (None, 2.0, 0, "no sweep has run yet"),
    ],
)
def test_health_of_sweeps_is_reported(
    db: None,
    at: datetime,
    monkeypatch: pytest.MonkeyPatch,
    seconds_since_sweep: float | None,
    lag_seconds: float,
    failures: int,
    text: str,
) -> None:
    sweeper = ProcessHealth(Kind.SWEEPER, 1.0, failing_seconds=9.0 if failures else None, failure_count=failures)
    health = SweepHealth(at, seconds_since_sweep, lag_seconds, 3, 7, (sweeper,))
    monkeypatch.setattr(delivery, "sweep_health", lambda _at: health)

    finding = delivery.sweep_finding()

    assert finding.text == text
    assert finding.status == (Status.OK if "missed" in text else Status.FAILED)


def test_sweeper_is_expected_in_production_alone(db: None, at: datetime, settings: Settings) -> None:
    embedded = delivery.sweeper_finding()
    settings.EMBEDDED = False
    stopped = delivery.sweeper_finding()
    row = ProcessHeartbeat.objects.create(kind=Kind.SWEEPER, worked_at=at)
    working = delivery.sweeper_finding()
    row.failing_since, row.failed_at, row.failure_count = at, at, 2
    row.save()
    failing = delivery.sweeper_finding()

    assert (embedded.status, working.status) == (Status.SKIPPED, Status.OK)
    assert (stopped.status, stopped.text) == (Status.FAILED, "stopped. No run yet.")
    assert "event-manager-sweeper" in stopped.advice
    assert (failing.status, failing.text.startswith("failing. ")) == (Status.FAILED, True)


def test_email_that_waits_for_long_is_named(db: None, at: datetime) -> None:
    ProcessHeartbeat.objects.create(kind=Kind.MAILER, worked_at=at)
    working = delivery.mailer_finding()
    AccountMail.objects.create(kind="reset", address="a@b.dev", created_at=at - timedelta(hours=1), due_at=at)

    finding = delivery.mailer_finding()

    assert working.status == Status.OK
    assert finding.status == Status.FAILED
    assert finding.text.startswith("late. Last run ")
    assert "Waiting: 1, the oldest for 36" in finding.text


# Emails


def test_mail_server_is_asked_to_send_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with MailServer() as server:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = mail_server.SMTP, "127.0.0.1", server.port
        good = mail_server.mail_finding()
        settings.EMAIL_USE_TLS = True
        without_tls = mail_server.mail_finding()

    assert good == ok(f"127.0.0.1:{server.port} accepts our sender")
    assert (without_tls.status, "STARTTLS" in without_tls.text) == (Status.FAILED, True)
    assert (server.mails, server.recipients) == ([], [])


def test_emails_that_are_printed_need_no_server(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

    assert mail_server.mail_finding().status == Status.SKIPPED


# This machine


@pytest.mark.parametrize(
    ("free", "share", "status"),
    [
        (50 * machine.MIB, 0.5, Status.FAILED),
        (machine.GIB, 0.05, Status.WARNING),
        (machine.GIB, 0.5, Status.OK),
        (50 * machine.GIB, 0.05, Status.OK),
    ],
)
def test_disk_is_watched(monkeypatch: pytest.MonkeyPatch, free: int, share: float, status: Status) -> None:
    monkeypatch.setattr(machine, "_free", lambda _folder: (free, share))

    assert machine.disk_finding().status == status


def test_disk_of_the_database_is_looked_at_if_it_is_here(db: None) -> None:
    finding = machine.database_disk_finding()

    assert finding.status == Status.OK
    assert finding.text.startswith("free: ")


def test_disk_without_room_for_another_file_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Disk:
        f_files, f_favail, f_bavail, f_frsize, f_blocks = 100, 0, 10**9, 4_096, 10**9

    monkeypatch.setattr(os, "statvfs", lambda _folder: Disk)

    assert machine.disk_finding().status == Status.FAILED


@pytest.mark.parametrize(("available", "status"), [(2, Status.FAILED), (5, Status.WARNING), (50, Status.OK)])
def test_memory_is_watched(monkeypatch: pytest.MonkeyPatch, available: int, status: Status) -> None:
    class Memory:
        total = 100

    Memory.available = available  # type: ignore[attr-defined]  # a stand-in for a memory that is nearly full
    monkeypatch.setattr(machine.psutil, "virtual_memory", Memory)

    assert machine.memory_finding().status == status


@pytest.mark.parametrize(("limit", "status"), [(1_024, Status.WARNING), (65_536, Status.OK), (-1, Status.OK)])
def test_limit_of_open_files_is_watched(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, limit: int, status: Status
) -> None:
    settings.EMBEDDED = False
    monkeypatch.setattr(machine.resource, "getrlimit", lambda _which: (limit, limit))

    assert machine.files_finding().status == status


@pytest.mark.parametrize(("used", "status"), [("2000a", Status.WARNING), ("9999a", Status.OK), ("0", Status.WARNING)])
def test_rules_of_time_zones_are_compared(monkeypatch: pytest.MonkeyPatch, used: str, status: Status) -> None:
    monkeypatch.setattr(machine, "RULES_VERSION", used)

    assert machine.zone_rules_finding().status == status


# Static files


def test_static_files_that_are_served_where_they_are_need_not_be_collected() -> None:
    assert static_files.static_finding().status == Status.SKIPPED
