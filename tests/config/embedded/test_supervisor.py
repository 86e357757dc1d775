import os
import signal
import threading
from collections.abc import Iterator

import pytest

from config.embedded import supervisor as parts
from config.embedded.supervisor import Ending, Supervisor


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """Restore pytest's signal handlers."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def supervisor_of(**commands: str) -> Supervisor:
    running = Supervisor(commands, os.environ)
    running.start(*commands)
    return running


def test_part_that_ends_ends_the_others_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    running = supervisor_of(worker="exec sleep 60", web="echo hello; exit 3")

    running.run()

    assert running.first_ending == Ending("web", 3)
    assert str(running.first_ending) == "web ended with exit code 3"
    assert "web    | hello\n" in capsys.readouterr().out


def test_program_that_ends_before_its_children_counts_as_ended() -> None:
    running = supervisor_of(worker="exec sleep 60", web="sleep 61 & kill -KILL $$")

    running.run()

    assert str(running.first_ending) == "web was killed by SIGKILL"


def test_signal_ends_all_with_nobody_to_name() -> None:
    running = supervisor_of(web="exec sleep 60", worker="exec sleep 60")
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()

    running.run()

    assert running.first_ending is None


def test_signal_before_anything_has_started_starts_nothing() -> None:
    running = Supervisor({"web": "exec sleep 60"}, os.environ)
    running.start("web")
    running._ask_to_stop(signal.SIGINT, None)

    running.run()

    assert running.first_ending is None


def test_part_that_ignores_the_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PATIENCE_SECONDS", 0.5)
    running = supervisor_of(web="trap '' TERM; while :; do sleep 60; done", worker="sleep 0.3; exit 1")

    running.run()

    assert running.first_ending == Ending("worker", 1)


def test_valkey_is_asked_to_stop_after_all_others_have(capsys: pytest.CaptureFixture[str]) -> None:
    says_goodbye = "trap 'sleep 0.2; echo goodbye; exit' TERM; while :; do sleep 0.1; done"
    running = supervisor_of(valkey=says_goodbye, web=says_goodbye, worker="sleep 0.5; exit 1")

    running.run()

    lines = [line for line in capsys.readouterr().out.splitlines() if "goodbye" in line]
    assert [line.split()[1] for line in lines] == ["web", "valkey"]


def test_part_that_is_started_later_runs_beside_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    running = Supervisor({"web": "exec sleep 60", "feed": "echo late; exit 1"}, os.environ)
    running.start("web")
    threading.Timer(0.3, running.start, ("feed",)).start()

    running.run()

    assert running.first_ending == Ending("feed", 1)
    assert "feed | late" in capsys.readouterr().out
