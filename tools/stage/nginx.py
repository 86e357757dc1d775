"""Run nginx on this machine with the configuration of the composed deployment, which other addresses replace."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tools.stage.paths import BASE_DIR

# Debian installs servers in a folder that is on root's path only.
SEARCH_PATH = "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/opt/homebrew/bin"
NGINX = shutil.which("nginx", path=SEARCH_PATH)
DEPLOY = BASE_DIR / "config" / "deploy"
# What to change so that web and feed are on this machine, where no name server knows them.
ON_THIS_MACHINE = {"web:": "127.0.0.1:", "feed:": "127.0.0.1:"}


def composed_configuration(folder: Path, changes: Mapping[str, str], *, port: int, web: int, feed: int) -> str:
    """Return nginx.conf for a server at this port of 127.0.0.1 that logs to the folder; `changes` come last.

    It asks for web and feed at these ports.

    Raises:
        ValueError: the file lacks a text that is to be changed.
    """
    here = {
        "web:8000": f"web:{web}",
        "feed:8001": f"feed:{feed}",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/dev/stdout": f"{folder}/access.log",
        "/dev/stderr": f"{folder}/error.log",
        "/run/nginx-answers": f"{folder}/answers",
    }
    return changed((DEPLOY / "nginx.conf").read_text(), {**here, **changes})


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Return a configuration with each key replaced by its value.

    Raises:
        ValueError: the text lacks a key.
    """
    for here, there in changes.items():
        if here not in text:
            raise ValueError(f"the configuration lacks {here!r}")
        text = text.replace(here, there)
    return text


def command(folder: Path, text: str) -> list[str]:
    """Write a configuration to the folder; return the command that runs nginx with it. Its process id is in `pid`."""
    (folder / "nginx.conf").write_text(text)
    if NGINX is None:
        raise RuntimeError("nginx is not installed")
    directives = f"pid {folder}/pid; daemon off;"
    if os.geteuid() == 0:
        directives += " user root;"  # or its workers could not write to the folder
    return [NGINX, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf", "-g", directives]
