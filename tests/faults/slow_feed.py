"""Run the feed with a database that needs SLOW_SECONDS to answer a `resume`.

`SLOW_SECONDS=3 daphne tests.faults.slow_feed:application`; no test may import this, because it would slow down the
feed of the test's own process.
"""

import os
import time

from config.asgi import application
from notifications import consumers
from notifications.feed.push import NotificationPayload
from notifications.wording import Locale

__all__ = ["application"]

_resumed = consumers._resumed


def _resumed_slowly(user_id: int, last_id: int, locale: Locale | None) -> tuple[int, list[NotificationPayload]]:
    time.sleep(float(os.environ["SLOW_SECONDS"]))
    return _resumed(user_id, last_id, locale)


consumers._resumed = _resumed_slowly
