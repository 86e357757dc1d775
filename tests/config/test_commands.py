"""Test the commands in the documents: run them in a copy of the repository and compare their output.

Blocks marked `sh` are commands. In blocks marked `console` the lines after `$` are commands and the others are their
output, in which `…` stands for anything. Blocks that a test can't run are in NOT_RUN with the reason.
"""

import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from tests.config.test_documents import BASE_DIR, DOCUMENTS
from tools.stage.composed import SERVICES
from tools.stage.live import Deployment

pytestmark = pytest.mark.live

LANGUAGES = {"sh", "console", "json", ""}
DOCKER = "needs Docker"
ROOT = "changes the machine that it runs on"
INTERNET = "asks the package index"
# The document and the first line of each block that is not run.
NOT_RUN = {
    ("README.md", "docker build --tag event-manager ."): DOCKER,
    ("docs/install.md", "docker build --tag event-manager ."): DOCKER,
    ("docs/install.md", "docker compose run --rm web python manage.py doctor"): DOCKER,
    ("docs/install.md", "python3 -m pip install --dry-run --only-binary :all: --ignore-installed"): INTERNET,
    ("docs/install.md", "docker compose up --detach"): DOCKER,
    ("docs/install.md", "docker compose logs nginx"): DOCKER,
    ("docs/install.md", "apt install python3-venv python3-dev gcc pkg-config libmariadb-dev mariadb-server"): ROOT,
    ("docs/install.md", 'mariadb --execute "CREATE DATABASE events CHARACTER SET utf8mb4"'): ROOT,
    ("docs/install.md", "cd /opt/event-manager"): INTERNET,
    ("docs/install.md", ".venv/bin/python manage.py make_env"): ROOT,
    ("docs/install.md", "runuser -u event-manager -- .venv/bin/python manage.py doctor"): ROOT,
    ("docs/install.md", "cp -r config/deploy/systemd/. /etc/systemd/system/"): ROOT,
    ("docs/install.md", "apt install nginx certbot"): ROOT,
    ("docs/operate.md", "mariadb-dump --single-transaction events | gzip > events.sql.gz"): ROOT,
    ("docs/operate.md", "docker compose exec -T db sh -c \\"): DOCKER,
    ("docs/operate.md", "systemctl stop event-manager.target"): ROOT,
    ("docs/operate.md", "docker compose stop nginx web feed worker beat mailer sweeper"): DOCKER,
    ("docs/operate.md", "docker compose build"): DOCKER,
    ("docs/operate.md", "for service in feed web; do"): DOCKER,
    ("docs/operate.md", ".venv/bin/pip install --only-binary :all: --no-binary mysqlclient"): INTERNET,
    ("docs/operate.md", "docker compose logs --no-log-prefix web worker sweeper mailer"): DOCKER,
    ("docs/operate.md", "journalctl --output cat --unit"): ROOT,
}
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".env", "var", "tests", "node_modules", ".*_cache", "__pycache__")


@dataclass(frozen=True)
class Block:
    """A block of a document in ``` fences; `language` is what the first fence says."""

    document: str
    language: str
    text: str

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def reason(self) -> str | None:
        """Return why the block is not run."""
        found = [
            reason
            for (document, beginning), reason in NOT_RUN.items()
            if self.document == document and self.first_line.startswith(beginning)
        ]
        return found[0] if found else None


@dataclass(frozen=True)
class Step:
    """Commands that are run together, and their output; None if the document does not show it."""

    commands: str
    output: str | None


def blocks_of(document: str, text: str) -> list[Block]:
    found = re.finditer(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.DOTALL | re.MULTILINE)
    return [Block(document, match[2], textwrap.dedent(match[3]).rstrip("\n")) for match in found]


def steps_of(block: Block) -> list[Step]:
    """Return the steps of a block: the block itself, or each of the commands after a `$`."""
    if block.language == "sh":
        return [Step(block.text, None)]
    steps: list[Step] = []
    lines = block.text.splitlines()
    while lines:
        command = lines.pop(0).removeprefix("$ ")
        while not is_complete(command):
            command += "\n" + lines.pop(0)
        output = []
        while lines and not lines[0].startswith("$ "):
            output.append(lines.pop(0))
        steps.append(Step(command, "\n".join(output)))
    return steps


