"""Test hosts whose clocks are five minutes off: only the database's clock decides when something is due."""

import asyncio
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults import stage
from tests.faults.callers import Caller
from tests.faults.pages import eventually, open_pages
from tests.faults.rounds import within
from tools.stage.live import Deployment, command_lines

# Headline, kind and lead of a notification.
What = tuple[str, str, int | None]
pytestmark = [pytest.mark.faults, pytest.mark.live]

OFF_SECONDS = 300
MERGE_SECONDS = 3
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture(scope="module")
def clock_skew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile the library that makes a process's clock wrong."""
    library = tmp_path_factory.mktemp("clock") / "skew.so"
    source = Path(__file__).with_name("clock_skew.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.parametrize("off", [OFF_SECONDS, -OFF_SECONDS])
def test_hosts_with_wrong_clocks_send_the_same_and_nothing_early(
    on_mariadb: dict[str, str], clock_skew: Path, off: int
) -> None:
    """Half of the hosts are ahead and half behind, so that Celery's messages, too, seem early or expired."""
    offs = {"web": off, "feed": -off, "worker": off, "beat": -off, "sweeper": -off}
    commands = command_lines() | {"sweeper": "exec python manage.py sweep --loop"}
    with Deployment(parts=[], ANNOUNCEMENT_MERGE_SECONDS=str(MERGE_SECONDS), **on_mariadb) as deployment:
        deployment.manage("collectstatic", "--no-input", "--verbosity", "0")
        for name, seconds in offs.items():
            skewed = f"exec env LD_PRELOAD={clock_skew} CLOCK_SKEW_SECONDS={seconds} "
            deployment.start(name, commands[name].replace("exec ", skewed, 1))
        for name in ("web", "feed"):
            deployment.wait_for(name)
        asyncio.run(_check_deliveries(deployment))


async def _check_deliveries(deployment: Deployment) -> None:
    [_, (reader, session_key)] = stage.call(deployment, "members", names=["organiser", "reader"])
    callers = [Caller(deployment.web_url, name) for name in ("organiser", "reader")]
    async with open_pages(deployment, [(reader, session_key)]) as [page]:
        expected = await asyncio.to_thread(_act, *callers)
        await eventually(lambda: len(page.notifications) >= len(expected), within(25))
        # Longer than a position check and a sweep.
        await asyncio.sleep(6)
    received = {(row["headline"], row["kind"], row["lead"]): row for row in stage.call(deployment, "notifications")}

    assert sorted(page.notifications) == sorted(row["id"] for row in received.values())
    assert set(received) == set(expected)
    seconds_after = {what: received[what]["created_at"] - moment for what, moment in expected.items()}
    assert {what: seconds for what, seconds in seconds_after.items() if not 0 <= seconds <= within(10)} == {}


def _act(organiser: Caller, reader: Caller) -> dict[What, float]:
    """Do on a web host what depends on the clock; return the notifications that must follow, and when."""
    now = datetime.now(UTC).replace(microsecond=0)

    def post(headline: str, starts_at: datetime, leads: list[int]) -> str:
        """Post an event and subscribe to it; return its URL."""
        event = organiser.call(
            "POST", "events/", {"headline": headline, "starts_at": str(starts_at), "state": "public"}
        )
        reader.call("POST", f"events/{event['id']}/subscribe/", {"leads": leads})
        return f"events/{event['id']}/"

    past = {"headline": "past", "starts_at": str(now - 2 * MINUTE)}
    assert organiser.send("POST", "events/", past).json["code"] == "start_in_past"
    post("soon", now + 2 * MINUTE, [])
    # The longer lead has passed, so its reminder is sent at once; the shorter one follows at this moment, which is
    # still to come when a slow host has posted and subscribed.
    later = datetime.now(UTC).replace(microsecond=0) + 10 * SECOND
    post("two leads", later + 60 * MINUTE, [60, 61])
    # A start in the past and one in the future, both within the error of the clocks.
    post("passed", now + 58 * MINUTE, [60])
    post("to come", now + 62 * MINUTE, [60])
    changing = post("changing", now + timedelta(days=1), [])
    organiser.call("POST", f"{changing}announce/", {"message": "Bring a coat."})
    organiser.call("PATCH", changing, {"location": "Rome"})
    cancelled = post("cancelled", now + timedelta(days=1), [60])
    organiser.call("POST", f"{cancelled}cancel/", {})
    at_once = now.timestamp()
    return {
        ("two leads", "reminder", 61): at_once,
        ("two leads", "reminder", 60): later.timestamp(),
        ("passed", "reminder", 60): at_once,
        ("changing", "message", None): at_once,
        ("changing", "relocated", None): at_once + MERGE_SECONDS,
        ("cancelled", "cancelled", None): at_once,
    }
