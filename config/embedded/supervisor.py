"""The processes of the embedded deployment, run together: they start together and they end together.

Honcho's processes and printer, but not its manager, which sends Valkey away together with those that still talk to
it, does not see a program that ended while its children live, and fails on a signal that comes while it is starting.
"""

import os
import queue
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from threading import Thread
from types import FrameType
from typing import NamedTuple

from honcho.colour import get_colours
from honcho.printer import Message, Printer
from honcho.process import Process

# After this long a part that was asked to end is killed.
PATIENCE_SECONDS = 5
# The others still talk to it while they end.
LAST_TO_STOP = "valkey"


class Ending(NamedTuple):
    """The part that ended first, and how: a negative code is the signal that killed it."""

    part: str
    code: int

    def __str__(self) -> str:
        if self.code < 0:
            return f"{self.part} was killed by {signal.Signals(-self.code).name}"
        return f"{self.part} ended with exit code {self.code}"


class Parts:
    """A set of running processes with one output.

    Arguments: the command lines by name, each for a shell that is replaced by `exec`, so that a signal reaches the
    program; and the environment for all of them.
    """

    def __init__(self, commands: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._messages: queue.Queue[Message] = queue.Queue()
        self._printer = Printer(sys.stdout, width=max(map(len, commands)))
        self._starting: set[str] = set()
        self._running: dict[str, int] = {}
        self._asked: set[str] = set()
        self._stopping_since: float | None = None
        self.first_ending: Ending | None = None
        self._processes = {
            name: Process(command, name=name, colour=colour, env=dict(environment))
            for (name, command), colour in zip(commands.items(), get_colours(), strict=False)
        }

    def start(self, *names: str) -> None:
        """Start these as soon as `run` comes to it; any thread may call it."""
        for name in names:
            self._put("go", name)

    def say(self, text: str) -> None:
        """Print lines of the launcher's own between those of the parts; any thread may call it."""
        self._put("banner", text=text)

    def run(self) -> None:
        """Run until a part ends, which is then the `first_ending`, or a signal asks to; none is left running."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask_to_stop)
        while self._starting or self._running or not self._messages.empty():
            self._read_message()
            self._end_orphans()
            if self._stopping_since is not None:
                self._press_on()

    def _put(self, kind: str, name: str | None = None, text: str = "") -> None:
        self._messages.put(Message(kind, text, datetime.now().astimezone(), name, None))

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Only take note: a handler that prints may interrupt a print."""
        self._stopping_since = self._stopping_since or time.monotonic()

    def _read_message(self) -> None:
        try:
            message = self._messages.get(timeout=0.1)
        except queue.Empty:
            return
        match message.type:
            case "line":
                self._printer.write(message)
            case "banner":
                print(message.data, file=self._printer.output, flush=True)
            case "go" if self._stopping_since is None:
                self._starting.add(message.name)
                Thread(target=self._processes[message.name].run, args=(self._messages,), daemon=True).start()
            case "start":
                self._starting.discard(message.name)
                self._running[message.name] = message.data["pid"]
            case "stop":
                del self._running[message.name]
                if self._stopping_since is None:
                    self.first_ending = Ending(message.name, message.data["returncode"])
                    self._stopping_since = time.monotonic()

    def _press_on(self) -> None:
        """Ask those that may go to go, each once; kill them all when patience is at its end."""
        if time.monotonic() - (self._stopping_since or 0) > PATIENCE_SECONDS:
            for pid in self._running.values():
                _kill_group(pid)
            return
        others = (self._starting | self._running.keys()) - {LAST_TO_STOP}
        may_go = (others or {LAST_TO_STOP}) & (self._running.keys() - self._asked)
        for name in may_go:
            # The program only: it tells its own children better than a signal to all of them would.
            with suppress(ProcessLookupError):
                os.kill(self._running[name], signal.SIGTERM)
        self._asked |= may_go

    def _end_orphans(self) -> None:
        """Kill what an ended program left in its group, since honcho sees an end only when nobody holds the output."""
        for pid in self._running.values():
            with suppress(ChildProcessError):
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    _kill_group(pid)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
