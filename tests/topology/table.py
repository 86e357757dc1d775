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
    rows = [
        ("faults", _faults(figures), "at random moments; killed processes are started within 3 s"),
        ("ended by themselves", _named(figures.faults.ended), "processes that nobody had killed, with exit codes"),
        ("notifications", str(len(found.inbox_lags)), "reminders, changes, cancellations and messages in inboxes"),
        ("lost, doubled, not due", f"{len(found.lost)}, {len(found.doubled)}, {len(found.undue)}", "in inboxes"),
        (
            "misdelivered, repeated",
            f"{len(found.foreign)}, {len(found.repeated)}",
            "on somebody else’s socket; twice on one socket",
        ),
        ("never seen", str(len(found.unseen)), "in an inbox, and not on an open page of its owner"),
        ("acknowledged and gone", str(figures.vanished), "writes that were answered with success and are lost"),
        ("late in the inbox", _lags(found.inbox_lags), "after the moment when it was due: p50, p99, max"),
        ("late on sockets", _lags(found.socket_lags), "the same, until an open page had it"),
        (
            "sockets back after a kill",
            _back(figures.back_after_kills),
            f"until all {figures.sockets} are open, after one feed was killed and nothing else: p50, max",
        ),
        ("sockets back after a restart", _back(figures.back_after_restarts), "the same, in the rolling restart"),
        ("sockets refused", _named(sorted(figures.refusals.items())), "failed attempts to open one, by status"),
        ("failed reads", _share([each for each in figures.asked if each.is_read]), "by status; 0 is no answer"),
        ("failed writes", _writes(figures.asked), "by status; after 0 and 502 to 504 it may have been done or not"),
        (
            "failed in the rolling restart",
            _share([each for each in figures.asked_rolling if each.is_read]) + "; " + _writes(figures.asked_rolling),
            "reads; writes",
        ),
        ("emails", str(sent.sent), "about unread notifications"),
        (
            "emails lost, repeated, doubled",
            f"{len(sent.lost)}, {sent.again}, {len(sent.doubled)}",
            "repeated with the same Message-ID, which mail programs show once; doubled with another",
        ),
    ]
    head, rule = "| what | figure | meaning |", "|---|---|---|"
    return "\n".join([head, rule, *(f"| {' | '.join(row)} |" for row in rows)])


def _faults(figures: Figures) -> str:
    kinds = figures.faults.count()
    named = ", ".join(f"{name} {count}" for name, count in kinds.items())
    return f"{sum(kinds.values())} in {figures.seconds:.0f} s: {named}"


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
