"""A message as it is kept: bytes, flags, and the folders it lies in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.sandbox.mailboxes.folders import Folder

SEEN, ANSWERED, FLAGGED, DELETED, DRAFT = b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted", b"\\Draft"
SYSTEM_FLAGS = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
MESSAGE_ID = re.compile(rb"<[^<>\s]{1,998}>")


class Message:
    """What was delivered or appended, and its flags. `size` is that of the whole, also when the body is gone."""

    __slots__ = ("_headers", "flags", "homes", "important", "number", "raw", "received", "size", "thread")

    def __init__(self, raw: bytes, size: int, received: datetime, flags: Iterable[bytes], number: int) -> None:
        self.raw = raw
        self.size = size
        self.received = received
        self.flags = set(flags)
        # Unique in the whole sandbox; shown as X-GM-MSGID by Gmail's flavor.
        self.number = number
        self.thread = number
        self.homes: dict[Folder, int] = {}
        self.important = False
        self._headers: dict[bytes, list[bytes]] | None = None

    def header(self, name: bytes) -> list[bytes]:
        """The unfolded values of every field of that name, in order."""
        if self._headers is None:
            self._headers = {}
            for field, value in header_fields(self.raw):
                self._headers.setdefault(field.lower(), []).append(value)
        return self._headers.get(name.lower(), [])

    @property
    def message_id(self) -> bytes | None:
        values = self.header(b"message-id")
        return values[0].strip() if values else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in a folder, under the number it has there."""

    uid: int
    message: Message


def header_section(raw: bytes) -> bytes:
    """Everything up to and with the empty line."""
    ends = [at + len(gap) for gap in (b"\r\n\r\n", b"\n\n") if (at := raw.find(gap)) >= 0]
    if raw.startswith((b"\r\n", b"\n")):
        return raw[: raw.index(b"\n") + 1]
    return raw[: min(ends)] if ends else raw


def header_fields(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and unfolded values in order, as they stand. Lines that are no field are passed over."""
    name, value = b"", b""
    for line in header_section(raw).split(b"\n"):
        line = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t") and name:
            value += line
            continue
        if name:
            yield name, value.strip()
        name, colon, value = line.partition(b":")
        name = name.strip() if colon else b""
    if name:
        yield name, value.strip()
