"""Provide proxies before a Valkey on a unix socket: one that ends TLS, and one that can stop answering."""

import asyncio
import ssl
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class Proxy:
    """A context manager around a proxy on a free port of the loopback. Set `target` before a client connects."""

    target: Path
    scheme = "redis"
    context: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._connect, "127.0.0.1", 0, ssl=self.context), self._loop
        ).result()
        self.url = f"{self.scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        there = None
        try:
            back, there = await asyncio.open_unix_connection(str(self.target))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, there))
                group.create_task(self._pass_on(back, writer))
        except* OSError:
            pass
        finally:
            for each in (writer, there):
                if each:
                    each.close()

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while some := await source.read(65_536):
            await self._wait_until_it_may_pass()
            sink.write(some)
            await sink.drain()
        sink.close()

    async def _wait_until_it_may_pass(self) -> None:
        """Wait before anything is passed on. Only subclasses wait."""


class TlsProxy(Proxy):
    """A proxy with TLS outside, with the certificate of `context`, and plain text inside."""

    scheme = "rediss"

    def __init__(self, target: Path, context: ssl.SSLContext) -> None:
        self.target = target
        self.context = context


class SilentProxy(Proxy):
    """A proxy that can fall silent: it still accepts connections, but passes nothing on.

    What is sent during the silence arrives after it, as TCP sends lost packets again.
    """

    def __init__(self) -> None:
        self._speaking = asyncio.Event()
        self._speaking.set()

    def fall_silent(self) -> None:
        self._loop.call_soon_threadsafe(self._speaking.clear)

    def speak(self) -> None:
        self._loop.call_soon_threadsafe(self._speaking.set)

    async def _wait_until_it_may_pass(self) -> None:
        await self._speaking.wait()
