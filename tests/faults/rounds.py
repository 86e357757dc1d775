"""Decide how long tests with faults run: in full with ROUNDS=full, otherwise shortened.

A shortened run has fewer rounds, but the same faults and the same checks.
"""

import os

FULL = os.environ.get("ROUNDS") == "full"


def rounds(short: int, full: int) -> int:
    """Return the number of rounds for this run."""
    return full if FULL else short


def within(seconds: float) -> float:
    """Return how long to wait for what takes this many seconds at most on an idle machine.

    Short runs share a machine of any kind with other suites and so wait longer; the expected results are the same.
    """
    return seconds if FULL else 3 * seconds
