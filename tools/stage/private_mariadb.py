"""Run a private MariaDB server: in a temporary folder, on a unix socket, never on a port.

`python -m tools.stage.private_mariadb -- pytest` runs a command with DATABASE_URL set, and exits with its exit code.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# Debian installs the server in a folder that is on root's path only.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def _program(*names: str) -> str:
    """Return the path of the first of these programs that is installed; older releases say mysql for mariadb."""
    for name in names:
        if path := shutil.which(name, path=SEARCH_PATH):
            return path
    raise RuntimeError(f"{names[0]} is not installed: on Debian, apt install mariadb-server")


class PrivateMariaDB:
    """A context manager around one server that can be killed and started again on the same data.

    with PrivateMariaDB("--max-connections=50") as mariadb:
        Deployment(DATABASE_URL=mariadb.url)
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        # Short, because a socket's path is limited to about 100 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
        self.socket = f"{self.folder}/sock"
        self.url = f"mysql://root@/events?unix_socket={self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._create()
            self.start()
            self._create_database()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server and return once it accepts connections."""
        self._process = subprocess.Popen(
            [
                _program("mariadbd", "mysqld"),
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={self.folder}/data",
                f"--socket={self.socket}",
                f"--pid-file={self.folder}/pid",
                f"--log-error={self.folder}/log.err",
                f"--tmpdir={self.folder}",
                "--skip-networking",
                "--character-set-server=utf8mb4",
                # The data is temporary, so there is no need to wait for the disk.
                "--innodb-flush-log-at-trx-commit=0",
                "--skip-log-bin",
                *self._options,
            ],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # the same as its log
        )
        while not _answers(self.socket):
            if self._process.poll() is not None:
                log = (self.folder / "log.err").read_text()
                raise RuntimeError(f"mariadbd ended with code {self._process.returncode}:\n{log}")
            time.sleep(0.05)

    def connect(self) -> Any:
        """Return a new connection (needs mysqlclient): a context manager that closes it."""
        import MySQLdb

        return MySQLdb.connect(unix_socket=self.socket, user="root", database="events")

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def fall_silent(self) -> None:
        """Keep every connection, and stop answering."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def speak(self) -> None:
        """Answer again after `fall_silent`."""
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def _create(self) -> None:
        """Create the system tables of a server whose root needs no password."""
        done = subprocess.run(
            [
                _program("mariadb-install-db", "mysql_install_db"),
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={self.folder}/data",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db failed:\n{done.stdout}{done.stderr}")

    def _create_database(self) -> None:
        """Create the empty database that the URL names."""
        statement = "CREATE DATABASE events CHARACTER SET utf8mb4"
        client = _program("mariadb", "mysql")
        subprocess.run([client, "--no-defaults", f"--socket={self.socket}", "--execute", statement], check=True)


def _answers(path: str) -> bool:
    """Return whether something listens on this socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0


@contextmanager
def private_mariadb(*options: str) -> Iterator[str]:
    """Start a server with these additional options, yield its DATABASE_URL, and remove everything afterwards."""
    with PrivateMariaDB(*options) as server:
        yield server.url


def main() -> int:
    """Run the command after `--` against a private server."""
    if len(sys.argv) < 3 or sys.argv[1] != "--":
        sys.exit("usage: python -m tools.stage.private_mariadb -- COMMAND [ARGUMENT ...]")
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with private_mariadb() as url:
        return subprocess.run(sys.argv[2:], env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main())
