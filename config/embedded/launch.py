"""Start the embedded deployment: `python -m config.embedded.launch`, which is `make run`; with `--dev`, `make dev`.

It has the folder prepared (database, static files, and a demo if there are no users), then runs processes of the
Procfile until one of them ends or Ctrl-C is pressed. It imports no Django, which would take 60 MB for as long as it
runs: what needs Django is done by `config.embedded.prepare`, in processes that end.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from honcho.environ import parse_procfile

from config.embedded.folder import socket_path
from config.embedded.preflight import (
    MARKER,
    CannotStart,
    check_port,
    claim_folder,
    end_leftovers,
    marker_of,
)
from config.embedded.probe import status_of
from config.embedded.supervisor import Ending, Supervisor

BASE_DIR = Path(__file__).resolve().parents[2]
RUN = ("valkey", "web", "feed", "worker", "mailer")
DEV = ("valkey", "runserver", "worker", "mailer")


@dataclass(frozen=True)
class Settings:
    """What the launcher needs to know, as `config.embedded.prepare` prints it."""

    var_dir: Path
    port: int
    feed_port: int | None
    allowed_hosts: list[str]
    valkey_server: str


def main() -> None:
    """Start the deployment. Exit with one line and a code other than 0 if it cannot start or a process of it ends."""
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded.launch", description="Start the embedded deployment."
    )
    parser.add_argument("--dev", action="store_true", help="run Django’s reloading server instead of web and feed")
    names: tuple[str, ...] = RUN
    if parser.parse_args().dev:
        names = DEV
        os.environ.update(DEBUG="1", FEED_PORT="")
    os.umask(0o077)
    try:
        ending = launch(names)
    except CannotStart as refusal:
        sys.exit(f"Cannot start: {refusal}")
    except KeyboardInterrupt:
        sys.exit(130)
    if ending:
        sys.exit(f"Stopping: {ending}.")


def launch(names: tuple[str, ...]) -> Ending | None:
    """Run these processes of the Procfile, and return which of them ended by itself, if one did."""
    settings = read_settings()
    claim_folder(settings.var_dir)
    marker = marker_of(settings.var_dir)
    if leftovers := end_leftovers(marker):
        say(f"Stopped {leftovers} leftover {'process' if leftovers == 1 else 'processes'} from an earlier run.")
    check_ports(names, settings)
    environment = environment_of(settings, marker)
    logins = prepare(environment, with_static_files="web" in names)
    supervisor = Supervisor(commands(names), environment)
    # Start Valkey and the pages. The guide starts the rest once the pages answer.
    supervisor.start(*names[:2])
    guide = Guide(supervisor, names[2:], settings, logins)
    Thread(target=guide.run, daemon=True).start()
    try:
        supervisor.run()
    finally:
        end_leftovers(marker)
        guide.print_logins_at_least()
    return supervisor.first_ending


def read_settings() -> Settings:
    """Return the settings, which creates the secrets at the first start."""
    task = start_task("settings", os.environ, stdout=subprocess.PIPE)
    read = json.loads(finished(task))
    return Settings(**{**read, "var_dir": Path(read["var_dir"])})


def check_ports(names: tuple[str, ...], settings: Settings) -> None:
    """Check that the ports are free.

    Raises:
        CannotStart: a port is in use. The message names the port and the variable that changes it.
    """
    check_port("PORT", settings.port)
    if "feed" in names:
        if settings.feed_port in (None, settings.port):
            raise CannotStart("FEED_PORT must differ from PORT.")
        check_port("FEED_PORT", settings.feed_port)


def prepare(environment: Mapping[str, str], *, with_static_files: bool) -> str:
    """Prepare the database and, at the same time, the static files. Return what is to be said about the demo's logins.

    The text is empty if no demo was loaded.
    """
    tasks = [start_task("database", environment, stdout=subprocess.PIPE)]
    if with_static_files:
        tasks.append(start_task("static", environment))
    logins = ""
    try:
        for task in tasks:
            logins += finished(task)
    except BaseException:
        if logins:
            say(logins)  # they cannot be read anywhere else
        raise
    finally:
        for task in tasks:
            task.kill()
    return logins


def start_task(name: str, environment: Mapping[str, str], stdout: int | None = None) -> subprocess.Popen[str]:
    """Start a task of `config.embedded.prepare`. Ctrl-C reaches only the launcher, which then ends the task."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "config.embedded.prepare", name],
        cwd=BASE_DIR,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        text=True,
        start_new_session=True,
    )


def finished(task: subprocess.Popen[str]) -> str:
    """Wait for a task, and return its output if that is captured.

    Raises:
        SystemExit: it has failed, and has said why.
    """
    output, _ = task.communicate()
    if task.returncode:
        sys.exit(1)
    return output or ""


def commands(names: tuple[str, ...]) -> dict[str, str]:
    """Return the command lines of these processes of the Procfile, in this order."""
    lines = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
    return {name: lines[name] for name in names}


def environment_of(settings: Settings, marker: str) -> dict[str, str]:
    """Return the environment of the processes: that of this process, and the variables that the Procfile refers to."""
    return {
        **os.environ,
        MARKER: marker,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # nothing may be written outside VAR_DIR; the launcher gets -B from make
        "VAR_DIR": str(settings.var_dir),
        "RUN_DIR": str(settings.var_dir / "run"),
        "PORT": str(settings.port),
        "FEED_PORT": str(settings.feed_port or ""),
        "VALKEY_SERVER": settings.valkey_server,
        "VALKEY_SOCKET": str(socket_path(settings.var_dir)),
    }


class Guide:
    """Starts the other processes once the pages answer, then prints the URL and the demo's logins."""

    def __init__(self, supervisor: Supervisor, rest: tuple[str, ...], settings: Settings, logins: str) -> None:
        self._supervisor = supervisor
        self._rest = rest
        self._settings = settings
        self._logins = logins
        self._is_done = False

    def run(self) -> None:
        """Wait until the pages answer, start the other processes, and print the URL once the feed answers too.

        If all processes started at once, they would compete for the processor, and the pages would be 1.5 s later on
        two cores.
        """
        settings = self._settings
        self._wait_for(settings.port)
        self._supervisor.start(*self._rest)
        if settings.feed_port:
            self._wait_for(settings.feed_port)
        self._is_done = True
        self._supervisor.say(
            f"\n  Event manager is running at http://localhost:{settings.port} (press Ctrl-C to stop; data is in"
            f" {settings.var_dir}).\n\n{self._logins}"
        )

    def print_logins_at_least(self) -> None:
        """Print the demo's logins if `run` has not printed anything, because they cannot be read anywhere else."""
        if self._logins and not self._is_done:
            say(self._logins)

    def _wait_for(self, port: int) -> None:
        """Wait for an answer. It may be an error, which the server's process explains in its output."""
        while status_of(port, self._settings.allowed_hosts) is None:
            time.sleep(0.05)


def say(text: str) -> None:
    """Print text for the person at the terminal."""
    print(text, flush=True)  # noqa: T201 - this program's output


if __name__ == "__main__":
    main()
