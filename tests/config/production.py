"""Load the settings of a valid production deployment, with changes."""

import os
import runpy
import subprocess
import sys
from typing import Any
from unittest.mock import patch

import pytest
from django.core.exceptions import ImproperlyConfigured

from tools.stage.paths import BASE_DIR

PRODUCTION = {
    "DEPLOYMENT": "production",
    "SECRET_KEY": "first-secret" * 5,
    "JWT_SIGNING_KEY": "second-secret" * 5,
    "ALLOWED_HOSTS": "events.example.org",
    "ALLOWED_ORIGINS": "https://events.example.org",
    "DATABASE_URL": "mysql://events:secret@db/events",
    "REDIS_URL": "redis://redis/0",
    "EMAIL_URL": "smtp+tls://events:secret@mail.example.org:587",
}


def surroundings(**changes: str) -> dict[str, str]:
    """Return the environment of a valid production deployment, with these changes and nothing else."""
    variables = {"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, **PRODUCTION, **changes}
    return {name: value for name, value in variables.items() if value != "missing"}


def start(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run Python in this environment."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=BASE_DIR, env=surroundings(**changes), capture_output=True, text=True
    )


def settings_of(**changes: str) -> dict[str, Any]:
    """Read the settings for this environment in this process, because starting another one takes a second."""
    with patch.dict(os.environ, surroundings(**changes), clear=True):
        return runpy.run_path(str(BASE_DIR / "config" / "settings.py"))


def refusal_of(**changes: str) -> str:
    """Return the line with which the settings are refused."""
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_of(**changes)
    line = str(refused.value)
    assert "\n" not in line
    return line
