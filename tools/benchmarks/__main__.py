"""Run all benchmarks, or those named on the command line, and print their figures: `make bench`.

Absolute numbers depend on the machine and the day, so compare the ratios within one run.
"""

import sys

from tools.benchmarks import descriptions, fan_out, feed, latency, metrics, position_check, search, servers, work

BENCHMARKS = {
    "fan_out": fan_out.run,
    "feed": feed.run,
    "position_check": position_check.run,
    "latency": latency.run,
    "metrics": metrics.run,
    "search": search.run,
    "servers": servers.run,
    "work": work.run,
    "descriptions": descriptions.run,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all if there are no names, and return the exit code."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        sys.stderr.write(f"No such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join(BENCHMARKS)}.\n")
        return 2
    for name in names or BENCHMARKS:
        sys.stdout.write(f"\n== {name}: {(sys.modules[f'tools.benchmarks.{name}'].__doc__ or '').splitlines()[0]}\n")
        for line in BENCHMARKS[name]():
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
