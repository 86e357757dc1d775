"""Test that processes import only what they need: each module costs memory all the time, and time at every start."""

import subprocess
import sys

import pytest

from tools.stage.paths import BASE_DIR

SET_UP = "import sys; sys.argv = {arguments}; import django; django.setup(); "
LARGE = {
    *("celery", "config.urls", "daphne", "drf_spectacular.plumbing", "icalendar", "markdownify", "segno"),
    *("sentry_sdk", "twisted"),
}


def imported(code: str, *arguments: str) -> set[str]:
    """Return which of LARGE a process with these arguments imports by this code."""
    return set(
        subprocess.run(
            [sys.executable, "-c", f"{SET_UP.format(arguments=list(arguments))}{code}; print(*sys.modules)"],
            cwd=BASE_DIR,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
    ).intersection(LARGE)


@pytest.mark.parametrize(
    ("code", "arguments", "needed"),
    [
        ("import notifications.mail.sender", ["manage.py", "send_mail"], set()),
        ("import notifications.delivery.sweeper", ["manage.py", "sweep"], set()),
        ("import config.celery, notifications.tasks", ["celery", "worker"], {"celery"}),
        ("import config.asgi", ["notifications/feed/server.py"], set()),
        ("import config.urls", ["gunicorn"], {"config.urls", "drf_spectacular.plumbing"}),
        ("pass", ["manage.py", "runserver"], {"daphne", "twisted"}),
    ],
)
def test_process_imports_what_it_needs(code: str, arguments: list[str], needed: set[str]) -> None:
    assert imported(code, *arguments) == needed
