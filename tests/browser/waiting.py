"""Wait for what a test has heard of a page, and what pages do not show."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

# Many times as long as anything takes on an idle machine: a test only waits until what it expects is there.
PATIENCE_SECONDS = 30


def wait_for(page: Page, condition: Callable[[], object]) -> None:
    """Return once the condition is true. Meanwhile the page's events arrive.

    Raises:
        AssertionError: it did not become true.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "nothing has happened"
        page.wait_for_timeout(20)
