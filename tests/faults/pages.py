"""Provide open pages: clients of the feed that do what static/js/feed.js does and remember what arrived."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from tools.stage.live import Deployment

# For deployments with more pages than one network and one user may open.
NO_LIMITS = {"FEED_MAX_SOCKETS_PER_USER": "100000", "FEED_MAX_SOCKETS_PER_ADDRESS": "100000"}
OPENING_SECONDS = 60
# The maximum number of simultaneous handshakes.
OPENING = 50


AnyPage = TypeVar("AnyPage", bound="Page")


@dataclass(eq=False)
class Page:
    """One tab of a logged-in user: it reconnects, resumes after the last id and drops ids that it knows."""

    user: int
    session_key: str
    origin: str
    urls: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    # How many seconds the handshake may take, and then the hello.
    patience: float = OPENING_SECONDS
    # By id: the notification as it arrived first, and when.
    notifications: dict[int, dict[str, Any]] = field(default_factory=dict)
    seen_at: dict[int, float] = field(default_factory=dict)
    # Ids that arrived twice on one socket that had not asked for them again.
    repeated: list[int] = field(default_factory=list)
    unread: int = 0
    # How many sockets it has had, and whether its present one has received a hello.
    sockets: int = 0
    is_open: bool = False
    # When each of its sockets had received its hello, and when each was gone.
    opened_at: list[float] = field(default_factory=list)
    closed_at: list[float] = field(default_factory=list)
    # With which code the last attempt's socket was closed; None if the attempt got none.
    close_code: int | None = None
    # Status codes of refused handshakes.
    refusals: list[int] = field(default_factory=list)
    _socket: ClientConnection | None = None

    @property
    def headlines(self) -> list[str]:
        """Return what the user sees, each notification once."""
        return sorted(notification["headline"] for notification in self.notifications.values())

    async def stay_open(self, turn: asyncio.Semaphore) -> None:
        """Keep a socket open for ever: after each one ends, open another, to the next process in turn."""
        headers = {"Cookie": f"sessionid={self.session_key}", "Origin": self.origin, **self.headers}
        for attempt in range(1_000_000):
            url = self.urls[(self.user + attempt) % len(self.urls)]
            self.close_code = None
            try:
                async with turn:
                    socket = await connect(url, additional_headers=headers, open_timeout=self.patience)
                    self._greeted(json.loads(await asyncio.wait_for(socket.recv(), self.patience)))
                self._socket = socket
                try:
                    async with socket:
                        await self._listen(socket)
                finally:
                    self.close_code = socket.close_code
            except InvalidStatus as refusal:
                self.refusals.append(refusal.response.status_code)
            except (OSError, WebSocketException, TimeoutError):
                pass
            if self.is_open:
                self.is_open = False
                self.closed_at.append(time.time())
            await asyncio.sleep(self._pause())

    def _pause(self) -> float:
        """Return how many seconds to wait before the next attempt."""
        return random.uniform(0.1, 1)

    async def drop(self) -> None:
        """Drop the socket, as when a laptop is closed and opened."""
        if self._socket:
            await self._socket.close()

    def _greeted(self, hello: dict[str, Any]) -> None:
        assert hello["type"] == "hello"
        self.sockets, self.is_open = self.sockets + 1, True
        self.opened_at.append(time.time())
        self._take(hello)

    async def _listen(self, socket: ClientConnection) -> None:
        asked = bool(self.sockets > 1 and self.notifications)
        if asked:
            await socket.send(json.dumps({"type": "resume", "after": max(self.notifications)}))
        on_this_socket: set[int] = set(self._last_ids)
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] != "notifications":
                continue
            self._take(frame)
            if not asked:
                self.repeated += on_this_socket & set(self._last_ids)
            on_this_socket |= set(self._last_ids)

    def _take(self, frame: dict[str, Any]) -> None:
        now = time.time()
        self.unread = frame["unread"]
        self._last_ids = [notification["id"] for notification in frame["notifications"]]
        for notification in frame["notifications"]:
            self.notifications.setdefault(notification["id"], notification)
            self.seen_at.setdefault(notification["id"], now)


@asynccontextmanager
async def open_pages(
    deployment: Deployment, logins: Iterable[tuple[int, str]], *, urls: list[str] | None = None
) -> AsyncIterator[list[Page]]:
    """Open a page for each `(user id, session key)`, and return once each has received its hello."""
    urls = urls or [deployment.feed_url]
    async with kept_open([Page(user, session_key, deployment.web_url, urls) for user, session_key in logins]) as pages:
        yield pages


@asynccontextmanager
async def kept_open(pages: list[AnyPage]) -> AsyncIterator[list[AnyPage]]:
    """Keep these pages open until the end of the `with`. Yield once each has received its hello."""
    turn = asyncio.Semaphore(OPENING)
    tasks = [asyncio.create_task(page.stay_open(turn)) for page in pages]
    try:
        assert await eventually(lambda: all(page.is_open for page in pages), OPENING_SECONDS)
        yield pages
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    # A page's error, unless it was caused by the end of the test.
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


async def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    """Check repeatedly for at most so many seconds; return whether it became true."""
    deadline = time.monotonic() + seconds
    while not (is_true := condition()) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return is_true


def lags(pages: Iterable[Page], due_at: dict[tuple[int, str], float]) -> list[float]:
    """Return in ascending order how many seconds after its due time each notification was seen.

    `due_at` has the times by user id and headline.
    """
    return sorted(
        page.seen_at[each] - due_at[page.user, notification["headline"]]
        for page in pages
        for each, notification in page.notifications.items()
    )


def assert_each_shown_once(pages: Iterable[Page], due: Iterable[tuple[int, str, float]]) -> None:
    """Check that each `(user id, headline, due time)` is on its user's page once, and nothing else is."""
    shown = sorted((page.user, headline) for page in pages for headline in page.headlines)
    assert shown == sorted((user, headline) for user, headline, _ in due)
    assert [page for page in pages if page.repeated] == []
