"""A receiver for many deliveries, in a thread of its own: it counts how often each id came, and when first."""

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
ID = re.compile(rb'"id":"([0-9a-f]{32})"')
NUMBER = re.compile(rb'"step_id":(\d+)')
THANKS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class CountingReceiver:
    """Paths that begin with `/hang` are never answered."""

    def __init__(self) -> None:
        self.times: Counter[bytes] = Counter()
        self.of_path: dict[bytes, set[int]] = {}
        self.first_came: dict[tuple[bytes, int], float] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["CountingReceiver"]:
        receiver = cls()
        thread = threading.Thread(target=receiver._run, daemon=True)
        thread.start()
        receiver._started.wait(10)
        try:
            yield receiver
        finally:
            receiver._loop.call_soon_threadsafe(receiver._loop.stop)
            thread.join(10)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            self._loop.create_server(lambda: _Conversation(self), "127.0.0.1", 0, backlog=1024)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        self._loop.close()


class _Conversation(asyncio.Protocol):
    def __init__(self, receiver: CountingReceiver) -> None:
        self._receiver = receiver
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or length is None or len(body) < int(length[1]):
            return
        self._buffer = body[int(length[1]) :]
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/hang"):
            return
        found, number = ID.search(body), NUMBER.search(body)
        if found and number:
            self._receiver.times[found[1]] += 1
            self._receiver.of_path.setdefault(path, set()).add(int(number[1]))
            self._receiver.first_came.setdefault((path, int(number[1])), time.time())
        self._transport.write(THANKS)
