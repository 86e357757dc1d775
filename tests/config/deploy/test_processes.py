"""Test that the composed deployment runs what `make run` runs, and that nginx routes requests to the right process."""

import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest
from celery import Celery
from django.core.management import get_commands
from honcho.environ import parse_procfile
from kombu.exceptions import OperationalError
from pytest_django import Settings

from config.beat import BeatThread, TickingScheduler
from config.embedded.launch import DEV, RUN
from tools.stage import composed, topology
from tools.stage.composed import SERVICES
from tools.stage.paths import BASE_DIR

PROCFILE = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
# Where it listens and how many workers and threads it has, which differ between one machine and a deployment.
OF_THE_DEPLOYMENT = {"--host", "--bind", "--port", "--workers", "--blocking-threads", "--concurrency"}


def essence(line: str) -> list[str]:
    """Return the words of a command line without what depends on the deployment."""
    words = [word for word in shlex.split(line) if word not in {"exec", "env", "DB_CONN_MAX_AGE_SECONDS=60"}]
    indexes = {index for index, word in enumerate(words) if word in OF_THE_DEPLOYMENT}
    return [word for index, word in enumerate(words) if index not in indexes and index - 1 not in indexes]


def test_procfile_has_the_parts_of_both_commands_and_no_others() -> None:
    assert set(PROCFILE) == {*RUN, *DEV}


@pytest.mark.parametrize("name", sorted(PROCFILE))
def test_line_replaces_its_shell_so_that_a_signal_reaches_the_program(name: str) -> None:
    assert PROCFILE[name].startswith("exec ")


@pytest.mark.parametrize("name", ["web", "feed", "mailer"])
def test_service_runs_what_the_procfile_runs(name: str) -> None:
    assert essence(SERVICES[name]["command"]) == essence(PROCFILE[name])


def test_worker_of_the_procfile_runs_beat_as_well_in_one_process() -> None:
    in_one_process = ["--pool", "threads", "--beat-thread"]

    assert essence(PROCFILE["worker"]) == [*essence(SERVICES["worker"]["command"]), *in_one_process]
    assert "beat" not in PROCFILE


def test_web_alone_keeps_its_database_connections() -> None:
    keeping = {
        name for name, service in SERVICES.items() if "DB_CONN_MAX_AGE_SECONDS" in service.get("environment", {})
    }

    assert keeping == {"web"}
    assert [name for name, line in PROCFILE.items() if "DB_CONN_MAX_AGE_SECONDS" in line] == ["web"]


def test_management_commands_of_the_services_exist() -> None:
    lines = [service["command"] for service in SERVICES.values() if isinstance(service.get("command"), str)]
    commands = {line.split()[2] for line in lines if line.startswith("python manage.py")}

    assert commands == {"migrate", "sweep", "send_mail"}
    assert commands <= set(get_commands())


CHECKS = {
    name: " ".join(service["healthcheck"]["test"]) for name, service in SERVICES.items() if "healthcheck" in service
}


def test_every_service_that_keeps_running_has_a_health_check() -> None:
    assert set(SERVICES) - set(CHECKS) == {"migrate"}


def test_health_of_worker_sweeper_and_mailer_hangs_on_their_heartbeats() -> None:
    assert {name for name in CHECKS if CHECKS[name].endswith(f"python manage.py check_heartbeat {name}")} == {
        *("worker", "sweeper", "mailer")
    }
    assert "check_heartbeat" in get_commands()


@pytest.mark.parametrize(("age_seconds", "code"), [(60, 0), (120, 1), (None, 1)])
def test_health_of_beat_hangs_on_the_age_of_its_last_tick(tmp_path: Path, age_seconds: int | None, code: int) -> None:
    tick = tmp_path / "beat-tick"
    if age_seconds is not None:
        tick.touch()
        os.utime(tick, (time.time() - age_seconds,) * 2)
    check = SERVICES["beat"]["healthcheck"]["test"][1]

    done = subprocess.run(
        ["/bin/sh", "-c", check.replace(SERVICES["beat"]["environment"]["BEAT_TICK_FILE"], str(tick))],
        capture_output=True,
        check=False,
    )

    assert done.returncode == code


@pytest.fixture
def beat(tmp_path: Path, settings: Settings) -> TickingScheduler:
    """Beat of a broker that does not exist."""
    settings.BEAT_TICK_FILE = str(tmp_path / "tick")
    app = Celery(broker=f"redis+socket://{tmp_path}/nothing")
    app.conf.update(beat_schedule={"sweep": {"task": "sweep", "schedule": 3600}}, broker_connection_max_retries=1)
    return TickingScheduler(app, lazy=False)


