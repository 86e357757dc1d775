"""Test that links and paths in documents exist, and that their lines are short."""

import re
from pathlib import Path

import pytest

from tools.stage.paths import BASE_DIR

README = BASE_DIR / "README.md"
DOCUMENTS = sorted([*BASE_DIR.glob("*.md"), *BASE_DIR.glob("docs/*.md")])
# Documents beside what they describe, such as test data. Installed packages bring some of their own.
NOTES = sorted(
    path for path in BASE_DIR.glob("[!.]*/**/*.md") if path not in DOCUMENTS and "node_modules" not in path.parts
)
MAX_COLUMNS = 100
MAX_README_LINES = 120

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=[str(each.relative_to(BASE_DIR)) for each in DOCUMENTS]
)
# Endings that make a word a file even without a folder before it.
SUFFIXES = r"(?:py|md|html|css|js|toml|yml|txt|conf|po|png|ts|example)"
# Made by `make`, and missing in a fresh clone.
NOT_IN_A_CLONE = {".venv/", "var/"}


def without_blocks(text: str) -> str:
    """Return a Markdown text with an empty line for each line of its code blocks."""
    return re.sub(r"^ *```.*?^ *```", lambda block: "\n" * block[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE)


def links(text: str) -> list[str]:
    """Return the targets of the relative links and pictures of a text."""
    targets = re.findall(r"\]\(([^)\s]+)\)", without_blocks(text))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def paths(text: str) -> list[str]:
    """Return the files and folders of the repository that are named in backticks."""
    quoted = re.findall(r"`([^`\s]+)`", without_blocks(text))
    return [each for each in quoted if each not in NOT_IN_A_CLONE and (is_file_name(each) or is_folder_name(each))]


def is_file_name(quoted: str) -> bool:
    return bool(re.fullmatch(rf"(?:[\w.<>-]+/)*[\w.<>-]+\.{SUFFIXES}", quoted))


def is_folder_name(quoted: str) -> bool:
    """Return whether it is a folder: "events/services/" is, but "users/me/" and "events/{id}/" are parts of URLs."""
    first, *rest = quoted.split("/")
    is_ours = first in {"<app>"} or (BASE_DIR / first).is_dir()
    return is_ours and bool(rest) and bool(re.fullmatch(r"(?:[\w.<>-]+/)+", quoted))


def exists(path: str) -> bool:
    """Return whether a path exists, with `<app>` in it for at least one app."""
    return any(BASE_DIR.glob(path.rstrip("/").replace("<app>", "*")))


def anchors(text: str) -> set[str]:
    """Return the anchors of a text's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(link: str, document: Path) -> bool:
    name, _, anchor = link.partition("#")
    target = document.parent / name if name else document
    return target.exists() and (not anchor or anchor in anchors(target.read_text()))


def long_lines(text: str) -> list[str]:
    """Return the lines of prose that are longer than MAX_COLUMNS. Rows of tables don't count as prose."""
    lines = without_blocks(text).splitlines()
    return [line for line in lines if len(line) > MAX_COLUMNS and not line.startswith("|")]


@every_document
def test_relative_links_lead_somewhere(document: Path) -> None:
    found = links(document.read_text())

    assert [link for link in found if not leads_somewhere(link, document)] == []


@every_document
def test_paths_exist(document: Path) -> None:
    found = paths(document.read_text())

    assert [path for path in found if not exists(path)] == []


@every_document
def test_names_are_in_the_files_that_they_are_said_to_be_in(document: Path) -> None:
    pairs = re.findall(r"`([A-Za-z_.]+)`\s+in\s+`([\w/.-]+\.(?:py|js))`", without_blocks(document.read_text()))

    lost = [(name, path) for name, path in pairs if name.split(".")[-1] not in (BASE_DIR / path).read_text()]

    assert lost == []


@pytest.mark.parametrize("document", [*DOCUMENTS, *NOTES], ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_lines_of_prose_fit(document: Path) -> None:
    assert long_lines(document.read_text()) == []


def test_notes_beside_the_test_data_are_read() -> None:
    assert BASE_DIR / "tests" / "data" / "README.md" in NOTES


def test_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= MAX_README_LINES


def test_readme_links_to_every_document() -> None:
    linked = {(BASE_DIR / link.partition("#")[0]).resolve() for link in links(README.read_text())}

    assert [each.name for each in DOCUMENTS if each != README and each not in linked] == []


def test_readme_lists_every_command_of_the_makefile() -> None:
    commands = re.findall(r"^\.PHONY: (.+)$", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)[0].split()

    missing = [each for each in commands if not re.search(rf"\bmake {each}\b(?!-)", README.read_text())]

    assert missing == ["help"]  # which `make` without a target shows


def misshapen_decisions(text: str) -> list[str]:
    """Return the headings of decisions that do not have exactly the three parts in order."""
    _, *decisions = re.split(r"^### ", text, flags=re.MULTILINE)
    parts = {each.partition("\n")[0]: re.findall(r"^\*\*(\w+)\.\*\* \S", each, re.MULTILINE) for each in decisions}
    return [name for name, found in parts.items() if found != ["Context", "Decision", "Consequence"]]


def test_every_decision_has_context_decision_and_consequence() -> None:
    text = (BASE_DIR / "docs" / "decisions.md").read_text()

    assert misshapen_decisions(text) == []
    assert len(re.findall(r"^### ", text, re.MULTILINE)) >= 100


# Mistakes that must be found


@pytest.mark.parametrize("parts", [["Decision", "Context", "Consequence"], ["Context", "Decision"], []])
def test_decision_without_its_parts_is_found(parts: list[str]) -> None:
    written = "\n\n".join(f"**{part}.** Something." for part in parts)

    assert misshapen_decisions(f"# Decisions\n\n### One\n\n{written}\n") == ["One"]


def test_many_links_and_paths_are_found() -> None:
    texts = [document.read_text() for document in DOCUMENTS]

    assert len([link for text in texts for link in links(text)]) >= 30
    assert len([path for text in texts for path in paths(text)]) >= 150


@pytest.mark.parametrize(
    "path", ["events/gone.py", "gone.py", "events/gone/", "<app>/gone.py", "docs/gone.md", "static/js/gone.js"]
)
def test_path_that_does_not_exist_is_found(path: str) -> None:
    assert paths(f"See `{path}`.") == [path]
    assert not exists(path)


@pytest.mark.parametrize("part", ["users/me/", "/api/v1/", "events/{id}/announce/", "auth/refresh/", "rediss://"])
def test_part_of_a_url_is_no_path(part: str) -> None:
    assert paths(f"See `{part}`.") == []


@pytest.mark.parametrize("link", ["gone.md", "README.md#gone", "#gone"])
def test_link_that_leads_nowhere_is_found(link: str) -> None:
    assert links(f"See [this]({link}).") == [link]
    assert not leads_somewhere(link, README)


@pytest.mark.parametrize("link", ["docs/install.md", "docs/operate.md#upgrading", "#documents"])
def test_link_that_leads_somewhere_is_accepted(link: str) -> None:
    assert leads_somewhere(link, README)


def test_long_line_is_found_outside_of_tables_and_code_alone() -> None:
    long, fitting = "x" * 101, "x" * 100

    assert long_lines(f"{fitting}\n{long}\n| {long} |\n```\n{long}\n```\n") == [long]
