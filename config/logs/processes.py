"""What a process is for, as its logs call it."""

from collections.abc import Sequence
from pathlib import PurePath

SERVERS = {"granian": "web", "daphne": "feed"}
# What `python -m notifications.feed.server` has as its program.
FEED_SERVER = PurePath("notifications/feed/server.py").parts
LOOPS = {"send_mail": "mailer", "sweep": "sweeper"}


def process_kind(arguments: Sequence[str]) -> str:
    """Return `web feed worker beat mailer sweeper`, or the name of the command or the program. It takes `sys.argv`."""
    program, *others = arguments or [""]
    path = PurePath(program)
    name = path.name
    if path.parts[-3:] == FEED_SERVER:
        return "feed"
    if name == "celery":
        return next((each for each in others if each in {"worker", "beat"}), name)
    if name == "manage.py" and others:
        return LOOPS.get(others[0], others[0])
    return SERVERS.get(name, name)
