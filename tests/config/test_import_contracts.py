"""Test that each import contract in pyproject.toml refuses a violation, which is added to a copy of the source."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools.stage.paths import BASE_DIR

PACKAGES = ("config", "accounts", "events", "notifications")
CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract
    for contract in tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
ARROW = "One arrow through the whole project"
CONFIG = "Every module of config has a layer"
APPS = {
    "accounts": "accounts: doorways, services, rows",
    "events": "events: doorways, services, rows",
    "notifications": "notifications: doorways, subjects, rows",
}
CALENDARS = "events.calendars: process, reading and writing, subjects, contents"
DOORWAYS = "Nothing below the doorways imports a doorway of a lower app"
PAGES = "Services and rows know neither pages nor the API"

# A contract, a module, which may be new, and the line that the contract must refuse in it.
VIOLATIONS = [
    (ARROW, "config/web/archives.py", "import events.models"),
    (ARROW, "config/limits/rates.py", "import config.web.forms"),
    (ARROW, "config/api/input.py", "import config.web.forms"),
    (ARROW, "config/mail/message.py", "import config.web.middleware.rates"),
    (ARROW, "config/mail/message.py", "import config.limits.rates"),
    (ARROW, "config/errors.py", "import config.database"),
    (CONFIG, "config/limits/rates.py", "import config.web.forms"),
    (CONFIG, "config/doctor/machine.py", "import config.embedded.launch"),
    (CONFIG, "config/junk.py", ""),
    (APPS["accounts"], "accounts/services/people.py", "import accounts.views.people"),
    (APPS["accounts"], "accounts/services/people.py", "import accounts.requests"),
    (APPS["accounts"], "accounts/junk.py", ""),
    (APPS["events"], "events/models.py", "import events.services"),
    (APPS["events"], "events/junk.py", ""),
    (CALENDARS, "events/calendars/writer.py", "import events.calendars.__main__"),
    (CALENDARS, "events/calendars/reader.py", "import events.calendars.entries"),
    (CALENDARS, "events/calendars/structure/blocks.py", "import events.calendars.timing.zones"),
    (CALENDARS, "events/calendars/junk.py", ""),
    (APPS["notifications"], "notifications/delivery/sweeper.py", "import notifications.consumers"),
    (APPS["notifications"], "notifications/junk.py", ""),
    (DOORWAYS, "events/services/events.py", "import accounts.views.people"),
    (DOORWAYS, "events/services/texts.py", "import accounts.admin"),
    (DOORWAYS, "notifications/inbox/reading.py", "import events.views.event"),
    (PAGES, "accounts/models.py", "import config.web.admin"),
    (PAGES, "events/services/texts.py", "import config.api.fields"),
]


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
    assert {contract for contract, _module, _line in VIOLATIONS} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "name", "line"), VIOLATIONS)
def test_contract_refuses_a_violation(source_copy: Path, contract: str, name: str, line: str) -> None:
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


def layers_of(app: str) -> list[list[str]]:
    """Return the full names of the modules in each layer of an app, the highest first."""
    return [[f"{app}.{name}" for name in re.split(r" [:|] ", layer)] for layer in CONTRACTS[APPS[app]]["layers"]]


def test_contract_about_doorways_names_all_modules_of_the_two_upper_apps_and_all_doorways_of_the_two_lower() -> None:
    doorways = [module for app in ("accounts", "events") for module in layers_of(app)[0]]
    below = [module for app in ("events", "notifications") for layer in layers_of(app)[1:] for module in layer]

    assert sorted(CONTRACTS[DOORWAYS]["forbidden_modules"]) == sorted(doorways)
    assert sorted(CONTRACTS[DOORWAYS]["source_modules"]) == sorted(below)


def test_contract_about_pages_and_api_names_all_modules_below_forms() -> None:
    rooms = [layers_of("accounts")[3:], layers_of("events")[2:], layers_of("notifications")[2:]]

    below = [module for layers in rooms for layer in layers for module in layer]

    assert sorted(CONTRACTS[PAGES]["source_modules"]) == sorted(below)
