"""Test the schema with other tools: a linter, and a generator of clients."""

import os
import subprocess
from pathlib import Path

import pytest
from django.test import Client

pytestmark = pytest.mark.schema

HERE = Path(__file__).resolve().parent
# Neither sends requests to the network.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


@pytest.fixture
def schema(client: Client, tmp_path: Path) -> Path:
    """Return the schema as a file, as it is served."""
    path = tmp_path / "openapi.json"
    path.write_bytes(client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"}).content)
    return path


def run(tool: str, *arguments: str | Path) -> None:
    """Run a program of the npm packages. It must succeed."""
    done = subprocess.run(
        [HERE / "node_modules" / ".bin" / tool, *arguments],
        cwd=HERE,
        env={**os.environ, **QUIET},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_schema_is_valid_without_a_warning(schema: Path) -> None:
    run("redocly", "lint", "--config", "redocly.yaml", schema)


def test_program_compiles_with_the_types_made_of_the_schema(schema: Path) -> None:
    run(
        "openapi-typescript",
        schema,
        "--output",
        "node_modules/.cache/event-manager.d.ts",
        "--default-non-nullable=false",
    )

    run("tsc", "--project", "tsconfig.json")
