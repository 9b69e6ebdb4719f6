"""Cutting the stream into commands. A literal announced with `{n}` waits for a "+"; `{n+}` does not (RFC 7888)."""

import re
from dataclasses import dataclass
from typing import TypeAlias

LINE_LIMIT = 65_536
LITERALS_LIMIT = 64
ANNOUNCED = re.compile(rb"\{(\d{1,20})(\+?)\}\r?\n\Z")


@dataclass(frozen=True, slots=True)
class Command:
    """Without the final line end; literals stand where they were announced."""

    text: bytes


@dataclass(frozen=True, slots=True)
class GoAhead:
    """The client waits for leave to send a literal."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A literal beyond the limit. The client keeps it to itself and the command is forgotten."""

    tag: bytes


@dataclass(frozen=True, slots=True)
class Flooded:
    """More than can be taken or skipped: the connection ends."""

    why: str


Frame: TypeAlias = Command | GoAhead | Refused | Flooded


class Framer:
    def __init__(self, literal_limit: int) -> None:
        self.literal_limit = literal_limit
        self._bytes = bytearray()
        # Bytes before `_line` belong to the command and are looked at no more; literals lie between lines.
        self._line = 0
        self._literals = 0

    def feed(self, received: bytes) -> None:
        self._bytes += received

    def forget(self) -> None:
        """Drops what came early: after STARTTLS it was written by nobody in particular (RFC 3501, 6.2.1)."""
        self._bytes.clear()
        self._line = self._literals = 0

    def next(self) -> Frame | None:
        """The next thing to act on, or None until more arrives."""
        while True:
            if len(self._bytes) < self._line:
                return None
            end = self._bytes.find(b"\n", self._line, self._line + LINE_LIMIT)
            if end < 0:
                return Flooded("line too long") if len(self._bytes) - self._line >= LINE_LIMIT else None
            end += 1
            announced = ANNOUNCED.search(self._bytes, max(self._line, end - 30), end)
            if announced is None:
                text = bytes(self._bytes[:end])
                del self._bytes[:end]
                self._line = self._literals = 0
                return Command(text[:-2] if text.endswith(b"\r\n") else text[:-1])
            size, waits = int(announced[1]), not announced[2]
            self._literals += 1
            if self._literals > LITERALS_LIMIT or end + size > self.literal_limit:
                if not waits or self._literals > LITERALS_LIMIT:
                    return Flooded("literal too large")
                tag = bytes(self._bytes[:64]).split(b" ", 1)[0]
                del self._bytes[:end]
                self._line = self._literals = 0
                return Refused(tag)
            self._line = end + size
            if waits:
                return GoAhead()
