"""Test that a feed that is asked to end sends its sockets to another one: the real server, with clients of its own."""

import asyncio
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from notifications.feed.close_codes import RESTARTING
from tests.faults import stage
from tests.faults.pages import NO_LIMITS
from tools.stage.live import Deployment

pytestmark = pytest.mark.live

# More than are closed at once.
PEOPLE = 60


@pytest.fixture
def deployment() -> Iterator[Deployment]:
    with Deployment(parts=["feed"], **NO_LIMITS) as running:
        yield running


async def greeted(deployment: Deployment, session_key: str) -> ClientConnection:
    headers = {"Cookie": f"sessionid={session_key}", "Origin": deployment.web_url}
    socket = await connect(deployment.feed_url, additional_headers=headers, open_timeout=60)
    await socket.recv()
    return socket


def test_feed_that_ends_asks_its_sockets_to_come_back(deployment: Deployment) -> None:
    logins = stage.call(deployment, "people", count=PEOPLE)

    async def stop() -> tuple[list[int | None], int | None]:
        sockets = [await greeted(deployment, session_key) for _, session_key in logins]
        # One that has not said who it is.
        sockets.append(await connect(deployment.feed_url, origin=None))
        code = await asyncio.to_thread(deployment.stop, "feed")
        await asyncio.gather(*(socket.wait_closed() for socket in sockets))
        return [socket.close_code for socket in sockets], code

    close_codes, exit_code = asyncio.run(stop())

    assert close_codes == [RESTARTING] * (PEOPLE + 1)
    assert exit_code == 0


def test_feed_that_drains_accepts_no_socket_and_waits_for_those_that_it_has(deployment: Deployment) -> None:
    [(_, session_key)] = stage.call(deployment, "people", count=1)

    async def drain() -> tuple[bool, int | None]:
        silent = await greeted(deployment, session_key)
        silent.transport.pause_reading()  # it does not answer the close frame, so the feed has to wait
        stopping = asyncio.create_task(asyncio.to_thread(deployment.stop, "feed"))
        while await is_accepted():
            await asyncio.sleep(0.01)
        is_waiting = not stopping.done()
        silent.transport.resume_reading()
        await silent.wait_closed()
        await stopping
        return is_waiting, silent.close_code

    async def is_accepted() -> bool:
        try:
            async with connect(deployment.feed_url):
                return True
        except (OSError, WebSocketException):
            return False

    assert asyncio.run(drain()) == (True, RESTARTING)
