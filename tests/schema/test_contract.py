"""The API held against its own schema: schemathesis calls every operation thousands of times, and in sequences."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Deployment

pytestmark = [pytest.mark.schema, pytest.mark.live]

HERE = Path(__file__).resolve().parent
PROGRAM = Path(sys.executable).with_name("schemathesis")
MIN_CASES = 2_000
CASES_PER_OPERATION = 55

# Prints an access token of a new user who has an event of their own; it is good for 5 minutes.
TOKEN = """
from datetime import timedelta
from accounts.services import open_api_session, register_user
from config.database import database_now
from events.services import create_event

at = database_now()
user = register_user(username="tester", email="tester@example.org", password="correct horse battery staple")
create_event(actor=user, at=at, headline="Concert", starts_at=at + timedelta(days=2), state="public")
print(open_api_session(user, at=at).access)
"""


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with Deployment(["web"]) as deployment:
        yield deployment


def explore(deployment: Deployment, folder: Path, *options: str) -> str:
    """Run all checks in all phases, and return what schemathesis prints; it ends with the number of cases."""
    done = subprocess.run(
        [
            *(PROGRAM, "--config-file", HERE / "schemathesis.toml", "run", f"{deployment.web_url}/api/schema/"),
            *("--checks", "all", "--max-examples", str(CASES_PER_OPERATION), "--workers", "2", "--continue-on-failure"),
            *("--generation-database", "none", "--warnings", "off", *options),
        ],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cases(printed: str) -> int:
    found = re.search(r"(\d[\d,]*) generated", printed)
    assert found, printed
    return int(found[1].replace(",", ""))


def test_api_keeps_to_its_schema_for_a_user(deployment: Deployment, tmp_path: Path) -> None:
    login = f"Bearer {deployment.shell(TOKEN)}"

    # Deleting the account would end the login of all that follows.
    printed = explore(
        deployment, tmp_path, "--header", f"Authorization:{login}", "--exclude-name", "DELETE /api/v1/users/me/"
    )

    assert cases(printed) >= MIN_CASES
    request = urllib.request.Request(f"{deployment.web_url}/api/v1/users/me/", headers={"Authorization": login})  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as response:  # noqa: S310 - our own server
        assert response.status == 200  # the login held to the end, so the cases were not all refused


def test_api_keeps_to_its_schema_for_anonymous(deployment: Deployment, tmp_path: Path) -> None:
    printed = explore(deployment, tmp_path)

    assert cases(printed) >= MIN_CASES
