"""Kill, freeze and reload the processes of a topology at random moments, and restart them one after the other."""

import heapq
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import NamedTuple

from tools.stage.topology import SERVICES, Topology

# How long a process stays away. Docker restarts it at once, and Python needs about a second to start.
DOWN_SECONDS = (0.1, 3.0)
FROZEN_SECONDS = (2.0, 7.0)
# In which time each kind of fault happens once.
DECK_SECONDS = 40.0
LOOK_EVERY_SECONDS = 0.25


class Fault(NamedTuple):
    """What happened to which part, and when."""

    what: str
    part: str
    at: float


@dataclass
class Faults:
    """What has happened so far."""

    happened: list[Fault] = field(default_factory=list)
    # Parts that ended without having been killed, with their exit codes.
    ended: list[tuple[str, int]] = field(default_factory=list)

    def count(self) -> dict[str, int]:
        """Return how often each kind of fault has happened to each kind of part."""
        names = [f"{fault.what} {fault.part.rstrip('12')}" for fault in self.happened]
        return {name: names.count(name) for name in sorted(set(names))}


def deck(rng: random.Random) -> list[tuple[str, str]]:
    """Return every kind of fault once, and the kill of both processes of those that people are connected to."""
    either = [f"{name}{rng.choice('12')}" for name in SERVICES if name not in {"web", "feed"}]
    killed = ["web1", "web2", "feed1", "feed2", *either, "mariadb", "valkey"]
    frozen = [f"{name}{rng.choice('12')}" for name in ("feed", rng.choice(SERVICES))]
    return [*(("kill", name) for name in killed), *(("freeze", name) for name in frozen), ("reload", "nginx")]


class Killer:
    """Deals a topology one fault after the other for some seconds, and restarts whatever ends."""

    def __init__(self, topology: Topology, rng: random.Random) -> None:
        self._topology, self._rng = topology, rng
        self.faults = Faults()
        self._away: set[str] = set()
        # What is to be done when: the moment, a number that makes entries differ, and what.
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def run(self, seconds: float) -> None:
        """Deal faults for some seconds. At the end everything runs again."""
        began, decks = time.time(), max(1, round(seconds / DECK_SECONDS))
        for number in range(decks):
            for what, part in deck(self._rng):
                at = (number + self._rng.random()) * seconds / decks
                self._plan(began + at, partial(self._do, what, part))
        while self._due:
            self.faults.ended += self._topology.restart_ended().items()
            if self._due[0][0] <= time.time():
                heapq.heappop(self._due)[2]()
            else:
                time.sleep(min(LOOK_EVERY_SECONDS, max(0.0, self._due[0][0] - time.time())))

    def _plan(self, at: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (at, next(self._numbers), action))

    def _do(self, what: str, part: str) -> None:
        """Do it unless the part is away already."""
        if part in self._away:
            return
        self.faults.happened.append(Fault(what, part, time.time()))
        if what == "reload":
            self._topology.reload_nginx()
            return
        self._away.add(part)
        if what == "kill":
            self._topology.kill(part)
            how: Callable[[], None] = partial(self._topology.start, part)
            after = self._rng.uniform(*DOWN_SECONDS)
        else:
            frozen = ExitStack()
            frozen.enter_context(self._topology.frozen(part))
            how, after = frozen.close, self._rng.uniform(*FROZEN_SECONDS)
        self._plan(time.time() + after, partial(self._return, part, how))

    def _return(self, part: str, how: Callable[[], None]) -> None:
        how()
        self._away.discard(part)
