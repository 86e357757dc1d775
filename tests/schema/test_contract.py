"""Test the API against its own schema: schemathesis calls every operation thousands of times, and in sequences."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.stage.live import Deployment

pytestmark = [pytest.mark.schema, pytest.mark.live]

HERE = Path(__file__).resolve().parent
PROGRAM = Path(sys.executable).with_name("schemathesis")
MIN_CASES = 2_000
CASES_PER_OPERATION = 55
OTHERS_EVENTS = 20

# Operations of which some calls must succeed.
DONE = {
    "POST /api/v1/auth/login/ 200",
    "POST /api/v1/auth/refresh/ 200",
    "POST /api/v1/auth/logout/ 204",
    "POST /api/v1/events/ 201",
    "POST /api/v1/events/{id}/subscribe/ 201",
    "POST /api/v1/events/{id}/announce/ 201",
}
# Prints an access token, valid for 5 minutes, of a new user with an event of their own, beside those of somebody else.
TOKEN = """
from datetime import timedelta
from accounts.services import open_api_session, create_user
from config.database import database_now
from events.services import create_event

at = database_now()
user = create_user(username="tester", email="tester@example.org", password="correct horse battery staple")
create_user(username="visitor", email="visitor@example.org", password="correct horse battery staple")
other = create_user(username="other", email="other@example.org", password="correct horse battery staple")
for number in range({events}):
    create_event(actor=other, at=at, headline="Lecture", starts_at=at + timedelta(days=1), state="public")
create_event(actor=user, at=at, headline="Concert", starts_at=at + timedelta(days=2), state="public")
print(open_api_session(user, at=at).access)
"""


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    with Deployment(["web"]) as deployment:
        yield deployment


def explore(deployment: Deployment, folder: Path, *options: str) -> str:
    """Run all checks in all phases, and return schemathesis' output, which ends with the number of cases."""
    done = subprocess.run(
        [
            *(PROGRAM, "--config-file", HERE / "schemathesis.toml", "run", f"{deployment.web_url}/api/schema/"),
            *("--checks", "all", "--max-examples", str(CASES_PER_OPERATION), "--workers", "2", "--continue-on-failure"),
            *("--generation-database", "none", "--warnings", "off", *options),
        ],
        cwd=folder,
        env={
            **os.environ,
            "NO_COLOR": "1",
            "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
            "SCHEMATHESIS_EVENTS": ",".join(map(str, range(1, OTHERS_EVENTS + 1))),
            "SCHEMATHESIS_SEEN": str(folder / "seen"),
        },
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


# Each in a group, so that the two run at the same time, against deployments of their own.
@pytest.mark.xdist_group("user")
def test_api_keeps_to_its_schema_for_a_user(deployment: Deployment, tmp_path: Path) -> None:
    login = f"Bearer {deployment.shell(TOKEN.format(events=OTHERS_EVENTS))}"

    # Deleting the account would end the login of all later calls.
    printed = explore(
        deployment, tmp_path, "--header", f"Authorization:{login}", "--exclude-name", "DELETE /api/v1/users/me/"
    )

    assert cases(printed) >= MIN_CASES
    assert set((tmp_path / "seen").read_text().splitlines()) >= DONE
    request = urllib.request.Request(f"{deployment.web_url}/api/v1/users/me/", headers={"Authorization": login})  # noqa: S310 - our own server
    with urllib.request.urlopen(request) as response:  # noqa: S310 - our own server
        assert response.status == 200  # the login was valid to the end, so not all cases were refused


@pytest.mark.xdist_group("anonymous")
def test_api_keeps_to_its_schema_for_anonymous(deployment: Deployment, tmp_path: Path) -> None:
    printed = explore(deployment, tmp_path)

    assert cases(printed) >= MIN_CASES
