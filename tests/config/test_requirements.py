"""Test that the pinned requirements agree with pyproject.toml, so that `make lock` was run."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tools.stage.paths import BASE_DIR

PROJECT = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
DIRECT = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRA = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["optional-dependencies"].items()}


def pinned(name: str) -> dict[str, str]:
    """Return package to version. A package with a line for each platform has its last version."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", (BASE_DIR / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("requirements.txt", DIRECT),
        ("requirements-mysql.txt", DIRECT + EXTRA["mysql"]),
        ("requirements-dev.txt", DIRECT + EXTRA["dev"]),
    ],
)
def test_lock_satisfies_the_project(name: str, wanted: list[Requirement]) -> None:
    pins = pinned(name)

    assert [str(need) for need in wanted if not need.specifier.contains(pins.get(need.name, "0"))] == []


@pytest.mark.parametrize("name", ["requirements-mysql.txt", "requirements-dev.txt"])
def test_larger_lock_contains_the_smaller(name: str) -> None:
    assert pinned("requirements.txt").items() <= pinned(name).items()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-mysql.txt", "requirements-dev.txt"])
def test_lock_names_packages_only_and_no_registry(name: str) -> None:
    lines = (BASE_DIR / name).read_text().splitlines()

    assert [line for line in lines if not re.match(r"^([\w.-]+==\S+( ; .+)?|    # .+)$", line)] == []
    assert not any("://" in line or "file:" in line for line in lines)
