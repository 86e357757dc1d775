"""Run `make run` for tests: the launcher on free ports and with a temporary folder."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from config.embedded.preflight import MARKER, end_leftovers, marker_of
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port

READY = "Event manager is running at"


class Launcher:
    """Starts and ends the launcher, and knows the processes that it runs."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="events-"))
        self.var = self.folder / "var"
        self.port, self.feed_port = free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the environment of the launcher: SQLite, whatever database this suite uses."""
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        ours = {"VAR_DIR": str(self.var), "PORT": str(self.port), "FEED_PORT": str(self.feed_port)}
        return {**inherited, **ours, **changes}

    def start(self, *arguments: str) -> None:
        """Start it and return once it says that it is ready. Do nothing if it is running already."""
        if self.process and self.process.poll() is None:
            return
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.embedded.launch", *arguments],
                cwd=BASE_DIR,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        while READY not in self.output():
            if self.process.poll() is not None:
                raise RuntimeError(f"the launcher ended with code {self.process.returncode}:\n{self.output()}")
            time.sleep(0.1)

    def refused(self, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run the launcher with a changed environment in which it must refuse to start."""
        return subprocess.run(
            [sys.executable, "-m", "config.embedded.launch"],
            cwd=BASE_DIR,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def signal(self, number: int) -> int:
        """Send the launcher a signal, and return its exit code."""
        assert self.process
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait until the launcher ends by itself, and return its exit code."""
        assert self.process
        return self.process.wait()

    def output(self) -> str:
        """Return what the latest start has printed."""
        return (self.folder / "output").read_text()

    def processes(self) -> dict[int, str]:
        """Return the running processes other than the launcher: pid to command line."""
        marker = marker_of(self.var)
        found = {}
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARKER) == marker and process.status() != psutil.STATUS_ZOMBIE:
                    found[process.pid] = " ".join(process.cmdline())
            except psutil.Error:
                continue
        return found

    def part(self, word: str) -> psutil.Process:
        """Return the oldest running process whose command line contains this word."""
        pids = [pid for pid, line in self.processes().items() if word in line]
        return min(map(psutil.Process, pids), key=lambda process: (process.create_time(), process.pid))

    def remove(self) -> None:
        """End everything and remove the folder."""
        if self.process:
            self.process.kill()
            self.process.wait()
            end_leftovers(marker_of(self.var))
        shutil.rmtree(self.folder, ignore_errors=True)
