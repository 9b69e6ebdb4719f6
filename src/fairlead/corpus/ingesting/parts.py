"""Part files: what was found in one input, as it will be merged.

A part is a gzip stream of frames: the length in 4 bytes (big-endian), then MessagePack. All but the last are pages in
the order of the input. The last is the report. The same input gives the same bytes, with any engine, on any machine.
"""

import gzip
import hashlib
import os
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from fairlead.corpus.archives.model import ENDING, Flaw
from fairlead.corpus.findings import PageFindings

# Part of the name: parts of an older extractor are not taken for those of this one.
VERSION = 1
_LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode


class Trailer(msgspec.Struct):
    captures: int
    pages: int
    addresses: int
    people: int
    flaws: dict[str, int]
    complete: bool


_decode_page = msgspec.msgpack.Decoder(PageFindings).decode
_decode_trailer = msgspec.msgpack.Decoder(Trailer).decode


def part_path(folder: Path, input_hash: str) -> Path:
    return folder / f"{input_hash}.{VERSION}.part"


class PartWriter:
    """Writes beside `path`, and moves it there when it is whole and on the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
        self._raw = self._draft.open("wb")
        self._file: IO[bytes] = gzip.GzipFile("", "wb", 1, self._raw, mtime=0)  # type: ignore[assignment]
        self.captures = self.pages = self.addresses = self.people = 0
        self.flaws: Counter[str] = Counter()
        self.complete = True

    def page(self, findings: PageFindings) -> None:
        self.pages += 1
        self.addresses += len(findings.addresses)
        self.people += len(findings.people)
        self._frame(_encode(findings))

    def flaw(self, flaw: Flaw) -> None:
        self.flaws[flaw.value] += 1
        if flaw in ENDING:
            self.complete = False

    def close(self) -> Trailer:
        trailer = Trailer(
            self.captures, self.pages, self.addresses, self.people, dict(sorted(self.flaws.items())), self.complete
        )
        self._frame(_encode(trailer))
        self._file.close()
        self._raw.flush()
        os.fsync(self._raw.fileno())
        self._raw.close()
        self._draft.rename(self._path)
        return trailer

    def abandon(self) -> None:
        self._raw.close()
        self._draft.unlink(missing_ok=True)

    def _frame(self, encoded: bytes) -> None:
        self._file.write(_LENGTH.pack(len(encoded)))
        self._file.write(encoded)


def pages_of(path: Path) -> Iterator[PageFindings]:
    frames = _frames(path)
    last = next(frames)
    for frame in frames:
        yield _decode_page(last)
        last = frame


def trailer_of(path: Path) -> Trailer:
    last = b""
    for frame in _frames(path):
        last = frame
    return _decode_trailer(last)


def hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _frames(path: Path) -> Iterator[bytes]:
    with gzip.open(path, "rb") as file:
        while head := file.read(_LENGTH.size):
            yield file.read(_LENGTH.unpack(head)[0])
