"""One open socket of a feed: the frames that wait for its hello, and what it was sent and knows to be read."""

import logging
from collections.abc import Iterable
from typing import Protocol

from notifications.feed import close_codes
from notifications.feed.credentials import Credential
from notifications.feed.push import MAX_IN_FRAME, NotificationPayload, notifications_frame, read_frame
from notifications.wording import Locale

logger = logging.getLogger(__name__)

# A frame with so many ids is far smaller than one with notifications.
MAX_READ_IN_FRAME = 500


class Socket(Protocol):
    """What the feed needs of a consumer."""

    credential: Credential
    # The language and time zone in which it wants notifications worded, or None if it wants no wording.
    locale: Locale | None

    async def send_frame(self, text: str) -> None: ...

    async def close_with(self, code: int) -> None: ...


class _Memory:
    """Ids that are remembered until `age` has been called twice."""

    __slots__ = ("_earlier", "_recent")

    def __init__(self) -> None:
        self._recent: set[int] = set()
        self._earlier: set[int] = set()

    def __contains__(self, each: int) -> bool:
        return each in self._recent or each in self._earlier

    def add(self, ids: Iterable[int]) -> None:
        self._recent.update(ids)

    def remove(self, ids: Iterable[int]) -> None:
        self._recent.difference_update(ids)
        self._earlier.difference_update(ids)

    def age(self) -> None:
        self._earlier, self._recent = self._recent, set()


class Connection:
    """A registered socket, with the ids of the notifications that it was sent and of those that it knows to be read."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self._sent = _Memory()
        self._read = _Memory()
        self._read_up_to = 0
        # Frames wait here until the hello has been sent, which must be the first frame. None after that.
        self._waiting: list[str] | None = []

    async def greet(self, frame: str, ids: Iterable[int]) -> None:
        """Send the hello, then the frames that have been waiting for it."""
        self._sent.add(ids)
        waiting, self._waiting = self._waiting or [], None
        for each in [frame, *waiting]:
            await self._deliver(each)

    async def send(self, frame: str, ids: Iterable[int]) -> None:
        self._sent.add(ids)
        if self._waiting is None:
            await self._deliver(frame)
        else:
            self._waiting.append(frame)

    async def send_notifications(self, notifications: list[NotificationPayload], *, unread: int) -> None:
        """Send notifications in frames of at most MAX_IN_FRAME each. If there are none, send one frame without any."""
        for first in range(0, max(1, len(notifications)), MAX_IN_FRAME):
            some = notifications[first : first + MAX_IN_FRAME]
            await self.send(notifications_frame(some, unread=unread), [each["id"] for each in some])

    async def send_read(self, ids: list[int], *, unread: int) -> None:
        """Send the ids of notifications that have been read, except for those that the socket knows to be read."""
        unreported = sorted(self.unreported(ids))
        self.remember_read(unreported)
        for first in range(0, len(unreported), MAX_READ_IN_FRAME):
            await self.send(read_frame(unreported[first : first + MAX_READ_IN_FRAME], unread=unread), [])

    async def _deliver(self, frame: str) -> None:
        """Send a frame. A failure is logged and not raised, so that the other sockets still get their frames."""
        try:
            await self.socket.send_frame(frame)
        except Exception as error:  # noqa: BLE001 - each server raises another class; Daphne's is autobahn's Disconnected
            user_id = self.socket.credential.user_id
            logger.warning("a socket of user %d refused a frame: %r", user_id, error, extra={"user_id": user_id})
            await self.close(close_codes.UNDELIVERABLE)

    async def close(self, code: int) -> None:
        """Close the socket. A failure, for example because it has gone already, is logged and not raised."""
        try:
            await self.socket.close_with(code)
        except Exception as error:  # noqa: BLE001 - each server raises another class
            user_id = self.socket.credential.user_id
            logger.warning("a socket of user %d could not be closed: %r", user_id, error, extra={"user_id": user_id})

    def remember_read(self, ids: Iterable[int], *, up_to: int = 0) -> None:
        self._read_up_to = max(self._read_up_to, up_to)
        self._read.add(ids)

    def forget_read(self, ids: Iterable[int]) -> None:
        """Forget that these were read, because they are unread again: they may be read once more.

        What was read up to an id is forgotten, too, so the position check may report again what was read lately.
        """
        self._read_up_to = 0
        self._read.remove(ids)

    def unsent(self, ids: Iterable[int]) -> set[int]:
        """Return those of the notifications that the socket has not been sent."""
        return {each for each in ids if each not in self._sent}

    def unreported(self, ids: Iterable[int]) -> set[int]:
        """Return those of the notifications that the socket does not know to be read."""
        return {each for each in ids if each > self._read_up_to and each not in self._read}

    def forget_old(self) -> None:
        """Forget what was remembered before the last call."""
        self._sent.age()
        self._read.age()
