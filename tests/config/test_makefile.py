"""Test the Makefile before anything is installed: its help, and its messages about an unsuitable Python."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.stage.paths import BASE_DIR


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a folder with the Makefile and nothing installed."""
    shutil.copy(BASE_DIR / "Makefile", tmp_path)
    shutil.copy(BASE_DIR / "requirements.txt", tmp_path)
    return tmp_path


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # These tests may run within another make, whose options must not reach this one.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = [str(shutil.which("make")), *arguments]
    return subprocess.run(command, cwd=folder, env=outside | environment, capture_output=True, text=True)


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_make_alone_lists_every_command(clone: Path) -> None:
    commands = re.findall(r"^\.PHONY: (.+)$", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)[0].split()

    listed = make(clone)

    assert re.findall(r"^  make (\S+) +\S", listed.stdout, re.MULTILINE) == commands
    assert not (clone / ".venv").exists()


def test_old_python_is_refused_in_one_line(clone: Path) -> None:
    old = program(clone / "oldpython", "exit 1")

    refused = make(clone, "run", f"PYTHONS={old}")

    assert refused.returncode == 2
    assert refused.stderr.splitlines()[0] == f"Python 3.11 or newer is needed, but none was found among: {old}"


def test_old_python_in_the_virtual_environment_is_refused_in_one_line(clone: Path) -> None:
    program(clone / ".venv" / "bin" / "python", 'echo "$2" | grep -o "Python 3.11 or newer.*try again" >&2; exit 1')

    refused = make(clone, "run")

    assert refused.returncode == 2
    assert (
        refused.stderr.splitlines()[0]
        == "Python 3.11 or newer is needed, but .venv has an older one. Remove .venv and try again"
    )


def test_python_without_venv_is_refused_with_the_package_to_install(clone: Path) -> None:
    bare = program(clone / "barepython", 'case "$2" in *ensurepip*) exit 1;; esac')

    refused = make(clone, "run", f"PYTHONS={bare}")

    assert refused.returncode == 2
    assert refused.stderr.splitlines()[0] == (
        f"{bare} lacks the venv module. Install it, for example with: apt install python3-venv"
    )


def test_check_without_npm_is_refused_with_the_packages_to_install(clone: Path) -> None:
    program(clone / ".venv" / "bin" / "python", "exit 0")
    (clone / "requirements-dev.txt").touch()
    (clone / "tools" / "web").mkdir(parents=True)
    (clone / "tools" / "web" / "package-lock.json").touch()
    (clone / "touch").symlink_to(str(shutil.which("touch")))  # the only program on the path

    refused = make(clone, "check", PATH=str(clone))

    assert refused.returncode == 2
    assert refused.stderr.splitlines()[0] == (
        "npm is needed to install tools/web/package-lock.json. Install it, for example with: apt install nodejs npm"
    )


def test_interrupted_installation_is_begun_again(clone: Path) -> None:
    program(clone / ".venv" / "bin" / "python", 'case "$*" in *pip*) echo pip >>installed; exit 1;; esac')

    make(clone, "run")
    make(clone, "run")

    assert (clone / "installed").read_text() == "pip\npip\n"


def test_second_call_installs_nothing(clone: Path) -> None:
    program(clone / ".venv" / "bin" / "python", 'case "$*" in *pip*) echo pip >>installed;; esac')

    make(clone, "run")
    make(clone, "run")

    assert (clone / "installed").read_text() == "pip\n"


@pytest.mark.parametrize("suite", ["browser", "faults", "topology", "schema"])
def test_suite_finds_all_of_its_tests_in_its_folder(suite: str) -> None:
    tests = BASE_DIR / "tests"

    marked = {path for path in tests.rglob("test_*.py") if re.search(rf"\bmark\.{suite}\b", path.read_text())}

    assert {path.relative_to(tests).parts[0] for path in marked} == {suite}
    assert f"-m {suite} $(call ONLY,{suite})" in (BASE_DIR / "Makefile").read_text()
