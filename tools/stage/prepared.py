"""What each embedded deployment starts with, made once for a run of tests: its database, secrets and static files.

Migrating an empty SQLite database and collecting the files takes longer than most tests with real processes. Each test
process makes its own, unless PREPARED_FOLDER names a folder for all of them, as .ci/run does for all suites.
"""

import atexit
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tools.stage.paths import BASE_DIR

# Settings on which the contents depend.
OWN = {"DATABASE_URL", "DEBUG", "DEPLOYMENT", "VAR_DIR"}


@cache
def prepared_folder() -> Path:
    """Return a folder like `var/` after the first start of `make run`, without the demo. It is removed at exit.

    Raises:
        subprocess.CalledProcessError: a command failed; its output was printed.
    """
    if shared := os.environ.get("PREPARED_FOLDER"):
        return _filled_once(Path(shared))
    folder = Path(tempfile.mkdtemp(prefix="prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _fill(folder)
    return folder


def _filled_once(shared: Path) -> Path:
    """Return the contents of a folder that test processes share. The first one fills it while the others wait."""
    contents, stamp = shared / "var", shared / "filled"
    contents.mkdir(parents=True, exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists():
            _fill(contents)
            stamp.touch()
    return contents


def _fill(folder: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if name not in OWN}
    for command in (["migrate"], ["collectstatic", "--no-input"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"],
            cwd=BASE_DIR,
            env={**inherited, "VAR_DIR": str(folder)},
            stdin=subprocess.DEVNULL,
            check=True,
        )
