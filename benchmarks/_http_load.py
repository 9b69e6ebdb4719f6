"""Clients over HTTP: each connection sends its next request when the answer to the last one is there."""

import asyncio
import re
import time
from collections.abc import Callable

CLIENTS = 32
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Client(asyncio.Protocol):
    def __init__(self, request: Callable[[], bytes], until: float, times: list[float], done: asyncio.Future) -> None:
        self._request, self._until, self._times, self._done = request, until, times, done

    def connection_made(self, transport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._answer = b""
        self._sent = time.perf_counter()
        self._transport.write(self._request())

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, _, body = self._answer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 302")):
            self._finish(RuntimeError(self._answer[:300]))
            return
        now = time.perf_counter()
        self._times.append(now - self._sent)
        if now < self._until:
            self._send()
        else:
            self._finish(None)

    def _finish(self, error: Exception | None) -> None:
        self._transport.close()
        if not self._done.done():
            self._done.set_result(None) if error is None else self._done.set_exception(error)

    def connection_lost(self, exc) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError("the server hung up"))


async def load(port: int, request: Callable[[], bytes], seconds: float) -> list[float]:
    """How long each request took, in seconds, from `CLIENTS` connections."""
    loop, times = asyncio.get_running_loop(), []
    until = time.perf_counter() + seconds
    waits = []
    for _ in range(CLIENTS):
        done = loop.create_future()
        waits.append(done)
        await loop.create_connection(lambda done=done: Client(request, until, times, done), "127.0.0.1", port)
    await asyncio.gather(*waits)
    return times