def is_complete(command: str) -> bool:
    """Return whether no quote is open and no line continues."""
    try:
        shlex.split(command)
    except ValueError:
        return False
    return not command.endswith("\\")


def matches(shown: Any, real: Any) -> bool:
    """Return whether a value matches a document, in which `…` stands for any part of a text and any further members."""
    if isinstance(shown, dict):
        is_all = "…" not in shown
        members = {name: value for name, value in shown.items() if name != "…"}
        return (
            isinstance(real, dict)
            and (members.keys() == real.keys() if is_all else members.keys() <= real.keys())
            and all(matches(value, real[name]) for name, value in members.items())
        )
    if isinstance(shown, list):
        return (
            isinstance(real, list)
            and len(shown) == len(real)
            and all(matches(*pair) for pair in zip(shown, real, strict=True))
        )
    if isinstance(shown, str) and "…" in shown:
        pattern = ".*".join(map(re.escape, shown.split("…")))
        return bool(re.fullmatch(pattern, str(real), re.DOTALL))
    return bool(shown == real)


def value_of(output: str, *, is_shown: bool = False) -> Any:
    """Return JSON as its value and other text unchanged; in a document's text, `…` may stand for a value."""
    if is_shown:
        members = re.sub(r", …(?=[}\]])", ', "…": "…"', output)
        output = re.sub(r"(?<=: )…", '"…"', members)
    return json.loads(output) if output.startswith("{") else output.strip()


ALL_BLOCKS = [block for path in DOCUMENTS for block in blocks_of(str(path.relative_to(BASE_DIR)), path.read_text())]
COMMAND_BLOCKS = [block for block in ALL_BLOCKS if block.language in {"sh", "console"}]
RUN = [block for block in COMMAND_BLOCKS if block.reason is None]
UNRUN = [block for block in COMMAND_BLOCKS if block.reason]
MAKE = shutil.which("make")


