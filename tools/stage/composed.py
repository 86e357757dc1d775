"""Read docker-compose.yml: with which command lines, settings and patience it runs each service."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from tools.stage.paths import BASE_DIR

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


@cache
def _compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
    return content


def service(name: str, **variables: str) -> Service:
    """Return a service that runs our code, with these variables of `.env` and otherwise the defaults."""
    described, common = _compose()["services"][name], _compose()["x-app"]["environment"]
    own = described.get("environment", {})
    return Service(
        command=_filled(described["command"], variables),
        settings={
            key: _filled(str(value), variables)
            for key, value in own.items()
            if common.get(key) != value and not OF_THE_CONTAINER.fullmatch(key)
        },
        stop_seconds=float(str(described.get("stop_grace_period", f"{STOP_SECONDS}s")).removesuffix("s")),
    )


def server_options() -> list[str]:
    """Return the options of the MariaDB server."""
    return list(_compose()["services"]["db"]["command"])


def _filled(text: str, variables: dict[str, str]) -> str:
    """Replace `${NAME:-default}` as Docker does."""
    text = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: variables.get(found[1], found[2]), text)
    return text.replace("$$", "$")
