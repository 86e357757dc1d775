"""Tabs that come back as quickly as static/js/feed/connection.js does."""

import random
from dataclasses import dataclass
from typing import Any

from notifications.feed.close_codes import RESTARTING
from tests.faults.pages import Page

# As RETRY_MS, RETRY_MAX_MS, BACK_WITHIN_MS and ANSWER_WITHIN_MS.
RETRY_SECONDS, RETRY_MAX_SECONDS, BACK_WITHIN_SECONDS, ANSWER_WITHIN_SECONDS = 0.5, 10.0, 3.0, 10.0


@dataclass(eq=False)
class Tab(Page):
    """A page that waits longer after each attempt that failed, and not for long after a feed that asks it to return."""

    patience: float = ANSWER_WITHIN_SECONDS
    failures: int = 0

    def _greeted(self, hello: dict[str, Any]) -> None:
        super()._greeted(hello)
        self.failures = 0

    def _pause(self) -> float:
        if self.close_code == RESTARTING:
            return random.uniform(0, BACK_WITHIN_SECONDS)
        seconds = min(RETRY_SECONDS * 2**self.failures, RETRY_MAX_SECONDS)
        self.failures += 1
        return seconds * random.uniform(0.5, 1)
