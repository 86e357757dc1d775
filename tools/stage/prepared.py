"""What each embedded deployment starts with, made once for a run of tests: its database, secrets and static files.

Migrating an empty SQLite database and collecting the files takes longer than most tests with real processes.
"""

import atexit
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
    folder = Path(tempfile.mkdtemp(prefix="prepared-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    inherited = {name: value for name, value in os.environ.items() if name not in OWN}
    for command in (["migrate"], ["collectstatic", "--no-input"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"],
            cwd=BASE_DIR,
            env={**inherited, "VAR_DIR": str(folder)},
            stdin=subprocess.DEVNULL,
            check=True,
        )
    return folder
