"""Test that only services begin transactions, so that a doorway never holds one open while it renders or waits."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.syntax import syntax_of

# The packages of notifications are its services, and the demo is loaded completely or not at all.
MAY_BEGIN = re.compile(
    r"config/database\.py|(accounts|events)/services/[\w/]+\.py"
    r"|notifications/(delivery|inbox|mail)/\w+\.py|notifications/demo\.py"
)
NAMES = {"transaction", "transactional", "atomic"}


def is_about_transactions(source: str) -> bool:
    """Return whether a module imports anything that begins a transaction."""
    imports = [node for node in ast.walk(syntax_of(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {f"{getattr(node, 'module', '')}.{alias.name}" for node in imports for alias in node.names}
    return any(NAMES.intersection(name.split(".")) for name in names)


def test_transactions_begin_in_services_only() -> None:
    root: Path = settings.BASE_DIR
    modules = [
        path for app in ("config", "accounts", "events", "notifications") for path in root.glob(f"{app}/**/*.py")
    ]

    found = {str(path.relative_to(root)) for path in modules if is_about_transactions(path.read_text())}

    assert [path for path in sorted(found) if not MAY_BEGIN.fullmatch(path)] == []
    assert "events/services/events.py" in found


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import connection, transaction",
        "from config.database import transactional as whole",
        "import django.db.transaction",
        "from django.db.transaction import atomic",
        "def late():\n    from django.db import transaction",
    ],
)
def test_every_way_to_a_transaction_is_seen(source: str) -> None:
    assert is_about_transactions(source)


def test_other_imports_of_the_database_are_no_transactions() -> None:
    assert not is_about_transactions("from django.db import connection\nfrom config.database import database_now")
