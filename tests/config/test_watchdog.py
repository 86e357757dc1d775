"""Test that processes which are stuck end themselves, with real processes."""

import subprocess
import sys

import pytest

# Production's watchdog, and a process without a database.
PREPARE = """
import asyncio, time
import django
django.setup()
from django.conf import settings
settings.EMBEDDED = False
from notifications.health.processes import Kind
from notifications.health.record import Record
from notifications.feed import sockets
sockets.LOOP_PATIENCE_SECONDS = patience
sockets.LIFE_INTERVAL_SECONDS = 0.05

class NoHeartbeat:
    def note(self, **options): pass
    def note_failure(self): pass

record = Record(Kind.SWEEPER, patience_seconds=patience)
record._heartbeat = NoHeartbeat()

async def feed(work, checked_at=None):
    feed = sockets.Feed.current()
    feed._checked_at = time.monotonic() if checked_at is None else checked_at
    showing = asyncio.create_task(feed._show_life())
    await asyncio.sleep(0.1)
    await work()

async def hang():
    time.sleep(60)
"""


def run(code: str, *, patience_seconds: float = 0.5) -> subprocess.CompletedProcess[str]:
    program = f"patience = {patience_seconds}\n{PREPARE}{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize(
    "code",
    [
        "with record.one_pass(): time.sleep(60)",
        "with record.one_pass(): record.turn(None, {}); time.sleep(60)",
        "asyncio.run(feed(hang))",
        # An event loop that turns, and a position check that does not end.
        "asyncio.run(feed(lambda: asyncio.sleep(60), checked_at=-10_000))\n",
    ],
)
def test_process_that_is_stuck_ends_and_says_where(code: str) -> None:
    if "checked_at" in code:
        code = f"from config import watchdog; watchdog.arm(0.5)\n{code}"

    done = run(code)

    assert done.returncode == 1
    assert "Timeout (0:00:00.500000)!" in done.stderr
    assert 'File "<string>"' in done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "with record.one_pass():\n    for _ in range(30): record.turn(None, {}); time.sleep(0.1)",
        "with record.one_pass(): pass\ntime.sleep(3)",
        "asyncio.run(feed(lambda: asyncio.sleep(3)))",
    ],
)
def test_process_that_works_or_rests_is_left_alone(code: str) -> None:
    # Long, because a busy machine can let a process wait for a second.
    assert run(code + "\nprint('worked')", patience_seconds=2).stdout == "worked\n"


def test_embedded_deployment_has_no_watchdog() -> None:
    code = "settings.EMBEDDED = True\nwith record.one_pass(): time.sleep(1)\nprint('worked')"

    assert run(code).stdout == "worked\n"