def test_beat_touches_its_file_at_each_tick(tmp_path: Path, beat: TickingScheduler) -> None:
    beat.tick()

    assert (tmp_path / "tick").exists()


def test_beat_touches_its_file_while_redis_is_away(
    tmp_path: Path, beat: TickingScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda seconds: None)

    with pytest.raises(OperationalError):
        beat._ensure_connected()

    assert (tmp_path / "tick").exists()


def test_worker_ends_if_its_beat_fails(beat: TickingScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_scheduler: TickingScheduler) -> float:
        raise OperationalError

    monkeypatch.setattr(TickingScheduler, "tick", fail)
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *sent: signals.append(sent))

    with pytest.raises(OperationalError):
        BeatThread(beat.app).run()

    assert signals == [(os.getpid(), signal.SIGTERM)]


def test_services_come_back_after_a_crash() -> None:
    policies = {name: service["restart"] for name, service in SERVICES.items()}

    assert policies.pop("migrate") == "on-failure"
    assert set(policies.values()) == {"unless-stopped"}


def test_logs_of_all_services_are_limited() -> None:
    limits = {"driver": "json-file", "options": {"max-size": "20m", "max-file": "5"}}

    assert [name for name, service in SERVICES.items() if service.get("logging") != limits] == []


def test_services_with_open_sockets_may_have_many_files() -> None:
    assert {name: service["ulimits"]["nofile"] for name, service in SERVICES.items() if "ulimits" in service} == {
        "feed": 65536,
        "nginx": 65536,
        "caddy": 65536,
    }


def test_nothing_but_the_database_writes_outside_of_its_temporary_folders() -> None:
    assert [name for name, service in SERVICES.items() if not service.get("read_only")] == ["db"]


def test_images_of_others_have_a_version() -> None:
    images = {service["image"] for service in SERVICES.values()} - {"event-manager"}

    assert [image for image in images if not re.fullmatch(r"[a-z/]+:\d+(\.\d+)?(-alpine)?", image)] == []


def test_secrets_have_no_default() -> None:
    text = (BASE_DIR / "docker-compose.yml").read_text()

    uses = re.findall(r"\$\{(\w*(?:KEY|PASSWORD)\w*)(:\?)?", text)

    assert {name for name, _ in uses} == {"SECRET_KEY", "JWT_SIGNING_KEY", "DB_PASSWORD", "REDIS_PASSWORD"}
    assert [name for name, required in uses if not required] == []


def test_variables_that_compose_reads_are_documented() -> None:
    used = set(re.findall(r"\$\{(\w+)", (BASE_DIR / "docker-compose.yml").read_text()))
    example, page = ((BASE_DIR / name).read_text() for name in (".env.example", "docs/configuration.md"))

    assert {"HTTP_PORT", "SITE_ADDRESS", "WEB_WORKERS"} < used
    assert sorted(name for name in used if f"\n#{name}=" not in example) == []
    assert sorted(name for name in used if f"`{name}`" not in page) == []


def test_image_holds_all_that_is_imported_and_nothing_private() -> None:
    kept = {line.removeprefix("!") for line in (BASE_DIR / ".dockerignore").read_text().splitlines() if line[:1] == "!"}

    assert {"accounts", "config", "events", "notifications", "manage.py", "requirements-mysql.txt"} <= kept
    assert {".env", ".git", "var", "tests", "tools"} & kept == set()


def test_topology_of_the_tests_runs_every_service_by_its_command_line() -> None:
    ours = {name for name, each in SERVICES.items() if each.get("image") == "event-manager"}

    assert {*topology.SERVICES} == ours - {"migrate"}
    for name in topology.SERVICES:
        service = composed.service(name, **topology.SIZES)
        assert essence(service.at("127.0.0.2", 8100)) == essence(SERVICES[name]["command"])


def test_service_listens_where_the_topology_of_the_tests_wants_it() -> None:
    assert "--host 127.0.0.2 --port 8100 --workers 3 " in composed.service("web", WEB_WORKERS="3").at("127.0.0.2", 8100)
    assert "--bind 127.0.0.3 --port 8101 " in composed.service("feed").at("127.0.0.3", 8101)
    assert composed.service("web").settings == {"DB_CONN_MAX_AGE_SECONDS": "60"}
