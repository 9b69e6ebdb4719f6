"""The bytes of a session: lines to replies, with limits on both and on how long each may take."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass
from typing import Final, cast

# RFC 5321, 4.5.3.1.5, allows 512 octets; whoever sends more than these is not sending replies.
LONGEST_LINE: Final = 4096
MOST_LINES: Final = 200
MOST_UNREAD: Final = 1000

# RFC 3463, section 2, at the start of a reply's text (RFC 2034, section 4).
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:[ \t]|$)")


class ConnectionGone(Exception):
    """The server hung up, fell silent, or said what is no reply. The connection is closed."""

    def __init__(self, why: str = "lost") -> None:
        super().__init__(why)
        self.why = why  # lost, silent or garbled


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    lines: tuple[bytes, ...]  # without codes

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300

    @property
    def text(self) -> str:
        return "\n".join(line.decode("utf-8", "replace") for line in self.lines).strip()

    @property
    def enhanced(self) -> str:
        match = _ENHANCED.match(self.text)
        return match[1] if match else ""


class Wire(asyncio.Protocol):
    """Replies in the order they came. One reader and one writer at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.gone: str | None = None  # why there is no connection any more
        self._replies: deque[Reply] = deque()
        self._rest = b""
        self._lines: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.gone is not None:
            return
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if not self._take(line.removesuffix(b"\r")):
                self.abort("garbled")
                return
        if len(self._rest) > LONGEST_LINE or len(self._replies) > MOST_UNREAD:
            self.abort("garbled")
        self._wake()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = self.gone or "lost"
        self._wake()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # For the session.

    async def reply(self, seconds: float) -> Reply:
        """The next reply. Raises `ConnectionGone`."""
        if not self._replies:
            await self._wait(seconds)
        if self._replies:
            return self._replies.popleft()
        raise ConnectionGone(self.gone or "lost")

    def has_unread(self) -> bool:
        """Whether the server has said something nobody has read yet."""
        return bool(self._replies or self._lines or self._rest)

    def write(self, data: bytes) -> None:
        """Raises `ConnectionGone`; then no byte was written."""
        if self.gone is not None or self.transport is None or self.transport.is_closing():
            raise ConnectionGone(self.gone or "lost")
        self.transport.write(data)

    async def drained(self, seconds: float) -> None:
        """Waits until there is room for more to write. Raises `ConnectionGone`."""
        if self._writable is not None:
            try:
                async with asyncio.timeout(seconds):
                    await asyncio.shield(self._writable)
            except TimeoutError:
                self.abort("silent")
        if self.gone is not None:
            raise ConnectionGone(self.gone)

    def abort(self, why: str) -> None:
        self.gone = self.gone or why
        if self.transport is not None:
            self.transport.abort()
        self._wake()

    def close(self) -> None:
        self.gone = self.gone or "closed"
        if self.transport is not None:
            self.transport.close()

    def _take(self, line: bytes) -> bool:
        """Whether `line` can be part of a reply: a code of three digits and a blank or hyphen (RFC 5321, 4.2.1)."""
        code = line[:3]
        mark = line[3:4]
        if len(line) > LONGEST_LINE or not (code.isdigit() and len(code) == 3 and b"2" <= code[:1] <= b"5"):
            return False
        self._lines.append(line[4:])
        if mark == b"-":
            return len(self._lines) <= MOST_LINES
        if mark not in (b" ", b"\t", b""):
            return False
        self._replies.append(Reply(int(code), tuple(self._lines)))
        self._lines = []
        return True

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, seconds: float) -> None:
        deadline = self._loop.time() + seconds
        while not self._replies and self.gone is None:
            left = deadline - self._loop.time()
            if left <= 0:
                self.abort("silent")
                return
            self._waiter = self._loop.create_future()
            alarm = self._loop.call_later(left, self._wake)
            try:
                await self._waiter
            finally:
                alarm.cancel()
                self._waiter = None
