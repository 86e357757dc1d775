"""Run the processes of the embedded deployment, which start together and end together.

This uses honcho's processes and printer, but not its manager. The manager stops Valkey at the same time as the
processes that still use it, does not notice that a program has ended while its children live, and fails if a signal
arrives while it is starting.
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

# How long processes may take to stop before they are killed.
PATIENCE_SECONDS = 5
# It stops after the others, because they still use it while they are stopping.
LAST_TO_STOP = "valkey"


class Ending(NamedTuple):
    """The process that ended first, and its exit code. A negative code is the signal that killed it."""

    process: str
    code: int

    def __str__(self) -> str:
        if self.code < 0:
            return f"{self.process} was killed by {signal.Signals(-self.code).name}"
        return f"{self.process} ended with exit code {self.code}"


class Supervisor:
    """Runs a set of processes that share one output.

    `commands` are command lines by name. Each is for a shell, which must be replaced by `exec`, so that a signal
    reaches the program. `environment` is that of all processes.
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
        """Ask `run` to start these processes. Any thread may call this."""
        for name in names:
            self._put("go", name)

    def say(self, text: str) -> None:
        """Print lines of the launcher between those of the processes. Any thread may call this."""
        self._put("banner", text=text)

    def run(self) -> None:
        """Run until a process ends, which becomes the `first_ending`, or a signal arrives. Then stop all of them."""
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
        """Only record the request, because a signal handler that prints could interrupt another print."""
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
        """Ask each process that may stop to stop, once. Kill all of them when PATIENCE_SECONDS have passed."""
        if time.monotonic() - (self._stopping_since or 0) > PATIENCE_SECONDS:
            for pid in self._running.values():
                _kill_group(pid)
            return
        others = (self._starting | self._running.keys()) - {LAST_TO_STOP}
        may_stop = (others or {LAST_TO_STOP}) & (self._running.keys() - self._asked)
        for name in may_stop:
            # Signal the program only, because it stops its children better than a signal to all of them would.
            with suppress(ProcessLookupError):
                os.kill(self._running[name], signal.SIGTERM)
        self._asked |= may_stop

    def _end_orphans(self) -> None:
        """Kill the processes that a program left in its group when it ended.

        honcho notices the end of a program only when no process has its output open any more.
        """
        for pid in self._running.values():
            with suppress(ChildProcessError):
                if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                    _kill_group(pid)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
