"""Test that templates are readable: short lines, short files, and neither scripts nor styles in them."""

import re
from pathlib import Path

import pytest

from tools.stage.paths import BASE_DIR

TEMPLATES = BASE_DIR / "templates"
FILES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})
MAX_COLUMNS = 160
MAX_LINES = 80
# Mail clients ignore stylesheets and classes, so emails contain their styles.
WITH_STYLES = {"mail/base.html", "mail/account.html", "mail/notifications.html", "mail/_entry.html"}

every_template = pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(TEMPLATES)) for path in FILES])


def long_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if len(line) > MAX_COLUMNS]


def inline_code(text: str) -> list[str]:
    """Return the scripts, styles and handlers that the Content-Security-Policy would refuse."""
    scripts = re.findall(r"<script\b(?![^>]*\bsrc=)[^>]*>", text)
    return scripts + inline_styles(text) + re.findall(r"\son[a-z]+=(?=[\"'])", text)


def inline_styles(text: str) -> list[str]:
    return re.findall(r"<style\b[^>]*>|\sstyle=(?=[\"'])", text)


@every_template
def test_lines_fit(path: Path) -> None:
    assert long_lines(path.read_text()) == []


@every_template
def test_template_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_LINES


@every_template
def test_template_holds_neither_scripts_nor_styles(path: Path) -> None:
    text = path.read_text()
    allowed = inline_styles(text) if str(path.relative_to(TEMPLATES)) in WITH_STYLES else []

    assert inline_code(text) == allowed


def test_templates_with_styles_have_some() -> None:
    assert {name for name in WITH_STYLES if inline_styles((TEMPLATES / name).read_text())} == WITH_STYLES


# Mistakes that must be found


def test_long_line_is_found() -> None:
    long, fitting = "é" * 161, "é" * 160

    assert long_lines(f"{fitting}\n{long}\n") == [long]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<script>go()</script>", ["<script>"]),
        ('<script type="module">go()</script>', ['<script type="module">']),
        ('<script type="module" src="/go.js"></script>', []),
        ("<style>p { color: red }</style>", ["<style>"]),
        ('<p style="color: red">', [" style="]),
        ('<button onclick="go()">', [" onclick="]),
        ('<p data-style="narrow" data-on="yes">', []),
    ],
)
def test_inline_code_is_found(text: str, found: list[str]) -> None:
    assert inline_code(text) == found
