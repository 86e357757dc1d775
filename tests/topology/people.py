"""People who read pages, post events, subscribe and write to subscribers, all at once, and what they were answered.

A request that changes something is sent again with the same key until it is answered, as a careful program does.
"""

import random
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any, NamedTuple

from tests.faults.callers import Answer, Caller, send

READERS, ORGANISERS, SUBSCRIBERS = 4, 3, 5
READ_EVERY_SECONDS, ACT_EVERY_SECONDS = 0.4, 1.0
TRIES, RETRY_SECONDS = 4, 1.0
SENT_WITHIN_A_TOKEN_SECONDS = 240
# No event may be sent more than ten messages an hour, and a few are left for a message that is sent again.
MESSAGES_PER_EVENT = 6
FILE = re.compile(r'href="(/static/[^"]+\.css)"')


class Asked(NamedTuple):
    """A request: when it was sent, and the status of its answer, 0 if there was none."""

    what: str
    is_read: bool
    asked_at: float
    seconds: float
    status: int

    @property
    def has_failed(self) -> bool:
        return self.status == 0 or self.status >= 500


@dataclass
class OwnEvent:
    """An event as its organiser knows it: each value of a fact that was sent since one was acknowledged."""

    pk: int
    locations: list[str] = field(default_factory=lambda: [""])
    messages: int = 0
    is_near: bool = False


