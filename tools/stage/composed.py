"""Read docker-compose.yml: with which command lines, settings and patience it runs each service."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tools.stage.paths import BASE_DIR

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
# Docker's own, for services without `stop_grace_period`.
STOP_SECONDS = 10
# Ports and folders that each container has to itself.
OF_THE_CONTAINER = re.compile(r".*_(PORT|DIR)")


@dataclass(frozen=True)
class Service:
    """A service: its command line for a shell, the settings that others lack, and how long it may take to stop."""

    command: str
    settings: dict[str, str]
    stop_seconds: float

    def at(self, address: str, port: int) -> str:
        """Return the command line, listening at this address and port if it listens."""
        line = re.sub(r"(--host|--bind) \S+", rf"\1 {address}", self.command)
        return f"exec {re.sub(r'--port [0-9]+', f'--port {port}', line)}"


def service(name: str, **variables: str) -> Service:
    """Return a service that runs our code, with these variables of `.env` and otherwise the defaults."""
    described, common = SERVICES[name], COMPOSE["x-app"]["environment"]
    own = described.get("environment", {})
    return Service(
        command=interpolated(described["command"], variables),
        settings={
            key: interpolated(str(value), variables)
            for key, value in own.items()
            if common.get(key) != value and not OF_THE_CONTAINER.fullmatch(key)
        },
        stop_seconds=stop_seconds(name),
    )


def server_options() -> list[str]:
    """Return the options of the MariaDB server."""
    return list(SERVICES["db"]["command"])


def stop_seconds(name: str) -> float:
    """Return how long Docker waits for a service to end before it kills it."""
    return float(str(SERVICES[name].get("stop_grace_period", f"{STOP_SECONDS}s")).removesuffix("s"))


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """Replace `${NAME:?message}` and `${NAME:-default}` as compose does, and then `$$`.

    Raises:
        KeyError: a variable without a default is missing.
    """

    def value(found: re.Match[str]) -> str:
        name, operator, default = found.groups()
        return variables[name] if operator == ":?" else variables.get(name, default)

    return re.sub(r"\$\{(\w+)(:[?-])([^}]*)\}", value, text).replace("$$", "$")
