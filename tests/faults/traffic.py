"""Have people use a deployment's pages and API at a steady pace, and record the answers."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import NamedTuple

from tests.faults import stage
from tests.faults.callers import Answer, Caller, send
from tools.stage.live import Deployment

CALLERS = 5
REQUESTS_PER_SECOND = 20


class Answered(NamedTuple):
    what: str
    status: int
    content_type: str
    seconds: float
    # time.monotonic() when the request was sent.
    asked_at: float


@dataclass
class Traffic:
    """The requests so far and the headlines of the events."""

    answers: list[Answered] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    # Requests without any answer, and why.
    failures: list[str] = field(default_factory=list)

    def seconds(self) -> list[float]:
        """Return how long the answers took, in ascending order."""
        return sorted(answer.seconds for answer in self.answers)

    def has_succeeded_since(self, moment: float) -> bool:
        """Return whether each kind of request that was sent since then has succeeded."""
        good = {answer.what for answer in self.answers if answer.asked_at > moment and answer.status < 300}
        return good == {answer.what for answer in self.answers}

    def post(self, caller: Caller, headline: str) -> Answer:
        """Post an event."""
        starts_at = datetime.now(UTC) + timedelta(days=1)
        self.posted.append(headline)
        answer = caller.send("POST", "events/", {"headline": headline, "starts_at": str(starts_at), "state": "public"})
        if answer.status == 201:
            self.acknowledged.append(headline)
        return answer


@contextmanager
def traffic(deployment: Deployment, *, callers: int = CALLERS, only_writes: bool = False) -> Iterator[Traffic]:
    """Have so many people read and write, REQUESTS_PER_SECOND in total, until the end of the `with`."""
    names = [f"caller{number}" for number in range(callers)]
    logins = stage.call(deployment, "members", names=names)
    running, stop = Traffic(), threading.Event()

    def go_on(position: int, name: str, caller: Caller, session_key: str) -> None:
        stop.wait(position / REQUESTS_PER_SECOND)
        url, cookie = deployment.web_url, {"Cookie": f"sessionid={session_key}"}
        for number in count():
            asks: dict[str, Callable[[], Answer]] = {
                "post": partial(running.post, caller, f"{name} {number}"),
                "mark read": lambda: caller.send("POST", "notifications/mark-read/", {"ids": [1]}),
            }
            if not only_writes:
                asks |= {
                    "list": lambda: caller.send("GET", "events/"),
                    "unread": lambda: caller.send("GET", "notifications/unread-count/"),
                    "page": lambda: send(f"{url}/"),
                    "page of mine": lambda: send(f"{url}/notifications/", **cookie),
                }
            what = list(asks)[number % len(asks)]
            asked_at = time.monotonic()
            try:
                answer = asks[what]()
            except OSError as error:
                running.failures.append(f"{what}: {error!r}")
            else:
                seconds = time.monotonic() - asked_at
                running.answers.append(Answered(what, answer.status, answer.content_type, seconds, asked_at))
            if stop.wait(callers / REQUESTS_PER_SECOND):
                return

    threads = [
        # They log in one after the other beforehand, because hashing twenty passwords at once isn't tested here.
        threading.Thread(target=go_on, args=[position, name, Caller(deployment.web_url, name), session_key])
        for position, (name, (_, session_key)) in enumerate(zip(names, logins, strict=True))
    ]
    for thread in threads:
        thread.start()
    try:
        yield running
    finally:
        stop.set()
        for thread in threads:
            thread.join()