@dataclass
class Crowd:
    """What people have asked so far, and what has been acknowledged."""

    asked: list[Asked] = field(default_factory=list)
    # Headlines, messages, (event, user) pairs, and the ids of cancelled events.
    posted: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    subscribed: list[tuple[int, int]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    located: list[OwnEvent] = field(default_factory=list)
    # Events that are open to subscribers, with leads that suit them.
    open_events: list[tuple[int, list[int]]] = field(default_factory=list)

    def ask(self, what: str, request: Callable[[], Answer], *, is_read: bool) -> Answer | None:
        """Send a request and record it; return its answer, if there is one."""
        asked_at = time.time()
        try:
            answer = request()
        except (OSError, HTTPException):
            answer = None
        status = answer.status if answer else 0
        self.asked.append(Asked(what, is_read, asked_at, time.time() - asked_at, status))
        return answer


class Person:
    """Somebody who has an IP address of their own and does something again and again until `stop`."""

    def __init__(self, crowd: Crowd, web_url: str, address: str, stop: threading.Event, rng: random.Random) -> None:
        self.crowd, self.web_url, self.stop, self.rng = crowd, web_url, stop, rng
        self.headers = {"X-Real-IP": address}

    def go_on(self) -> None:
        while not self.stop.wait(self.rng.uniform(0.5, 1.5) * self.pause_seconds):
            self.act()

    pause_seconds = ACT_EVERY_SECONDS

    def act(self) -> None:
        raise NotImplementedError


class Reader(Person):
    """Reads pages in a browser that is logged in."""

    pause_seconds = READ_EVERY_SECONDS

    def __init__(self, *args: Any, session_key: str) -> None:
        super().__init__(*args)
        self.headers["Cookie"] = f"sessionid={session_key}"
        self._files = ["/robots.txt"]

    def act(self) -> None:
        paths = ["/", "/notifications/", "/notifications/latest/", "/api/v1/events/", self.rng.choice(self._files)]
        paths += [f"/events/{self.rng.choice(self.crowd.open_events)[0]}/"] if self.crowd.open_events else []
        path = self.rng.choice(paths)
        answer = self.crowd.ask(
            re.sub(r"\d+", "…", path), lambda: send(self.web_url + path, **self.headers), is_read=True
        )
        if path == "/" and answer and answer.status == 200:
            self._files = FILE.findall(answer.body.decode()) or self._files


class ApiPerson(Person):
    """Uses the API with a token, and logs in again before the token expires."""

    def __init__(self, *args: Any, name: str) -> None:
        super().__init__(*args)
        self._name = name
        self._log_in()

    def change(self, what: str, method: str, path: str, body: Any) -> Answer | None:
        """Send a request until it is answered; return the answer."""
        if time.monotonic() - self._logged_in_at > SENT_WITHIN_A_TOKEN_SECONDS:
            self._log_in()
        key = {"Idempotency-Key": uuid.UUID(int=self.rng.getrandbits(128)).hex}
        for _ in range(TRIES):
            answer = self.crowd.ask(what, lambda: self._caller.send(method, path, body, **key), is_read=False)
            if answer and answer.status < 500:
                return answer if answer.status < 300 else None
            if self.stop.wait(RETRY_SECONDS):
                break
        return None

    def _log_in(self) -> None:
        try:
            self._caller = Caller(self.web_url, self._name, **self.headers)
        except (OSError, HTTPException, ValueError, KeyError):
            return  # the old token is still valid for a minute
        self._logged_in_at = time.monotonic()


class Organiser(ApiPerson):
    """Posts events, changes them, cancels some and writes to subscribers."""

    def __init__(self, *args: Any, name: str) -> None:
        super().__init__(*args, name=name)
        self._events: list[OwnEvent] = []
        self._count = 0

    def act(self) -> None:
        self._count += 1
        doings: list[Callable[[OwnEvent], None]] = [self.write, self.write, self.relocate, self.reschedule, self.cancel]
        # They stay unchanged for a while, so that people can subscribe.
        own = [event for event in self._events[:-2] if not event.is_near]
        if self._count % 3 == 1 or not own:
            self.post()
        else:
            self.rng.choice(doings)(self.rng.choice(own))

    def post(self) -> None:
        """Post an event, either one whose reminders fall due within seconds or one that will change."""
        headline = f"{self._name} posts no. {self._count}."
        is_near = self.rng.random() < 0.4
        seconds, leads = (self.rng.uniform(3605, 3625), [60, 59]) if is_near else (3 * 86_400, [1440, 60])
        starts_at = datetime.now(UTC) + timedelta(seconds=seconds)
        body = {"headline": headline, "starts_at": starts_at.isoformat(), "state": "public"}
        answer = self.change("post", "POST", "events/", body)
        if answer:
            event = OwnEvent(answer.json["id"], is_near=is_near)
            self.crowd.posted.append(headline)
            self.crowd.located.append(event)
            # Of reminders that have passed, one is sent at once.
            self.crowd.open_events.append((event.pk, [61, 1440] if is_near and self.rng.random() < 0.3 else leads))
            self._events.append(event)

    def write(self, event: OwnEvent) -> None:
        if event.messages < MESSAGES_PER_EVENT:
            event.messages += 1
            text = f"{self._name} writes no. {self._count}."
            if self.change("message", "POST", f"events/{event.pk}/announce/", {"message": text}):
                self.crowd.sent.append(text)

    def relocate(self, event: OwnEvent) -> None:
        location = f"Room {self._count}"
        event.locations.append(location)
        if self.change("edit", "PATCH", f"events/{event.pk}/", {"location": location}):
            event.locations = [location]

    def reschedule(self, event: OwnEvent) -> None:
        """Move an event so that a reminder falls due soon after the change was announced, and leave it alone then."""
        event.is_near = True
        starts_at = datetime.now(UTC) + timedelta(seconds=self.rng.uniform(3620, 3640))
        self.change("edit", "PATCH", f"events/{event.pk}/", {"starts_at": starts_at.isoformat()})

    def cancel(self, event: OwnEvent) -> None:
        event.is_near = True
        self.crowd.open_events = [each for each in self.crowd.open_events if each[0] != event.pk]
        if self.change("cancel", "POST", f"events/{event.pk}/cancel/", {"reason": "Rain"}):
            self.crowd.cancelled.append(event.pk)


class Subscriber(ApiPerson):
    """Subscribes to what organisers post, and marks notifications read."""

    def __init__(self, *args: Any, name: str, user: int) -> None:
        super().__init__(*args, name=name)
        self._user = user
        self._known: set[int] = set()

    def act(self) -> None:
        new = [(pk, leads) for pk, leads in self.crowd.open_events[-12:] if pk not in self._known]
        if not new:
            self.change("mark read", "POST", "notifications/mark-read/", {"ids": [self.rng.randrange(1, 2_000)]})
            return
        pk, leads = self.rng.choice(new)
        self._known.add(pk)
        if self.change("subscribe", "POST", f"events/{pk}/subscribe/", {"leads": leads}):
            self.crowd.subscribed.append((pk, self._user))


@contextmanager
def crowd_at(web_url: str, logins: dict[str, tuple[int, str]], seed: int) -> Iterator[Crowd]:
    """Have everybody in `logins`, by name their id and session key, use the site until the end of the `with`."""
    crowd, stop = Crowd(), threading.Event()

    def arguments(number: int, name: str) -> tuple[Crowd, str, str, threading.Event, random.Random]:
        return crowd, web_url, f"10.1.0.{number + 1}", stop, random.Random(f"{seed} {name}")

    people: list[Person] = []
    for number, (name, (user, session_key)) in enumerate(logins.items()):
        if name.startswith("organiser"):
            people.append(Organiser(*arguments(number, name), name=name))
        elif name.startswith("subscriber"):
            people.append(Subscriber(*arguments(number, name), name=name, user=user))
        else:
            people.append(Reader(*arguments(number, name), session_key=session_key))
    threads = [threading.Thread(target=person.go_on) for person in people]
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        stop.set()
        for thread in threads:
            thread.join()
