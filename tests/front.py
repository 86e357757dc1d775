"""The composed deployment's nginx, for tests: its own configuration on a free port, before servers of the test."""

import http.client
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.launcher import free_port

NGINX = shutil.which("nginx", path="/usr/local/sbin:/usr/sbin:/usr/bin:/opt/homebrew/bin")
CONFIGURATION = Path(__file__).resolve().parent.parent / "config" / "deploy" / "nginx.conf"


class Front:
    """A running nginx: its port, and what came of it."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder
        self._asked = 0

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[http.client.HTTPResponse, dict]:
        client = http.client.HTTPConnection("127.0.0.1", self.port)
        client.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = client.getresponse()
        text = response.read()
        client.close()
        self._asked += 1
        return response, json.loads(text) if "json" in response.headers["Content-Type"] else {}

    def log(self) -> str:
        """Return a line for each request asked: nginx writes it when the answer has gone."""
        while (text := (self.folder / "access.log").read_text()).count("\n") < self._asked:
            time.sleep(0.01)
        return text


@contextmanager
def running_front(web: int, feed: int, changes: dict[str, str] | None = None) -> Iterator[Front]:
    """Run nginx before servers on these ports; `changes` replace text of its configuration."""
    folder, port = Path(tempfile.mkdtemp(prefix="nginx-")), free_port()
    text = CONFIGURATION.read_text()
    for here, there in {
        "web:8000": f"127.0.0.1:{web}",
        "feed:8001": f"127.0.0.1:{feed}",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/dev/stdout": f"{folder}/access.log",
        "/dev/stderr": f"{folder}/error.log",
        **(changes or {}),
    }.items():
        assert here in text
        text = text.replace(here, there)
    (folder / "nginx.conf").write_text(text)
    command = [NGINX, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    process = subprocess.Popen([*command, "-g", f"pid {folder}/pid; daemon off;"], stdin=subprocess.DEVNULL)
    try:
        while not (folder / "pid").exists() and process.poll() is None:
            time.sleep(0.02)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield Front(port, folder)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder)
