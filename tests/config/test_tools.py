"""Test that imports between tests and tools point one way."""

import ast

from tests.syntax import syntax_of
from tools.stage.paths import BASE_DIR


def packages_of(source: str) -> set[str]:
    """Return the first part of each name that a module imports from."""
    names = [
        name
        for node in ast.walk(syntax_of(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
    ]
    return {name.partition(".")[0] for name in names}


def test_tools_import_no_tests() -> None:
    modules = sorted((BASE_DIR / "tools").rglob("*.py"))

    assert len(modules) > 10
    assert [str(path) for path in modules if "tests" in packages_of(path.read_text())] == []


def test_import_within_a_function_is_found() -> None:
    assert packages_of("import os.path\ndef run():\n    from tests.pages import words") == {"os", "tests"}
