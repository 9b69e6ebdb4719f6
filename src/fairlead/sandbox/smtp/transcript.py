"""What was said in a session, for a person to look at afterwards. Bounded, and without secrets and bodies."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Final

# The greeting is kept whole, and of a long session the end.
FIRST_LINES: Final = 30
LAST_LINES: Final = 200
LONGEST_LINE: Final = 1000

CLIENT: Final = "C"
SERVER: Final = "S"
NOTE: Final = "*"


@dataclass(slots=True)
class Transcript:
    number: int
    host: str
    address: str
    port: int
    client_ip: str
    started_at: datetime  # business time
    helo: str = ""
    tls: bool = False
    user: str | None = None
    messages: int = 0
    ended_at: datetime | None = None
    said: int = 0
    _first: list[tuple[str, bytes]] = field(default_factory=list)
    _last: deque[tuple[str, bytes]] = field(default_factory=lambda: deque(maxlen=LAST_LINES))

    def note(self, who: str, text: bytes) -> None:
        """`text` is one line or a whole reply, with or without its final CRLF."""
        if not text:
            return
        self.said += 1
        if self.said <= FIRST_LINES:
            self._first.append((who, text[:LONGEST_LINE]))
        else:
            self._last.append((who, text[:LONGEST_LINE]))

    def lines(self) -> list[str]:
        """Each behind C, S or * and a space; bytes that are not UTF-8 are shown as \\xNN."""
        left_out = self.said - len(self._first) - len(self._last)
        gap = [(NOTE, b"%d lines left out" % left_out)] if left_out else []
        return [
            f"{who} {line}"
            for who, text in chain(self._first, gap, self._last)
            for line in text.decode("utf-8", "backslashreplace").splitlines()
        ]
