"""A MariaDB server of one's own, for tests: in a temporary folder, on a unix socket, never on a port.

`python -m tests.private_mariadb -- pytest` runs a command with DATABASE_URL set, and ends with its exit code.
"""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# Debian keeps the server where only root looks.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def _program(*names: str) -> str:
    """Return the path of the first of these programs that is installed; older releases say mysql for mariadb."""
    for name in names:
        if path := shutil.which(name, path=SEARCH_PATH):
            return path
    raise RuntimeError(f"{names[0]} is not installed: on Debian, apt install mariadb-server")


def _create(folder: Path) -> None:
    """Create the system tables of a server whose root needs no password."""
    done = subprocess.run(
        [
            _program("mariadb-install-db", "mysql_install_db"),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={folder}/data",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout}{done.stderr}")


def _serve(folder: Path, options: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the server, return once it listens."""
    process = subprocess.Popen(
        [
            _program("mariadbd", "mysqld"),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={folder}/data",
            f"--socket={folder}/sock",
            f"--pid-file={folder}/pid",
            f"--log-error={folder}/log",
            f"--tmpdir={folder}",
            "--skip-networking",
            "--character-set-server=utf8mb4",
            # The data does not outlive the run: no need to wait for the disk.
            "--innodb-flush-log-at-trx-commit=0",
            "--skip-log-bin",
            *options,
        ],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # it repeats its log
    )
    while not _answers(folder / "sock"):
        if process.poll() is not None:
            raise RuntimeError(f"mariadbd ended with code {process.returncode}:\n{(folder / 'log').read_text()}")
        time.sleep(0.05)
    return process


def _create_database(folder: Path) -> None:
    """Create the empty database that the URL names."""
    statement = "CREATE DATABASE events CHARACTER SET utf8mb4"
    client = _program("mariadb", "mysql")
    subprocess.run([client, "--no-defaults", f"--socket={folder}/sock", "--execute", statement], check=True)


def _answers(path: Path) -> bool:
    """Tell whether something listens on this socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


@contextmanager
def private_mariadb(*options: str) -> Iterator[str]:
    """Start a server with these options more, yield a DATABASE_URL for it, and leave nothing behind."""
    # Short, because a socket's path is limited to about 100 bytes.
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    try:
        _create(folder)
        process = _serve(folder, options)
        try:
            _create_database(folder)
            yield f"mysql://root@/events?unix_socket={folder}/sock"
        finally:
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run the command after `--` against a private server."""
    if len(sys.argv) < 3 or sys.argv[1] != "--":
        sys.exit("usage: python -m tests.private_mariadb -- COMMAND [ARGUMENT ...]")
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with private_mariadb() as url:
        return subprocess.run(sys.argv[2:], env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main())
