"""The feed with a database that takes SLOW_SECONDS for what a `resume` asks.

`SLOW_SECONDS=3 daphne tests.faults.slow_feed:application`; never imported by a test, whose own feed it would slow down.
"""

import os
import time
from typing import Any

from config.asgi import application
from notifications import consumers

__all__ = ["application"]

_resumed = consumers._resumed


def _resumed_slowly(*args: Any) -> Any:
    time.sleep(float(os.environ["SLOW_SECONDS"]))
    return _resumed(*args)


consumers._resumed = _resumed_slowly
