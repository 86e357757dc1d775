"""What must hold before the embedded deployment starts: its settings, its folder to itself, and free ports.

Whatever does not hold raises `CannotStart`, which the launcher prints as one line.
"""

import fcntl
import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path

import psutil
from django.conf import settings

from config.embedded.folder import socket_path

# In the environment of every process of a deployment, and only there: by it they are recognised.
MARKER = "EVENTS_DEPLOYMENT"


class CannotStart(Exception):
    """Why the deployment does not start, in one line for a person."""


def check_settings() -> None:
    """Read the settings, which makes the secrets on the first start."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        embedded = settings.EMBEDDED
    except OSError as error:
        raise _unwritable(error) from error
    except ValueError as error:
        raise CannotStart(f"invalid setting: {error}") from error
    if not embedded:
        raise CannotStart("DEPLOYMENT is 'production', but this command only starts the embedded deployment.")


def claim_folder(var: Path) -> int:
    """Make the folders, private to their owner, and hold them for as long as this process lives.

    Returns the file descriptor that holds the claim; the system lets go of it however the process ends.
    """
    run = var / "run"
    try:
        for folder in (var, run, socket_path(var).parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_private(run)
        _make_private(socket_path(var).parent)
        (var / ".writable").touch()
        (var / ".writable").unlink()
        claim = os.open(run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _unwritable(error) from error
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(claim, 20).decode()
        raise CannotStart(f"already running in {var} (process {owner}). Set VAR_DIR to use another folder.") from error
    os.ftruncate(claim, 0)
    os.write(claim, str(os.getpid()).encode())
    return claim


def _make_private(folder: Path) -> None:
    """Shut others out of a folder of ours.

    A folder in /tmp may have been laid there by somebody else, and Valkey on its socket asks for no password.
    """
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise CannotStart(f"{folder} is not a folder that you own. Remove it or set VAR_DIR to another folder.")
    folder.chmod(0o700)


def _unwritable(error: OSError) -> CannotStart:
    return CannotStart(f"cannot write {error.filename}: {error.strerror}. Set VAR_DIR to another folder.")


def marker_of(var: Path) -> str:
    """Return what marks the processes of the deployment in this folder: a copy of the folder is another one."""
    return f"{var}:{var.stat().st_ino}"


def end_leftovers(marker: str) -> int:
    """End whatever still runs of this deployment, for example after its launcher was killed; return how many did.

    By what is in their environment, not by a recorded number: the system may have given that to somebody else.
    """
    ended = 0
    # Again until there are none: one of them may have started another meanwhile.
    while leftovers := [process for process in psutil.process_iter() if _belongs_to(process, marker)]:
        for process in leftovers:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        while any(map(_runs, leftovers)):
            time.sleep(0.01)
        ended += len(leftovers)
    return ended


def _belongs_to(process: psutil.Process, marker: str) -> bool:
    try:
        return bool(process.environ().get(MARKER) == marker) and _runs(process)
    except (psutil.Error, OSError):  # not ours to read, or gone
        return False


def _runs(process: psutil.Process) -> bool:
    """Tell whether it still holds anything, such as a port.

    A zombie, which its new parent has yet to collect, does not, once its threads have ended as well.
    """
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False


def check_port(variable: str, port: int) -> None:
    """Refuse a port that somebody else listens on, or that this user may not have."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"port {port} is unavailable ({error.strerror}). Set {variable} to another port."
            ) from error
