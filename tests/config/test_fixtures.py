"""Test that a fixture's name has one meaning in the whole suite, so that tests can be read without looking it up."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.syntax import syntax_of

TESTS = Path(__file__).resolve().parents[1]
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Use(NamedTuple):
    """The type that a fixture or a parameter is annotated with, and where."""

    name: str
    type: str
    position: str


@cache
def tree_of(path: Path) -> ast.Module:
    return syntax_of(path.read_text())


@cache
def aliases(path: Path) -> dict[str, str]:
    """Return the type aliases that a module defines or imports from another test module: name to type."""
    found = {}
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ast.unparse(node.value)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests."):
            other = TESTS.parent / f"{(node.module or '').replace('.', '/')}.py"
            known = aliases(other) if other.exists() else {}
            found |= {each.name: known[each.name] for each in node.names if each.name in known}
    return found


def type_said(annotation: ast.expr | None, path: Path) -> str:
    """Return an annotation without the iterator that pytest unwraps, and with its aliases resolved."""
    said = ast.unparse(annotation) if annotation else ""
    said = aliases(path).get(said, said)
    if found := re.fullmatch(r"(?:Async)?Iterator\[(.*)\]", said):
        said = found[1]
    return aliases(path).get(said, said)


def functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, Function))


def is_fixture(function: Function) -> bool:
    return any(ast.unparse(each).partition("(")[0] == "pytest.fixture" for each in function.decorator_list)


def fixtures(path: Path) -> Iterator[Use]:
    for function in functions(path):
        if is_fixture(function) and not function.name.startswith("_"):
            position = f"{path.relative_to(TESTS.parent)}:{function.lineno}"
            yield Use(function.name, type_said(function.returns, path), position)


def parameters(path: Path) -> Iterator[Use]:
    """Yield the parameters of tests and fixtures."""
    for function in functions(path):
        if is_fixture(function) or function.name.startswith("test_"):
            for each in (*function.args.args, *function.args.kwonlyargs):
                yield Use(each.arg, type_said(each.annotation, path), f"{path.relative_to(TESTS.parent)}:{each.lineno}")


def modules() -> list[Path]:
    return sorted(path for path in TESTS.rglob("*.py") if "node_modules" not in path.parts)


@pytest.fixture(scope="module")
def fixture_types() -> dict[str, set[str]]:
    types = defaultdict(set)
    for path in modules():
        for each in fixtures(path):
            types[each.name].add(each.type)
    return types


def test_no_name_of_a_fixture_has_two_types(fixture_types: dict[str, set[str]]) -> None:
    assert len(fixture_types) > 50
    assert {name: types for name, types in fixture_types.items() if len(types) > 1} == {}


def test_every_parameter_has_the_type_of_the_fixture_of_its_name(fixture_types: dict[str, set[str]]) -> None:
    used = [each for path in modules() for each in parameters(path) if each.name in fixture_types]

    assert len(used) > 1000
    assert [each for each in used if each.type not in fixture_types[each.name]] == []


def test_browser_that_is_logged_in_is_named_for_the_person(fixture_types: dict[str, set[str]]) -> None:
    clients = {name for name, types in fixture_types.items() if types & {"Client", "list[Client]"}}

    assert clients
    assert {name for name in clients if not re.fullmatch(r"[a-z_]+_clients?", name)} == set()
