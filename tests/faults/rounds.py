"""How long the fault tests go on: FAULT_ROUNDS=full runs them to their full numbers, else they are shortened.

A shortened run has fewer rounds, never other faults and never another oracle.
"""

import os

FULL = os.environ.get("FAULT_ROUNDS") == "full"


def rounds(short: int, full: int) -> int:
    """Return how many there are to be of something in this run."""
    return full if FULL else short


def within(seconds: float) -> float:
    """Return how long to wait for what must come within so many seconds on a machine that does nothing else.

    Short rounds run beside other suites on machines of any kind, and wait longer; what must come is the same.
    """
    return seconds if FULL else 3 * seconds
