"""Check that the embedded deployment can start: a folder that no other one uses, and free ports.

Every check that fails raises `CannotStart`, which the launcher prints as one line.
"""

import fcntl
import os
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path

import psutil

from config.embedded.folder import socket_path

# Every process of a deployment has this variable in its environment, and is recognised by it. No other process has it.
MARKER = "EVENTS_DEPLOYMENT"


class CannotStart(Exception):
    """The deployment cannot start. The message is one line that says why."""


def claim_folder(var: Path) -> int:
    """Create the folders, private to their owner, and lock them for as long as this process lives.

    Return the file descriptor that holds the lock. The system releases it however the process ends.
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
        raise unwritable(error) from error
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(claim, 20).decode()
        raise CannotStart(f"already running in {var} (process {owner}). Set VAR_DIR to use another folder.") from error
    os.ftruncate(claim, 0)
    os.write(claim, str(os.getpid()).encode())
    return claim


def _make_private(folder: Path) -> None:
    """Make a folder accessible to its owner only, who must be this user.

    Somebody else may have created the folder if it is in /tmp, and Valkey asks for no password on its socket.
    """
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise CannotStart(f"{folder} is not a folder that you own. Remove it or set VAR_DIR to another folder.")
    folder.chmod(0o700)


def unwritable(error: OSError) -> CannotStart:
    """Return the refusal of a file or folder that could not be written."""
    return CannotStart(f"cannot write {error.filename}: {error.strerror}. Set VAR_DIR to another folder.")


def marker_of(var: Path) -> str:
    """Return the value of MARKER for the deployment in this folder. A copy of the folder is another deployment."""
    return f"{var}:{var.stat().st_ino}"


def end_leftovers(marker: str) -> int:
    """Kill the processes of this deployment that are still running, and return how many there were.

    Some are left over if, for example, the launcher was killed. They are recognised by their environment, because the
    system may by now have given a recorded process id to somebody else's process.
    """
    ended = 0
    # Repeat this until there are none, because one of them may have started another in the meantime.
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
    except (psutil.Error, OSError):  # another user's process, or it has ended
        return False


def _runs(process: psutil.Process) -> bool:
    """Return whether a process may still hold anything, such as a port.

    A zombie that its new parent has not collected yet holds nothing once its threads have ended as well.
    """
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except psutil.NoSuchProcess:
        return False


def check_port(variable: str, port: int) -> None:
    """Refuse a port that another process listens on, or that this user may not use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CannotStart(
                f"port {port} is unavailable ({error.strerror}). Set {variable} to another port."
            ) from error
