"""The bytes of an SMTP session: lines to replies, limits on both, and how long each may take."""

import asyncio
import statistics
from abc import abstractmethod
from collections.abc import Callable
from enum import Enum
from typing import Final, cast

from fairlead.verifier.hearing import code_of

# Machine time for one reply. RFC 5321, 4.5.3.2, gives minutes; whoever checks an address has less.
BANNER_SECONDS: Final = 40.0
REPLY_SECONDS: Final = 30.0
# RFC 5321, 4.5.3.1.5, allows 512 octets; whoever sends more than these limits is not sending replies.
LONGEST_LINE: Final = 2048
MOST_LINES: Final = 100
# A reply that takes so much longer than the session's usual one: the server has begun to slow us down.
SLOWED_SECONDS: Final = 0.9
GAPS_KEPT: Final = 64


class Ending(Enum):
    LEFT = "left"  # we said QUIT
    BUSY = "busy"  # 421
    LOST = "lost"
    SILENT = "silent"  # no reply in time
    SLOWED = "slowed"  # a tarpit
    REFUSED = "refused"  # at the banner or at EHLO
    GARBLED = "garbled"  # not SMTP, or far too much of it


class Connection(asyncio.Protocol):
    """`ended` is done when the connection is gone, with the reason in `ending`. Times are machine time."""

    def __init__(self, monotonic: Callable[[], float], ended: asyncio.Future[None]) -> None:
        self.ended = ended
        self.ending: Ending | None = None
        self.rejects = 0  # refusals so far
        self.commands = 0
        self._monotonic = monotonic
        self._transport: asyncio.Transport | None = None
        self._rest = b""
        self._lines: list[bytes] = []
        self._gaps: list[float] = []
        self._last = self._born = monotonic()
        self._deadline = self._born + BANNER_SECONDS

    # What a session makes of it.

    @abstractmethod
    def _reply(self, code: int, lines: list[bytes]) -> None:
        """A reply is complete; the code is 0 where it is none."""

    @abstractmethod
    def _pump(self) -> None:
        """All replies that have come are dealt with: what is said next?"""

    @abstractmethod
    def _is_waiting(self) -> bool:
        """Whether recipients are in question, so that a wait tells something of the server."""

    @abstractmethod
    def _note_end(self, ending: Ending) -> None:
        """The session is over."""

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._last = self._born = self._monotonic()
        self._deadline = self._born + BANNER_SECONDS

    def data_received(self, data: bytes) -> None:
        if self.ending is not None:
            return  # the reply to QUIT, after which the server closes; or more of what we do not want to hear
        now = self._monotonic()
        slowed = self._slowed(now)
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > LONGEST_LINE:
            self._end(Ending.GARBLED)
            return
        for line in lines:
            if line[3:4] == b"-" or self._lines:
                if not self._gathered(line):
                    continue
            else:
                self._reply(code_of(line) if len(line) <= LONGEST_LINE else 0, [line])
            if self._is_over():
                return
        if slowed:
            self._end(Ending.SLOWED)
            return
        self._deadline = now + REPLY_SECONDS
        self._pump()

    def connection_lost(self, error: Exception | None) -> None:
        if self.ending is None:
            self._note_end(Ending.LOST)
        if not self.ended.done():
            self.ended.set_result(None)

    def eof_received(self) -> bool:
        return False

    # Called by whoever watches over the sessions.

    def check(self, now: float) -> None:
        """Ends a session whose reply is overdue."""
        if now > self._deadline and self._transport is not None:
            if self.ending is None:
                self._end(Ending.SILENT)
            else:
                self._transport.abort()

    def abandon(self) -> None:
        """We cannot wait any longer."""
        if self.ending is None:
            self._note_end(Ending.SILENT)
        if self._transport is not None:
            self._transport.abort()

    # From lines to replies.

    def _gathered(self, line: bytes) -> bool:
        """Adds a line to a reply of many. Whether that was the last, and the reply has been dealt with."""
        self._lines.append(line)
        if len(self._lines) > MOST_LINES or len(line) > LONGEST_LINE or not code_of(line):
            self._end(Ending.GARBLED)
            return True
        if line[3:4] == b"-":
            return False
        lines, self._lines = self._lines, []
        self._reply(code_of(line), lines)
        return True

    def _write(self, out: list[bytes]) -> None:
        assert self._transport is not None
        self.commands += len(out)
        self._last = self._monotonic()
        self._transport.write(b"".join(out))

    # Ends and slowness.

    def _slowed(self, now: float) -> bool:
        """Whether the wait for these bytes tells of a tarpit."""
        gap = now - self._last
        self._last = now
        if not self._is_waiting():
            return False
        gaps = self._gaps
        slowed = (
            gap >= SLOWED_SECONDS
            and self.rejects > 0
            and len(gaps) >= 2
            and gap - statistics.median(gaps) >= SLOWED_SECONDS
        )
        if len(gaps) < GAPS_KEPT:
            gaps.append(gap)
        return slowed

    def _is_over(self) -> bool:
        return self.ending is not None

    def _end(self, ending: Ending) -> None:
        """The session is over in a way that was not planned: what was in the air waits again."""
        self._note_end(ending)
        assert self._transport is not None
        if ending in (Ending.SLOWED, Ending.REFUSED):
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
        else:
            self._transport.abort()
