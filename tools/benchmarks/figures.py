"""Compute figures that several benchmarks print."""

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile of values in ascending order."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
