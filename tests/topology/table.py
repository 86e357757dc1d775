"""Word the figures of a run as the table of docs/operate.md."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.topology.counting import Deliveries, Mails
from tests.topology.killing import Faults
from tests.topology.people import Asked
from tools.benchmarks.figures import percentile


@dataclass
class Figures:
    """What one run has found out."""

    seconds: float
    sockets: int
    faults: Faults
    deliveries: Deliveries
    mails: Mails
    vanished: int
    asked: list[Asked]
    # What was asked during the rolling restart.
    asked_rolling: list[Asked]
    refusals: Counter[int]
    back_after_kills: list[float]
    back_after_restarts: list[float]


def table(figures: Figures) -> str:
    """Return the table, in Markdown."""
    found, sent = figures.deliveries, figures.mails
    kinds = figures.faults.count()
    rows = {
        "faults": f"{sum(kinds.values())} in {figures.seconds:.0f} s: "
        + ", ".join(f"{name} {count}" for name, count in kinds.items()),
        "processes that ended by themselves": _named(figures.faults.ended),
        "notifications in inboxes": str(len(found.inbox_lags)),
        "lost, doubled, not due": f"{len(found.lost)}, {len(found.doubled)}, {len(found.undue)}",
        "on somebody else’s socket, twice on one": f"{len(found.foreign)}, {len(found.repeated)}",
        "never seen by an open page": str(len(found.unseen)),
        "acknowledged, but not in the database": str(figures.vanished),
        "late in the inbox: p50, p99, max": _lags(found.inbox_lags),
        "late on sockets: p50, p99, max": _lags(found.socket_lags),
        "sockets; all back after a feed was killed: p50, max": f"{figures.sockets}; " + _back(figures.back_after_kills),
        "all back after a feed was restarted: p50, max": _back(figures.back_after_restarts),
        "refused sockets, by status": _named(sorted(figures.refusals.items())),
        "reads that failed, by status": _share([each for each in figures.asked if each.is_read]),
        "reads that failed in the rolling restart": _share([each for each in figures.asked_rolling if each.is_read]),
        "writes that failed, by status (0: no answer)": _writes(figures.asked),
        "writes that failed in the rolling restart": _writes(figures.asked_rolling),
        "emails; lost, sent again with the same Message-ID, with another": f"{sent.sent}; {len(sent.lost)}, "
        f"{sent.again}, {len(sent.doubled)}",
    }
    return "\n".join(["| what | figure |", "|---|---|", *(f"| {name} | {figure} |" for name, figure in rows.items())])


def _lags(ordered: Sequence[float]) -> str:
    if not ordered:
        return "–"
    return ", ".join(f"{figure:.2f} s" for figure in (percentile(ordered, 50), percentile(ordered, 99), ordered[-1]))


def _back(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    return f"{percentile(ordered, 50):.1f} s, {ordered[-1]:.1f} s" if ordered else "–"


def _share(asked: Sequence[Asked]) -> str:
    failed = Counter(each.status for each in asked if each.has_failed)
    by_status = f" ({_named(sorted(failed.items()))})" if failed else ""
    return f"{failed.total()} of {len(asked)}{by_status}"


def _writes(asked: Iterable[Asked]) -> str:
    writes = [each for each in asked if not each.is_read]
    return _share(writes)


def _named(counts: Iterable[tuple[object, object]]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in counts) or "none"