class Copy:
    """A copy of the repository with a database of the demo, in which commands of documents are run."""

    def __init__(self, folder: Path, site: "Site") -> None:
        self.folder = folder / "copy"
        self._site = site
        shutil.copytree(BASE_DIR, self.folder, ignore=NOT_COPIED, symlinks=True)
        shutil.copy(BASE_DIR / "tests" / "data" / "conferences.ics", self.folder / "calendar.ics")
        shutil.copytree(site.var, self.folder / "var")
        (self.folder / ".venv").symlink_to(sys.prefix)
        (self.folder / "tests").symlink_to(BASE_DIR / "tests")
        # make only prints what it would do, because other tests do it.
        programs = folder / "bin"
        programs.mkdir()
        (programs / "make").write_text(f'#!/bin/sh\nexec {MAKE} --dry-run "$@"\n')
        (programs / "make").chmod(0o755)
        own = {"DEPLOYMENT", "VAR_DIR", "ENV_FILE", "RATE_LIMIT_ENABLED", "DATABASE_URL"}
        inherited = {name: value for name, value in os.environ.items() if name not in own and name[:4] != "MAKE"}
        self._environment = {**inherited, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}

    def run(self, steps: list[Step]) -> list[str]:
        """Run all steps in one shell, and return the output of each."""
        outputs = self.folder.parent
        script = "set -eu\n"
        for number, step in enumerate(steps):
            commands = self._site.real(step.commands)
            if assigned := re.fullmatch(r"(\w+)=eyJ…", commands):
                token = "import json, sys; print(json.load(sys.stdin)['access'])"
                commands = f'{assigned[1]}=$({sys.executable} -c "{token}" < {outputs}/{number - 1})'
            script += f"{{ {commands}\n}} > {outputs}/{number}\n"
        done = subprocess.run(
            ["sh", "-c", script],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return [(outputs / str(number)).read_text() for number in range(len(steps))]

    @property
    def database(self) -> Path:
        return self.folder / "var" / "events.sqlite3"


class Site:
    """A running site with the demo, the demo's passwords, and a copy of its data."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        printed = deployment.shell(
            "from django.core.management import call_command; call_command('load_demo'); call_command('sweep')"
        )
        self._passwords = dict(re.findall(r"(\w+@example\.org) +password (\S+)", printed))
        self._host = deployment.web_url.removeprefix("http://").replace("127.0.0.1", "localhost")
        self.var = folder / "var"
        self.var.mkdir()
        shutil.copytree(deployment.folder / "secrets", self.var / "secrets")
        with closing(sqlite3.connect(deployment.folder / "events.sqlite3")) as database:
            database.execute("VACUUM INTO ?", [str(self.var / "events.sqlite3")])

    def real(self, text: str) -> str:
        """Replace a document's host, passwords and years by those of this site."""
        for email, password in self._passwords.items():
            if email in text:
                text = text.replace("PASSWORD", password)
        coming = str(date.today().year + 3)  # noqa: DTZ011 - any year to come
        return re.sub(r"\b2030(?=-)", coming, text.replace("localhost:8000", self._host))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Deployment([]) as deployment:
        (deployment.folder / "static").mkdir()
        deployment.start("web")
        deployment.wait_for("web")
        yield Site(deployment, tmp_path_factory.mktemp("site"))


@pytest.fixture
def copy(tmp_path: Path, site: Site) -> Copy:
    return Copy(tmp_path, site)


@pytest.mark.parametrize("document", sorted({block.document for block in RUN}))
def test_commands_succeed_and_print_what_is_shown(copy: Copy, site: Site, document: str) -> None:
    steps = [step for block in RUN if block.document == document for step in steps_of(block)]

    outputs = copy.run(steps)

    wrong = [
        (step.commands, output)
        for step, output in zip(steps, outputs, strict=True)
        if step.output and not matches(value_of(site.real(step.output), is_shown=True), value_of(output))
    ]
    assert wrong == []


def test_restored_backup_is_the_database_as_it_was(copy: Copy) -> None:
    backup, restore = (step for block in RUN if "backup/events.sqlite3" in block.text for step in steps_of(block))
    people = people_of(copy.database)

    copy.run([backup])
    with closing(sqlite3.connect(copy.database)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("UPDATE accounts_user SET username = 'lost' || id")
    (copy.folder / "var" / "events.sqlite3-wal").write_bytes(b"of another file")
    copy.run([restore])

    assert people
    assert people_of(copy.database) == people


def people_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [name for (name,) in database.execute("SELECT username FROM accounts_user ORDER BY id")]


# Blocks that are not run


def test_list_of_blocks_that_are_not_run_has_no_more_than_these() -> None:
    unused = [
        (document, beginning)
        for document, beginning in NOT_RUN
        if not any(block.document == document and block.first_line.startswith(beginning) for block in COMMAND_BLOCKS)
    ]

    assert unused == []


@pytest.mark.parametrize("block", UNRUN, ids=lambda block: f"{block.document}: {block.first_line[:40]}")
def test_block_that_is_not_run_is_written_for_a_shell(block: Block) -> None:
    assert [block.text for step in steps_of(block) if syntax_error(step.commands)] == []


def syntax_error(commands: str) -> str:
    return subprocess.run(["sh", "-n", "-c", commands], capture_output=True, text=True).stderr


def test_services_of_compose_exist() -> None:
    named = {name for block in UNRUN for name in composed_services(block.text)}

    assert named - set(SERVICES) == set()
    assert {"web", "feed", "db", "migrate"} <= named


def composed_services(text: str) -> Iterator[str]:
    """Yield the services that are named in lines with `docker compose`."""
    for command, words in re.findall(r"docker compose (\w+)((?: +[\w=-]+)*)", text):
        names = [word for word in words.split() if not word.startswith("-")]
        yield from names[:1] if command in {"run", "exec"} else [name for name in names if "=" not in name]


def test_units_exist() -> None:
    units = {
        path.stem for path in (BASE_DIR / "config" / "deploy" / "systemd").glob("event-manager*.*") if path.is_file()
    }

    lines = [line for block in UNRUN for line in block.text.splitlines() if line.startswith("systemctl")]
    named = {name.removesuffix(".target") for line in lines for name in re.findall(r"event-manager[\w.-]*", line)}

    assert named == units


def test_files_of_ours_exist() -> None:
    named = {word for block in UNRUN for word in re.findall(r"(?<![\w./])config/[\w./-]+", block.text)}

    assert [path for path in named if not (BASE_DIR / path).exists()] == []
    assert len(named) >= 2


# Commands in all documents


def test_every_block_says_what_it_is() -> None:
    assert [block for block in ALL_BLOCKS if block.language not in LANGUAGES] == []
    assert [block for block in ALL_BLOCKS if block.language == "json" and not json.loads(block.text)] == []


def test_blocks_without_a_language_hold_no_commands() -> None:
    programs = r"^(\$ |make|docker|curl|cp|cd|apt|systemctl|python3?|\.venv/|manage\.py)"

    assert [block for block in ALL_BLOCKS if not block.language and re.search(programs, block.text, re.MULTILINE)] == []


def codes_of(text: str) -> str:
    """Return the code of a document: its blocks and the text in backticks."""
    return "\n".join(re.findall(r"^ *```.*?^ *```|`[^`]+`", text, re.DOTALL | re.MULTILINE))


def unknown_commands(text: str) -> set[str]:
    """Return the commands of `manage.py` and `make` in a document's code that don't exist."""
    targets = re.findall(r"^\.PHONY: (.+)$", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)[0].split()
    code = codes_of(text)
    managed = set(re.findall(r"manage\.py +([a-z_]+)", code)) - set(get_commands())
    made = set(re.findall(r"(?<![\w./-])make +([a-z][a-z-]*)", code)) - set(targets)
    return managed | made


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_of_manage_and_make_exist(path: Path) -> None:
    assert unknown_commands(path.read_text()) == set()


# Mistakes that must be found


def test_commands_of_all_kinds_are_run() -> None:
    run = "\n".join(step.commands for block in RUN for step in steps_of(block))

    for program in ("make run", "curl", "manage.py import_calendar", "manage.py check_heartbeat", "VACUUM INTO"):
        assert program in run


@pytest.mark.parametrize("text", ["`manage.py gone`", "```sh\nmake gone\n```", "`make gone`"])
def test_command_that_does_not_exist_is_found(text: str) -> None:
    assert unknown_commands(f"Run {text}.\n" if text[:3] != "```" else text) == {"gone"}


@pytest.mark.parametrize("command", ["make gone", "gone", ".venv/bin/python manage.py gone", "false; true"])
def test_command_that_fails_is_found(copy: Copy, command: str) -> None:
    with pytest.raises(AssertionError):
        copy.run([Step(command, None)])


@pytest.mark.parametrize(
    ("shown", "real", "is_same"),
    [
        ('{"a": 1, …}', '{"a": 1, "b": 2}', True),
        ('{"a": 1}', '{"a": 1, "b": 2}', False),
        ('{"a": "eyJ…"}', '{"a": "eyJhb"}', True),
        ('{"a": "eyJ…"}', '{"a": "xyz"}', False),
        ('{"a": …}', '{"a": 1.5}', True),
        ('{"a": [{"b": 1, …}]}', '{"a": [{"b": 2, "c": 3}]}', False),
        ("ran … s ago.", "ran 3 s ago.\n", True),
        ("ran … s ago.", "never ran.\n", False),
    ],
)
def test_output_is_compared_with_what_is_shown(shown: str, real: str, is_same: bool) -> None:
    assert matches(value_of(shown, is_shown=True), value_of(real)) is is_same


def test_console_is_divided_into_commands_and_outputs() -> None:
    block = Block("a.md", "console", "$ a=1\n$ curl -d '{\n  }' \\\n  url\n{}\n$ last")

    assert steps_of(block) == [Step("a=1", ""), Step("curl -d '{\n  }' \\\n  url", "{}"), Step("last", "")]
