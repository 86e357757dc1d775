"""Test upgrading without a pause: the previous version keeps serving while this one migrates and takes over.

The processes of the previous version use the migrated database beside those of this version, as they do during the
upgrade that docs/operate.md describes.
"""

import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.faults.callers import Caller, send
from tests.faults.rounds import within
from tests.faults.stage import PASSWORD
from tests.waiting import wait_until
from tools.stage.live import Deployment
from tools.stage.paths import BASE_DIR
from tools.stage.private_mariadb import PrivateMariaDB

pytestmark = [pytest.mark.faults, pytest.mark.live]

# The commit of the version that people upgrade from. Move it with each release, and never past a migration that is
# not released yet.
PREVIOUS_VERSION = "4a97fa9"
# Both versions must sign alike. Changes are announced at once, so that the test need not wait for them.
SETTINGS = {
    "SECRET_KEY": "signs-what-both-versions-of-the-test-read-1",
    "JWT_SIGNING_KEY": "signs-what-both-versions-of-the-test-read-2",
    "ANNOUNCEMENT_MERGE_SECONDS": "0",
}


@pytest.fixture(scope="module")
def previous_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of the previous version, in a folder of its own."""
    folder = tmp_path_factory.mktemp("previous")
    archiving = subprocess.run(["git", "archive", PREVIOUS_VERSION], cwd=BASE_DIR, capture_output=True, check=False)
    if archiving.returncode:
        pytest.skip(f"git has no previous version here: {archiving.stderr.decode().strip()}")
    with tarfile.open(fileobj=BytesIO(archiving.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Person(Caller):
    """Somebody who signs up and then uses the API of one of the versions."""

    def __init__(self, web_url: str, username: str = "") -> None:
        self.username = username or f"person-{uuid.uuid4().hex[:8]}"
        if not username:
            account = {"username": self.username, "email": f"{self.username}@example.org", "password": PASSWORD}
            assert send(f"{web_url}/api/v1/auth/signup/", "POST", account).status == 201
        super().__init__(web_url, self.username)

    def inbox(self) -> list[tuple[str, str]]:
        """Return `(kind, headline)` of each notification, the oldest first."""
        rows = self.call("GET", "notifications/?page_size=100")["results"]
        return [(row["kind"], row["headline"]) for row in reversed(rows)]


def posted(organiser: Person, headline: str, **fields: Any) -> int:
    """Post a public event that starts in two hours, and return its id."""
    start = datetime.now(UTC) + timedelta(hours=2)
    event = {"headline": headline, "starts_at": start.isoformat(), "time_zone": "Europe/Rome", "state": "public"}
    event_id: int = organiser.call("POST", "events/", event | fields)["id"]
    return event_id


def notify_of_everything(organiser: Person, subscriber: Person, headline: str) -> list[tuple[str, str]]:
    """Do everything about an event that notifies its subscriber, and return the notifications."""
    event = posted(organiser, headline)
    # The lead has passed, so the reminder is due at once.
    subscriber.call("POST", f"events/{event}/subscribe/", {"leads": [180]})
    assert has_received(subscriber, ("reminder", headline))
    start = datetime.now(UTC) + timedelta(days=3)
    organiser.call("PATCH", f"events/{event}/", {"starts_at": start.isoformat()})
    assert has_received(subscriber, ("rescheduled", headline))
    organiser.call("POST", f"events/{event}/announce/", {"message": "Bring a lamp."})
    organiser.call("POST", f"events/{event}/cancel/", {"reason": "Rain"})
    assert has_received(subscriber, ("cancelled", headline))
    return [(kind, headline) for kind in ("reminder", "rescheduled", "message", "cancelled")]


def found(person: Person, words: str) -> list[int]:
    """Return the ids of the events that a search finds."""
    return [event["id"] for event in person.call("GET", f"events/?{urlencode({'q': words})}")["results"]]


def statuses_of_pages(web_url: str) -> set[int]:
    """Return the statuses of pages that anybody can open."""
    return {send(f"{web_url}{path}").status for path in ("/", "/?past=1", "/accounts/login/", "/accounts/signup/")}


def has_received(person: Person, notification: tuple[str, str]) -> bool:
    """Return whether this becomes the person's newest notification before long."""
    return wait_until(lambda: person.inbox()[-1:] == [notification], within(15))


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of an empty database on a server of its own. This version has migrated the one of the other tests."""
    with PrivateMariaDB() as mariadb:
        yield mariadb.url


def test_previous_version_serves_beside_this_one(empty_database: str, previous_code: Path) -> None:
    settings = SETTINGS | {"DATABASE_URL": empty_database}
    with Deployment(parts=["web", "worker", "beat"], code=previous_code, **settings) as previous:
        organiser, subscriber, newcomer = (Person(previous.web_url) for _ in range(3))
        expected = notify_of_everything(organiser, subscriber, "before the upgrade")
        older = posted(organiser, "Zürich before the upgrade")

        # This version migrates and delivers, while the previous one still serves pages and API.
        with Deployment(parts=["web", "worker", "beat"], REDIS_URL=previous.valkey.url, **settings) as current:
            previous.stop("worker")
            previous.stop("beat")
            assert statuses_of_pages(previous.web_url) == {200}
            latecomer = Person(previous.web_url)
            expected += notify_of_everything(organiser, subscriber, "during the upgrade")
            kept = posted(organiser, "kept over the upgrade")
            for person in (newcomer, latecomer):
                person.call("POST", f"events/{kept}/subscribe/", {"leads": []})
            meanwhile = posted(organiser, "Zürich during the upgrade")
            upgraded = Person(current.web_url, organiser.username)
            newer = posted(upgraded, "Zürich with this version")
            assert found(organiser, "zürich") == found(upgraded, "zürich") == [older, meanwhile, newer]
            assert found(upgraded, "zurich upgrade") == [older]

            # Now this version serves alone, and finds what the previous one wrote.
            previous.stop("web")
            organiser, subscriber, newcomer, latecomer = (
                Person(current.web_url, person.username) for person in (organiser, subscriber, newcomer, latecomer)
            )
            assert statuses_of_pages(current.web_url) == {200}
            current.manage("refresh_search")
            assert found(organiser, "upgrade zurich") == [older, meanwhile]
            expected += notify_of_everything(organiser, subscriber, "after the upgrade")
            organiser.call("DELETE", f"events/{kept}/")
            assert has_received(newcomer, ("cancelled", "kept over the upgrade"))
            assert has_received(latecomer, ("cancelled", "kept over the upgrade"))
            assert subscriber.inbox() == expected
