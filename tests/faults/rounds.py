"""How long the fault tests go on: FAULT_ROUNDS=full runs them to their full numbers, else they are shortened.

A shortened run has fewer rounds, never other faults and never another oracle.
"""

import os
import time
from collections.abc import Callable

FULL = os.environ.get("FAULT_ROUNDS") == "full"


def rounds(short: int, full: int) -> int:
    """Return how many there are to be of something in this run."""
    return full if FULL else short


def within(seconds: float) -> float:
    """Return how long to wait for what must come within so many seconds on a machine that does nothing else.

    Short rounds run beside other suites on machines of any kind, and wait longer; what must come is the same.
    """
    return seconds if FULL else 3 * seconds


def wait_until(condition: Callable[[], bool], seconds: float, *, every: float = 0.1) -> bool:
    """Ask again and again for at most so many seconds; returns whether it came true."""
    deadline = time.monotonic() + seconds
    while not (is_true := condition()) and time.monotonic() < deadline:
        time.sleep(every)
    return is_true
