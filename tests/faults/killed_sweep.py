"""A sweep that dies between its commit and the push: `python -m tests.faults.killed_sweep`."""

import os
import signal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    """Sweep, and be killed where the first inbox rows would be pushed."""
    django.setup()
    from notifications import realtime, services

    def die(user_ids: set[int], **_: object) -> None:
        if user_ids:
            os.kill(os.getpid(), signal.SIGKILL)

    realtime.push_new = die  # type: ignore[assignment] - it never returns
    services.sweep()


if __name__ == "__main__":
    main()
