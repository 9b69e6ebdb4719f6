"""Hits on their way to the database: a file of this process, written before the request is answered.

    {data folder}/spool/tracking/{name}.hits     one line of JSON a hit

An answer waits for one `write`, so a killed process loses nothing it has answered; `fsync` follows in groups, so a
power cut loses at most `FLUSH_SECONDS`. A loader copies the lines to the database and removes what it has copied. How
far it has come is written in the same transaction, so a crash between copy and removal copies nothing twice. Each file
is locked by the process that writes it; one without a holder belongs to whoever comes next.
"""

import asyncio
import fcntl
import json
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import TypeAlias

from fairlead.campaigns.tracking.model import Hit, HitKind
from fairlead.kit.faults import fault_line
from fairlead.kit.tokens import HEX, new_token

log = logging.getLogger("fairlead.tracking")

FLUSH_SECONDS = 0.2
LOAD_SECONDS = 0.5
ADOPT_EVERY_LOADS = 20
# A file grows no further than this before the next one is begun.
FILE_BYTES = 4 << 20
CHUNK_BYTES = 1 << 20
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


def line_of(hit: Hit) -> bytes:
    words = {
        "t": hit.token, "k": hit.kind.value, "at": hit.at.isoformat(), "m": hit.method, "ua": hit.agent,
        "ip": hit.address, "n": hit.link, "u": hit.url,
    }  # fmt: skip
    return json.dumps(words, separators=(",", ":")).encode() + b"\n"


def hit_of(line: bytes) -> Hit | None:
    """None for a line that a power cut has left torn."""
    try:
        words = json.loads(line)
        return Hit(
            words["t"], HitKind(words["k"]), datetime.fromisoformat(words["at"]), words["m"], words["ua"],
            words["ip"], words["n"], words["u"],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None


class _File:
    def __init__(self, path: Path, number: int, loaded: int = 0) -> None:
        self.path, self.number, self.loaded = path, number, loaded

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

    def size(self) -> int:
        return os.fstat(self.number).st_size

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
        if self._file is None or self._file.size() >= FILE_BYTES:
            self._begin_file()
        assert self._file is not None
        line = line_of(hit)
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

    async def load(self, keep: Keep, *, adopt: bool = True) -> int:
        """How many hits were copied: all of this process, and those of processes that are gone."""
        copied = 0
        for file in [*self._full, *([self._file] if self._file else [])]:
            copied += await self._load_file(file, keep)
        for file in list(self._full):
            self._full.remove(file)
            file.remove()
        if adopt:
            for path in sorted(self._folder.glob(f"*{SUFFIX}")):
                if not self._is_own(path) and (orphan := _File.adopted(path)) is not None:
                    copied += await self._load_file(orphan, keep)
                    orphan.remove()
        return copied

    def _begin_file(self) -> None:
        if self._file is not None:
            self._full.append(self._file)
        self._file = _File.made(self._folder, new_token(self._random, 20, HEX))

    def _is_own(self, path: Path) -> bool:
        return any(file is not None and file.path == path for file in (*self._full, self._file))

    async def _load_file(self, file: _File, keep: Keep) -> int:
        copied = 0
        while (chunk := file.read()) is not None:
            await keep(chunk)
            file.loaded = chunk.end
            copied += len(chunk.hits)
        return copied

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
                await self.load(keep, adopt=loads % ADOPT_EVERY_LOADS == 0)
            except Exception as error:  # the database is away: what is spooled stays until it is back
                log.warning("opens and clicks wait for the database: %s", fault_line(error))
            loads += 1
            with suppress(TimeoutError):
                await asyncio.sleep(LOAD_SECONDS)
