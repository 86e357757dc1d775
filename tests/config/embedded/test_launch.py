"""Test `make run` with its real processes.

The tests share one folder, and each starts the launcher if it isn't running.
"""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from config.embedded import prepare
from tests.launcher import Launcher
from tests.waiting import wait_until
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    launcher = Launcher()
    yield launcher
    launcher.remove()


def test_first_start_serves_pages_and_prints_the_logins(launcher: Launcher) -> None:
    launcher.start()

    with urllib.request.urlopen(f"http://127.0.0.1:{launcher.port}/") as response:
        assert response.status == 200
    assert "organiser" in launcher.output()
    assert {path.stat().st_mode & 0o777 for path in (launcher.var, launcher.var / "run")} == {0o700}
    assert "Traceback" not in launcher.output()


def test_doctor_finds_everything_working(launcher: Launcher) -> None:
    launcher.start()

    def examination() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", "doctor"],
            cwd=BASE_DIR,
            env=launcher.environment(),
            capture_output=True,
            text=True,
        )

    # Until worker and mailer have worked once, it says so.
    assert wait_until(lambda: examination().returncode == 0, 60), examination().stdout
    passed = {line.split()[1] for line in examination().stdout.splitlines() if line.startswith("ok ")}
    assert passed >= {"worker", "beat", "sweeps", "mailer", "feed", "static"}


def test_launcher_holds_no_django() -> None:
    code = (
        "import sys; import config.embedded.launch; print(sorted({'django', 'redis', 'asyncio'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=BASE_DIR, check=True, capture_output=True, text=True)

    assert done.stdout == "[]\n"


def test_second_launcher_on_the_same_folder_is_refused(launcher: Launcher) -> None:
    launcher.start()

    refusal = launcher.refused(PORT=str(free_port()), FEED_PORT=str(free_port()))

    assert launcher.process
    assert refusal.returncode == 1
    assert refusal.stderr == (
        f"Cannot start: already running in {launcher.var} (process {launcher.process.pid})."
        " Set VAR_DIR to use another folder.\n"
    )


def test_static_files_are_collected_again_only_when_one_has_changed(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "static").mkdir()
    source = tmp_path / "static" / "page.css"
    source.write_text("a {}")
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.VAR_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "collected"

    said = []
    for text in ("a {}", "b {} c {}"):
        source.write_text(text)
        for _ in range(2):
            prepare.collect_static()
            said.append(capsys.readouterr().out)

    assert said == ["Collecting static files ...\n", ""] * 2
    assert (settings.STATIC_ROOT / "page.css").read_text() == "b {} c {}"


@pytest.mark.parametrize("variable", ["PORT", "FEED_PORT"])
def test_taken_port_is_refused_with_its_number_and_variable(launcher: Launcher, variable: str) -> None:
    launcher.start()
    other = Launcher()

    refusal = other.refused(**{variable: str(launcher.port)})

    other.remove()
    assert refusal.returncode == 1
    assert refusal.stderr == (
        f"Cannot start: port {launcher.port} is unavailable (Address already in use). Set {variable} to another port.\n"
    )


def test_next_start_ends_what_a_killed_launcher_left(launcher: Launcher) -> None:
    launcher.start()
    launcher.signal(signal.SIGKILL)
    left = launcher.processes()

    launcher.start()

    assert left
    assert not left.keys() & launcher.processes().keys()
    assert re.match(r"Stopped \d+ leftover processes from an earlier run\.", launcher.output())
    assert "organiser" not in launcher.output()


def test_interrupt_ends_everything_in_peace(launcher: Launcher) -> None:
    launcher.start()

    code = launcher.signal(signal.SIGINT)

    assert code == 0
    assert launcher.processes() == {}
    assert "Traceback" not in launcher.output()


def test_part_that_dies_ends_everything_and_is_named(launcher: Launcher) -> None:
    launcher.start()

    launcher.part("granian").kill()

    assert launcher.wait() == 1
    assert launcher.processes() == {}
    assert launcher.output().splitlines()[-1] == "Stopping: web was killed by SIGKILL."


def test_development_server_replaces_web_and_feed(launcher: Launcher) -> None:
    launcher.start("--dev")

    with urllib.request.urlopen(f"http://127.0.0.1:{launcher.port}/static/css/base.css") as response:
        assert response.status == 200
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", launcher.feed_port))
    assert launcher.signal(signal.SIGTERM) == 0
    assert launcher.processes() == {}


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "VAR_DIR",
            "/dev/null/var",
            "cannot write /dev/null/var/secrets: Not a directory. Set VAR_DIR to another folder.",
        ),
        ("PORT", "http", "PORT must be a port from 1 to 65535, not 'http'."),
        ("FEED_PORT", "", "FEED_PORT must differ from PORT."),
        ("DEPLOYMENT", "production", "SECRET_KEY must be set to a secret of at least 32 characters."),
        (
            "DATABASE_URL",
            "sqlite:////dev/null/db",
            "cannot open database /dev/null/db: unable to open database file",
        ),
    ],
)
def test_what_cannot_start_says_so_in_one_line(variable: str, value: str, line: str) -> None:
    other = Launcher()

    refusal = other.refused(**{variable: value})

    other.remove()
    assert refusal.returncode == 1
    assert refusal.stderr == f"Cannot start: {line}\n"
