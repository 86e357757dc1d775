"""Run a sweep that is killed between its first commit with a notification and the push.

`python -m tests.faults.killed_sweep`
"""

import os
import signal
from typing import Any

import django


def die(*args: Any, **options: Any) -> None:
    """End the process as a crash would. This replaces the push, which follows the commit."""
    if not args or args[0]:  # nobody to push to, so nothing was delivered
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from notifications.delivery import sweeper
    from notifications.feed import push

    push.push_new = push.wake_feed = die
    sweeper.sweep()
