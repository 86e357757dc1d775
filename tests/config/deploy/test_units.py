"""Test the systemd units: they run what docker-compose.yml runs, and systemd accepts them."""

import os
import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from tools.stage.composed import SERVICES, interpolated
from tools.stage.paths import BASE_DIR

FOLDER = BASE_DIR / "config" / "deploy" / "systemd"
HOME = "/opt/event-manager"
UNITS = {path.stem.removeprefix("event-manager-"): path for path in FOLDER.glob("*.service")}
# Services of other projects, whose packages install units of their own.
FOREIGN = {"db", "redis", "nginx", "caddy"}


class Unit(ConfigParser):
    """A systemd unit: names keep their case, and the last of several values counts."""

    def __init__(self, path: Path) -> None:
        super().__init__(interpolation=None, strict=False, delimiters=("=",))
        self.read_string(path.read_text())

    def optionxform(self, optionstr: str) -> str:
        return optionstr


COMMON = Unit(FOLDER / "event-manager-.service.d" / "common.conf")


def composed_words(name: str) -> list[str]:
    """Return the command of a service in docker-compose.yml, with default variables and on this machine alone."""
    return shlex.split(re.sub(r"\b0(\.0){3}\b", "127.0.0.1", interpolated(SERVICES[name]["command"], {})))


def test_every_service_of_ours_has_a_unit() -> None:
    assert set(UNITS) == set(SERVICES) - FOREIGN


@pytest.mark.parametrize("name", sorted(UNITS))
def test_unit_runs_what_the_service_runs(name: str) -> None:
    program, *arguments = shlex.split(Unit(UNITS[name])["Service"]["ExecStart"])

    assert program.startswith(f"{HOME}/.venv/bin/")
    assert [Path(program).name, *arguments] == composed_words(name)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_unit_sets_what_the_service_sets_for_itself(name: str) -> None:
    service, unit = SERVICES[name], Unit(UNITS[name])["Service"]
    shared = SERVICES["beat"]["environment"]
    own = {key: value for key, value in service["environment"].items() if key not in shared}

    assert unit.get("Environment", "") == " ".join(f"{key}={value}" for key, value in own.items())
    assert unit.get("TimeoutStopSec", "") == service.get("stop_grace_period", "").removesuffix("s")
    assert unit.get("LimitNOFILE", "") == str(service.get("ulimits", {}).get("nofile", ""))


def test_target_starts_every_service_but_the_migration() -> None:
    wanted = {name for name, path in UNITS.items() if "WantedBy=event-manager.target" in path.read_text()}

    assert wanted == set(UNITS) - {"migrate"}
    assert COMMON["Unit"]["PartOf"] == "event-manager.target"


def test_drop_in_overrides_nothing_that_a_unit_sets() -> None:
    """systemd reads the drop-in last, and only Environment= is additive."""
    common = {(section, key) for section in COMMON.sections() for key in COMMON[section]}
    units = {name: Unit(path) for name, path in UNITS.items()}
    own = {(section, key) for unit in units.values() for section in unit.sections() for key in unit[section]}

    assert common & own == {("Service", "Environment")}


# What systemd reports


@pytest.fixture
def units_folder(tmp_path: Path) -> Path:
    """Return a folder with the units, changed to programs and a user that exist here."""
    shutil.copytree(FOLDER, tmp_path / "units")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("granian", "daphne", "celery", "python"):
        (programs / name).symlink_to("/bin/true")
    for path in (tmp_path / "units").rglob("*.*"):
        if path.is_file():
            text = path.read_text().replace(HOME, str(tmp_path))
            path.write_text(re.sub("^(User|Group)=.*", r"\1=root", text, flags=re.MULTILINE))
    return tmp_path / "units"


def verified(folder: Path) -> str:
    """Return the complaints of systemd."""
    names = sorted(path.name for path in folder.glob("event-manager*.*") if path.is_file())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(f"./{name}" for name in names)],
        cwd=folder,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


@needs_systemd
def test_systemd_accepts_the_units(units_folder: Path) -> None:
    assert verified(units_folder) == ""


@needs_systemd
@pytest.mark.parametrize("mistake", ["Restrat=always", "ExecStart=/nowhere/python", "SystemCallFilter=@nothing"])
def test_mistake_in_a_unit_would_be_found(units_folder: Path, mistake: str) -> None:
    path = units_folder / "event-manager-web.service"
    path.write_text(path.read_text().replace("[Service]", f"[Service]\n{mistake}"))

    assert "event-manager-web.service" in verified(units_folder)
