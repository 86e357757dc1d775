"""Run the whole composed deployment on one machine: two of each process, by the command lines of docker-compose.yml.

    with Topology(EMAIL_URL="smtp://127.0.0.1:2525") as topology:
        topology.web_url                         # nginx
        topology.kill("web1")                    # and start, stop, frozen
        topology.kill("mariadb")
        topology.reload_nginx()

Both webs listen on the same port, at 127.0.0.2 and 127.0.0.3, as do both feeds. nginx finds them by name. This needs
Linux, where all addresses that begin with 127 are local.
"""

import shlex
import signal
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Self

from tools.stage import composed, nginx
from tools.stage.live import Deployment
from tools.stage.name_server import NameServer
from tools.stage.ports import free_port
from tools.stage.private_mariadb import PrivateMariaDB
from tools.stage.private_valkey import PrivateValkey

ADDRESSES = ("127.0.0.2", "127.0.0.3")
SERVICES = ("web", "feed", "worker", "beat", "mailer", "sweeper")
# Small, because all processes share one machine.
SIZES = {"WEB_WORKERS": "1", "WORKER_CONCURRENCY": "2"}
SERVERS = ("mariadb", "valkey")


class Topology:
    """A context manager around all processes. `settings` are environment variables, as `.env` has them.

    The parts are called `web1`, `web2` and so on, `nginx`, `mariadb` and `valkey`.
    """

    def __init__(self, **settings: str) -> None:
        # What was committed survives a kill, as in production.
        self.mariadb = PrivateMariaDB(*composed.server_options(), "--innodb-flush-log-at-trx-commit=1")
        self._ports = {name: free_port(ADDRESSES) for name in ("web", "feed")}
        self._names = NameServer(dict.fromkeys(self._ports, ADDRESSES))
        self._port = port = free_port()
        self.web_url = f"http://127.0.0.1:{port}"
        self.feed_url = f"ws://127.0.0.1:{port}/ws/notifications/"
        self.deployment = Deployment(
            parts=[],
            **{
                "DEPLOYMENT": "production",
                "SECRET_KEY": "signs-sessions-of-a-topology-on-one-machine",
                "JWT_SIGNING_KEY": "signs-tokens-of-a-topology-on-one-machine",
                "ALLOWED_HOSTS": ",".join(["127.0.0.1", *ADDRESSES]),
                "ALLOWED_ORIGINS": self.web_url,
                "HTTPS": "false",
                "DATABASE_URL": self.mariadb.url,
                "FEED_PORT": "",
                "TRUST_PROXY": "true",
                "RATE_LIMIT_ENABLED": "true",
                **settings,
            },
        )
        self._services = {
            f"{name}{number + 1}": (composed.service(name, **SIZES), ADDRESSES[number], self._ports.get(name, 0))
            for name in SERVICES
            for number in range(len(ADDRESSES))
        }
        for name, (_, address, at_port) in self._services.items():
            if at_port:
                self.deployment.ready_urls[name] = f"http://{address}:{at_port}/healthz"
        self.deployment.ready_urls["nginx"] = f"{self.web_url}/healthz"
        self._running = ExitStack()

    @property
    def parts(self) -> list[str]:
        """The names of all processes that run our code."""
        return list(self._services)

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            starting.enter_context(self._names)
            starting.enter_context(self.mariadb)
            starting.enter_context(self.deployment)
            self.deployment.manage("collectstatic", "--no-input", "--verbosity", "0")
            for name in [*self.parts, "nginx"]:
                self.start(name)
            for name in [*self.parts, "nginx"]:
                self.deployment.wait_for(name)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.__exit__(kind, error, trace)

    def start(self, name: str) -> None:
        """Start a part that does not run. Databases are ready then, others some time later."""
        if name in SERVERS:
            self._server(name).start()
        elif name == "nginx":
            self.deployment.start(name, self._nginx())
        else:
            service, address, port = self._services[name]
            # Each container has a host name of its own, from which a worker takes its own.
            suffix = f" --hostname {name}@topology" if name.startswith("worker") else ""
            self.deployment.start(name, service.at(address, port) + suffix, **service.settings)

    def kill(self, name: str) -> None:
        """End a part as a crash would."""
        if name in SERVERS:
            self._server(name).kill()
        else:
            self.deployment.kill(name)

    def stop(self, name: str) -> int | None:
        """Stop one of our processes as Docker does; return its exit code, None if it had to be killed."""
        return self.deployment.stop(name, seconds=self._services[name][0].stop_seconds)

    def restart(self, name: str) -> int | None:
        """Stop one of our processes and start it again; return its exit code once it is ready."""
        code = self.stop(name)
        self.start(name)
        self.deployment.wait_for(name)
        return code

    def restart_ended(self) -> dict[str, int]:
        """Start what has ended by itself, as Docker does; return the exit codes."""
        codes = self.deployment.ended()
        for name in codes:
            self.deployment.kill(name)
            self.start(name)
        return codes

    def frozen(self, name: str) -> AbstractContextManager[None]:
        """Let a part keep its connections without answering, until the end of the `with`."""
        return self.deployment.frozen(name)

    def reload_nginx(self) -> None:
        """Let nginx read its configuration again, with new worker processes."""
        self.deployment.signal("nginx", signal.SIGHUP)

    def _server(self, name: str) -> PrivateMariaDB | PrivateValkey:
        return self.mariadb if name == "mariadb" else self.deployment.valkey

    def _nginx(self) -> str:
        """Return the command line of nginx; it takes this machine for an outer proxy, which it trusts."""
        folder = self.deployment.folder
        changes = {
            "127.0.0.11": self._names.address,
            "# 10.0.0.1 1;": "127.0.0.1 1;",
            "# set_real_ip_from 10.0.0.1;": "set_real_ip_from 127.0.0.1;",
        }
        text = nginx.composed_configuration(folder, changes, port=self._port, **self._ports)
        return f"exec {shlex.join(nginx.command(folder, text))}"
