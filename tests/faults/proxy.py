"""A TCP proxy in front of Valkey that can fall silent: it still accepts connections, but nothing gets through."""

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Self


class SilentProxy:
    """A context manager around a proxy on a free port of the loopback; set `target` before anybody connects.

    What is sent during the silence comes through after it, as TCP sends again what a network has swallowed.
    """

    target: Path

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result()
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def fall_silent(self) -> None:
        self._loop.call_soon_threadsafe(self._speaking.clear)

    def speak(self) -> None:
        self._loop.call_soon_threadsafe(self._speaking.set)

    async def _serve(self) -> asyncio.Server:
        self._connections: set[asyncio.Task[None]] = set()
        return await asyncio.start_server(self._connect, "127.0.0.1", 0)

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
            await self._speaking.wait()
            sink.write(some)
            await sink.drain()
        sink.close()
