"""Run the whole product with real parts: its own command lines on free ports, with a folder of their own.

    with Deployment() as deployment:
        deployment.shell("...")              # code with Django set up, on the deployment's database
        deployment.kill("feed")              # and stop, start
        deployment.valkey.kill()

The parts print to files; `logs()` returns their contents, and an error inside the `with` prints them.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml
from honcho.environ import parse_procfile

from tools.stage import composed
from tools.stage.paths import BASE_DIR
from tools.stage.ports import free_port
from tools.stage.prepared import prepared_folder
from tools.stage.private_valkey import PrivateValkey

PARTS = ("web", "feed", "worker", "beat")
READY_SECONDS = 60
STOP_SECONDS = 30

# Runs the code that it reads, one JSON string on each line, and answers with its output or its traceback. It hashes
# each password once, because that is slow on purpose. A cheaper hash is no way out: web would replace it at the first
# login, which ends all other sessions.
INTERPRETER = """
import contextlib, io, json, sys, traceback
import django
django.setup()
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import close_old_connections
encode, hashes = Argon2PasswordHasher.encode, {}
def encode_once(hasher, password, salt):
    if password not in hashes:
        hashes[password] = encode(hasher, password, salt)
    return hashes[password]
Argon2PasswordHasher.encode = encode_once
for line in sys.stdin:
    printed, failure = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(json.loads(line), {})
    except Exception:
        failure = traceback.format_exc()
    close_old_connections()
    print(json.dumps([printed.getvalue(), failure]), flush=True)
