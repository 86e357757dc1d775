"""The import contracts of pyproject.toml refuse what they are there for: each is probed with a violation in a copy."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.paths import BASE_DIR

PACKAGES = ("config", "accounts", "events", "notifications")
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]

# By contract: a module, which may be new, and the line that the contract must refuse in it.
VIOLATIONS = {
    "One arrow through the whole project": ("config/web/archives.py", "import events.models"),
    "Every module of config has a layer": ("config/junk.py", ""),
    "accounts: doorways, services, rows": ("accounts/services/people.py", "import accounts.views.people"),
    "events: doorways, services, rows": ("events/models.py", "import events.services"),
    "notifications: doorways, subjects, rows": ("notifications/delivery/sweeper.py", "import notifications.consumers"),
}


@pytest.fixture(scope="module")
def source_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copy(BASE_DIR / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(BASE_DIR / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def broken_contracts(folder: Path) -> list[str]:
    """Return the names of the contracts that the sources in a folder break."""
    command = [str(BASE_DIR / ".venv/bin/lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [name for name in CONTRACTS if f"{name} BROKEN" in done.stdout]


def test_each_contract_has_a_probe() -> None:
    assert list(VIOLATIONS) == CONTRACTS


@pytest.mark.parametrize("contract", CONTRACTS)
def test_contract_refuses_a_violation(source_copy: Path, contract: str) -> None:
    name, line = VIOLATIONS[contract]
    module = source_copy / name
    before = module.read_text() if module.exists() else None
    module.write_text(f"{before or ''}\n{line}\n")
    try:
        broken = broken_contracts(source_copy)
    finally:
        module.write_text(before) if before is not None else module.unlink()

    assert contract in broken


def test_sources_break_no_contract(source_copy: Path) -> None:
    assert broken_contracts(source_copy) == []
