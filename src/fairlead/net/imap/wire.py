"""The bytes of a session: lines and literals to responses, with limits on both."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final, cast

from fairlead.net.imap.errors import ImapGone

# So much that nobody has read yet, and the server has to wait.
UNREAD_OCTETS: Final = 4_000_000


@dataclass(frozen=True)
class Limits:
    """Of one response. A search in a large folder answers in one line; a literal is a message or a part of it."""

    line_octets: int = 8_000_000
    literal_octets: int = 60_000_000
    literals: int = 2_000


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Response:
    """Pieces that take turns: text, literal, text, and so on; the first and the last are text, without CRLF."""

    pieces: tuple[bytes, ...]

    @property
    def line(self) -> bytes:
        return self.pieces[0]

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))


class Wire(asyncio.Protocol):
    """Responses in the order they came. One reader and one writer at a time."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.transport: asyncio.Transport | None = None
        self.gone: str | None = None
        self._limits = limits
        self._buffer = bytearray()
        self._looked_at = 0  # no line ends before this place
        self._pieces: list[bytes] = []
        self._line_octets = 0
        self._literal_left: int | None = None
        self._responses: deque[Response] = deque()
        self._unread = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.gone is not None:
            return
        self._buffer += data
        while self.gone is None and (self._take_literal() if self._literal_left is not None else self._take_line()):
            pass
        if self._unread > UNREAD_OCTETS and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        if self._responses or self.gone is not None:
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

    async def response(self, seconds: float) -> Response:
        """The next response; `seconds` is how long the server may say nothing at all. Raises `ImapGone`."""
        if not self._responses:
            await self._wait(seconds)
        if not self._responses:
            raise ImapGone(self.gone or "lost")
        response = self._responses.popleft()
        self._unread -= response.size
        if self._paused and self._unread <= UNREAD_OCTETS // 2 and self.transport is not None and self.gone is None:
            self._paused = False
            self.transport.resume_reading()
        return response

    async def next_within(self, seconds: float) -> Response | None:
        """The next response, or None when none came in time: nothing is wrong then. Raises `ImapGone`."""
        if not self._responses and self.gone is None:
            self._waiter = self._loop.create_future()
            alarm = self._loop.call_later(max(0.0, seconds), self._wake)
            try:
                await self._waiter
            finally:
                alarm.cancel()
                self._waiter = None
        if not self._responses and self.gone is None:
            return None
        return await self.response(seconds)

    def has_unread(self) -> bool:
        return bool(self._responses or self._buffer or self._pieces)

    def write(self, data: bytes) -> None:
        """Raises `ImapGone`."""
        if self.gone is not None or self.transport is None or self.transport.is_closing():
            raise ImapGone(self.gone or "lost")
        self.transport.write(data)

    async def drained(self, seconds: float) -> None:
        """Waits until there is room for more to write. Raises `ImapGone`."""
        if self._writable is not None:
            try:
                async with asyncio.timeout(seconds):
                    await asyncio.shield(self._writable)
            except TimeoutError:
                self.abort("silent")
        if self.gone is not None:
            raise ImapGone(self.gone)

    def abort(self, why: str) -> None:
        self.gone = self.gone or why
        if self.transport is not None:
            self.transport.abort()
        self._wake()

    def close(self) -> None:
        self.gone = self.gone or "closed"
        if self.transport is not None:
            self.transport.close()

    # From bytes to responses.

    def _take_line(self) -> bool:
        """Takes a line off the buffer; whether there was one."""
        end = self._buffer.find(b"\n", self._looked_at)
        if end < 0:
            self._looked_at = len(self._buffer)
            if self._line_octets + len(self._buffer) > self._limits.line_octets:
                self.abort("garbled")
            return False
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        del self._buffer[: end + 1]
        self._looked_at = 0
        self._line_octets += len(line)
        if self._line_octets > self._limits.line_octets or len(self._pieces) > 2 * self._limits.literals:
            self.abort("garbled")
            return False
        size = literal_size(line)
        if size is None:
            self._finish(line)
        elif size > self._limits.literal_octets:
            self.abort("garbled")
            return False
        else:
            self._pieces.append(line[: line.rindex(b"{")].removesuffix(b"~"))
            self._literal_left = size
        return True

    def _take_literal(self) -> bool:
        assert self._literal_left is not None
        if len(self._buffer) < self._literal_left:
            return False
        self._pieces.append(bytes(self._buffer[: self._literal_left]))
        del self._buffer[: self._literal_left]
        self._literal_left = None
        return True

    def _finish(self, line: bytes) -> None:
        response = Response((*self._pieces, line))
        self._pieces = []
        self._line_octets = 0
        self._responses.append(response)
        self._unread += response.size

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, seconds: float) -> None:
        """Until a response is there, the connection gone, or nothing at all came for so long."""
        while not self._responses and self.gone is None:
            before = len(self._buffer)
            self._waiter = self._loop.create_future()
            alarm = self._loop.call_later(seconds, self._wake)
            try:
                await self._waiter
            finally:
                alarm.cancel()
                self._waiter = None
            if not self._responses and self.gone is None and len(self._buffer) == before:
                self.abort("silent")


def literal_size(line: bytes) -> int | None:
    """The octets announced at the end of a line, as `{12}` or `{12+}`."""
    if not line.endswith(b"}"):
        return None
    start = line.rfind(b"{", max(0, len(line) - 24))
    digits = line[start + 1 : -1].removesuffix(b"+") if start >= 0 else b""
    return int(digits) if digits.isdigit() else None