"""


def command_lines(code: Path = BASE_DIR) -> dict[str, str]:
    """Return the command line of each part, for a shell, by the source in this folder.

    They are those of the Procfile, except that worker and beat are apart, as in production.
    """
    services = yaml.safe_load((code / "docker-compose.yml").read_text())["services"]
    apart = {name: f"exec {composed.interpolated(services[name]['command'], {})}" for name in ("worker", "beat")}
    return parse_procfile((code / "Procfile").read_text()).processes | apart


class Deployment:
    """A context manager around a Valkey and the named parts.

    `settings` are environment variables on top of the embedded defaults. The database is SQLite in the folder unless
    DATABASE_URL is among them. Static files are collected only where there is a `web` part. `code` is the folder of the
    source that runs, for example that of a previous version.
    """

    def __init__(self, parts: Iterable[str] = PARTS, code: str | Path = BASE_DIR, **settings: str) -> None:
        self._names = tuple(parts)
        self._code = Path(code)
        # Short, because a socket's path is limited to about 100 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="live-"))
        self.valkey = PrivateValkey()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._interpreter: subprocess.Popen[str] | None = None
        port, feed_port = free_port(), free_port()
        self.web_url = f"http://127.0.0.1:{port}"
        self.feed_url = f"ws://127.0.0.1:{feed_port}/ws/notifications/"
        # By part, what answers 200 once it is ready.
        self.ready_urls = {"web": f"{self.web_url}/healthz", "feed": f"http://127.0.0.1:{feed_port}/healthz"}
        inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self._environment = {
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "VAR_DIR": str(self.folder),
            "PORT": str(port),
            "FEED_PORT": str(feed_port),
            "REDIS_URL": self.valkey.url,
            "NOTIFICATION_SWEEP_SECONDS": "1",
            "RATE_LIMIT_ENABLED": "false",
            **settings,
        }

    def __enter__(self) -> Self:
        try:
            self.valkey.start()
            self._prepare()
            for name in self._names:
                self.start(name)
            for name in self._names:
                self.wait_for(name)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes.values():
            process.terminate()
        if self._interpreter:
            self._interpreter.communicate()  # it ends when its input does
        for name in list(self._processes):
            self.stop(name)
        self.valkey.__exit__(kind, error, trace)
        if error is not None:
            print(self.logs())  # noqa: T201 - pytest shows it with the failure
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        """Create the database and the static files, or copy them where they would be the same for every deployment."""
        is_usual = self._code == BASE_DIR and not {"DEBUG", "DEPLOYMENT"} & self._environment.keys()
        if is_usual and "DATABASE_URL" not in self._environment:
            shutil.copytree(prepared_folder(), self.folder, ignore=shutil.ignore_patterns("static"), dirs_exist_ok=True)
        else:
            # In the process that also runs what tests do on the server, because starting one takes a second.
            self.shell("from django.core.management import call_command; call_command('migrate', verbosity=0)")
        if "web" in self._names and is_usual:
            shutil.copytree(prepared_folder() / "static", self.folder / "static")
        elif "web" in self._names:
            self.manage("collectstatic", "--no-input", "--verbosity", "0")

    def start(self, name: str, command: str = "", **settings: str) -> None:
        """Start a part, with a command and settings of its own or those of `command_lines` and the deployment's.

        It is ready some time later: see `wait_for`.
        """
        command = command or command_lines(self._code)[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                ["sh", "-c", command],
                cwd=self._code,
                env={**self._environment, **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_for(self, name: str) -> None:
        """Return once a part that listens answers.

        Raises:
            RuntimeError: it ended, or did not answer in time.
        """
        url = self.ready_urls.get(name)
        deadline = time.monotonic() + READY_SECONDS
        while url and not _answers(url):
            if self._processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} does not answer.\n{self.logs(name)}")
            time.sleep(0.05)

    def stop(self, name: str, *, seconds: float = STOP_SECONDS) -> int | None:
        """Ask a part to end and check that all of it has; return its exit code, None if it had to be killed.

        It is killed after so many seconds.
        """
        process = self._processes.pop(name)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        code = process.poll()
        kill_group(process)
        return code

    def signal(self, name: str, number: int) -> None:
        """Send a part's process a signal."""
        self._processes[name].send_signal(number)

    def ended(self) -> dict[str, int]:
        """Return the exit codes of the parts that have ended by themselves; if negative, the signal that ended it."""
        codes = {name: process.poll() for name, process in self._processes.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def change(self, **settings: str) -> None:
        """Set other environment variables for everything that is started from now on, including `shell`."""
        self._environment |= settings
        if self._interpreter:
            self._interpreter.communicate()
            self._interpreter = None

    def exit_code(self, name: str) -> int:
        """Wait until a part ends by itself, and return its exit code; if negative, the signal that ended it."""
        return self._processes.pop(name).wait(READY_SECONDS)

    def kill(self, name: str) -> None:
        """End a part as a crash would."""
        kill_group(self._processes.pop(name))

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Let a part keep its connections, and accept new ones, without answering."""
        group = self._processes[name].pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def manage(self, *arguments: str) -> str:
        """Run a management command of the deployment, and return its output.

        Raises:
            RuntimeError: it failed; its output is in the message.
        """
        done = self.managed(*arguments)
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]} ended with code {done.returncode}:\n{done.stderr}")
        return done.stdout

    def managed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command of the deployment that may fail."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self._code,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def shell(self, code: str) -> str:
        """Run Python code with Django set up on the deployment's database, and return its output.

        Raises:
            RuntimeError: it failed; the traceback is in the message.
        """
        if self._interpreter is None:
            self._interpreter = subprocess.Popen(
                [sys.executable, "-c", INTERPRETER],
                cwd=self._code,
                env={**self._environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._interpreter.stdin
        assert self._interpreter.stdout
        self._interpreter.stdin.write(json.dumps(code) + "\n")
        self._interpreter.stdin.flush()
        printed, failure = json.loads(self._interpreter.stdout.readline())
        if failure:
            raise RuntimeError(failure)
        return str(printed).strip()

    def memory_kb(self, name: str) -> int:
        """Return the resident memory of a part's process (Linux only)."""
        status = Path(f"/proc/{self._processes[name].pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def cpu_seconds(self, name: str) -> float:
        """Return the processor time that a part's process has used (Linux only)."""
        fields = Path(f"/proc/{self._processes[name].pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def logs(self, *names: str) -> str:
        """Return the output of these parts, or of all."""
        files = [self.folder / f"{name}.log" for name in names] or sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {file.stem}\n{file.read_text()}" for file in files if file.exists())


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it has started in its own session, and wait for its end."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - http only
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
