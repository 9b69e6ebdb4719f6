"""Hits on their way to the database: a file of this process, written before the request is answered.

    {data folder}/spool/tracking/{name}.hits     one line of JSON for each hit

An answer waits for one `write`, so a killed process loses nothing it has answered; `fsync` follows in groups, so a
power cut loses at most `FLUSH_SECONDS`. A loader copies the lines to the database and removes what it has copied. How
far it has come is written in the same transaction, so a crash between copy and removal copies nothing twice. Each file
is locked by the process that writes it; one without a holder belongs to whoever comes next.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TypeAlias

import msgspec

from fairlead.campaigns.tracking.model import Hit, HitKind
from fairlead.kit.faults import fault_line
from fairlead.kit.tokens import HEX, new_token

log = logging.getLogger("fairlead.tracking")

FLUSH_SECONDS = 0.2
LOAD_SECONDS = 0.5
ADOPT_EVERY_LOADS = 20
# A file grows no further than this before the next one is begun.
FILE_BYTES = 4 << 20
# What one transaction copies, about a thousand hits. Of what is left the next one follows after `LOAD_SECONDS`: a burst
# waits on the disk instead of taking time from those who cause it.
CHUNK_BYTES = 1 << 18
SUFFIX = ".hits"

# Copies to the database what nobody has copied before of the file of this name.
Keep: TypeAlias = Callable[["Chunk"], Awaitable[None]]


@dataclass(frozen=True)
class Chunk:
    """Whole lines of a file up to byte `end`, each hit with the byte at which its line ends."""

    name: str
    end: int
    hits: Sequence[tuple[int, Hit]]

    def after(self, loaded: int) -> list[Hit]:
        """The hits that lie behind what was copied before."""
        return [hit for end, hit in self.hits if end > loaded]


class _Line(msgspec.Struct, array_like=True, gc=False):
    token: str
    kind: HitKind
    at: datetime
    method: str
    agent: str
    address: str
    link: int
    url: str


_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(_Line).decode


def line_of(hit: Hit) -> bytes:
    line = _Line(hit.token, hit.kind, hit.at, hit.method, hit.agent, hit.address, hit.link, hit.url)
    return _write(line) + b"\n"


def hit_of(line: bytes) -> Hit | None:
    """None for a line that a power cut has left torn."""
    try:
        found = _read(line)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return Hit(
        found.token, found.kind, found.at, found.method, found.agent, found.address, found.link, found.url
    )


class _File:
    def __init__(self, path: Path, number: int, loaded: int = 0) -> None:
        self.path, self.number, self.loaded = path, number, loaded
        self.written = 0

    @classmethod
    def made(cls, folder: Path, name: str) -> "_File":
        # Locked under a name that nobody looks for, then shown: a loader that is faster would take it away.
        hidden, path = folder / f"{name}.new", folder / f"{name}{SUFFIX}"
        number = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        hidden.rename(path)
        return cls(path, number)

    @classmethod
    def adopted(cls, path: Path) -> "_File | None":
        """None when its writer lives, or another process was faster."""
        try:
            number = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(number).st_nlink:
                return cls(path, number)
        except BlockingIOError:
            pass
        os.close(number)
        return None

    def read(self) -> Chunk | None:
        """The next whole lines; None when there are none."""
        block = os.pread(self.number, CHUNK_BYTES, self.loaded)
        lines = block[: block.rfind(b"\n") + 1].splitlines(keepends=True)
        if not lines:
            return None
        ends = accumulate((len(line) for line in lines), initial=self.loaded)
        next(ends)
        hits = [(end, hit) for end, line in zip(ends, lines, strict=True) if (hit := hit_of(line)) is not None]
        return Chunk(self.path.name, self.loaded + sum(map(len, lines)), hits)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.number)


class Spool:
    """Made by the process that answers; `append` before the answer, `run` beside it."""

    def __init__(self, folder: Path, random: Random) -> None:
        self._folder = folder / "spool" / "tracking"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._random = random
        self._file: _File | None = None
        self._full: list[_File] = []
        self._unflushed = False

    def append(self, hit: Hit) -> None:
        """Raises `OSError`, on a full disk for example; the hit then counts as never made."""
        if self._file is None or self._file.written >= FILE_BYTES:
            self._begin_file()
        assert self._file is not None
        line = line_of(hit)
        self._file.written += len(line)
        if os.write(self._file.number, line) != len(line):
            # The rest would run into the next line; a line that is torn is dropped by its reader.
            os.write(self._file.number, b"\n")
            raise OSError("the disk took a part of a line only")
        self._unflushed = True

    async def run(self, keep: Keep) -> None:
        """Flushes and loads until canceled. What the last moments brought is loaded by the next process."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._flush())
            group.create_task(self._load_again_and_again(keep))

    async def load(self, keep: Keep) -> int:
        """How many hits were copied: all of this process, and those of processes that are gone."""
        copied = 0
        self._adopt()
        while (hits := await self._load_some(keep)) is not None:
            copied += hits
        return copied

    async def _load_some(self, keep: Keep) -> int | None:
        """Copies the next lines there are; None when there are none. The oldest files come first."""
        while self._full:
            file = self._full[0]
            if (chunk := file.read()) is not None:
                return await self._keep(file, chunk, keep)
            self._full.pop(0)
            file.remove()
        if self._file is not None and (chunk := self._file.read()) is not None:
            return await self._keep(self._file, chunk, keep)
        return None

    async def _keep(self, file: _File, chunk: Chunk, keep: Keep) -> int:
        await keep(chunk)
        file.loaded = chunk.end
        return len(chunk.hits)

    def _adopt(self) -> None:
        """Takes over the files of processes that are gone."""
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if not self._is_own(path) and (orphan := _File.adopted(path)) is not None:
                self._full.append(orphan)

    def _begin_file(self) -> None:
        if self._file is not None:
            self._full.append(self._file)
        self._file = _File.made(self._folder, new_token(self._random, 20, HEX))

    def _is_own(self, path: Path) -> bool:
        return any(file is not None and file.path == path for file in (*self._full, self._file))

    async def _flush(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            if self._unflushed and self._file is not None:
                self._unflushed = False
                number = os.dup(self._file.number)  # the file may be full and removed before the disk is done
                try:
                    await asyncio.to_thread(os.fdatasync, number)
                finally:
                    os.close(number)

    async def _load_again_and_again(self, keep: Keep) -> None:
        loads = 0
        while True:
            try:
                if loads % ADOPT_EVERY_LOADS == 0:
                    self._adopt()
                await self._load_some(keep)
            except Exception as error:  # the database is away: what is spooled stays until it is back
                log.warning("opens and clicks wait for the database: %s", fault_line(error))
            loads += 1
            await asyncio.sleep(LOAD_SECONDS)
