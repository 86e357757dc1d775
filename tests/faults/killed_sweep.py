"""A sweep that is killed exactly between the first commit that tells somebody and its push.

`python -m tests.faults.killed_sweep`
"""

import os
import signal
from typing import Any

import django


def die(*args: Any, **options: Any) -> None:
    """End as a crash would. In place of the push, which comes right after the commit."""
    if not args or args[0]:  # nobody to push to: nothing was told
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from notifications.delivery import sweeper
    from notifications.feed import push

    push.push_new = push.wake_feed = die
    sweeper.sweep()
