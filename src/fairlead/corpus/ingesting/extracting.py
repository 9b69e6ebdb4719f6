"""One input into one part. Runs in a process of its own, so that what a stranger's file does to it harms nothing else.

    python -m fairlead.corpus.ingesting.extracting < job

`job` is one JSON object, a `Job`. The exit code is 0 when the part is there.
"""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fairlead.corpus.archives.model import Flaw, Trouble
from fairlead.corpus.archives.reading import captures
from fairlead.corpus.extraction import Depth, extract
from fairlead.corpus.ingesting.parts import PartWriter, hash_of

# Where the process is, for those who watch it: record, and bytes of the file behind it.
_POSITION = struct.Struct(">qq")
MOST_MEMORY_BYTES = 3_000_000_000


class Job(msgspec.Struct):
    path: str
    part: str
    position: str
    passed_over: list[int] = []
    ends_before: int | None = None
    depth: str = Depth.EVERYTHING.value
    memory_bytes: int = MOST_MEMORY_BYTES


def make_part(job: Job) -> str:
    """The hash of the part. A file that cannot be read gives a part that says so."""
    part = Path(job.part)
    depth = Depth(job.depth)
    passed_over = set(job.passed_over)
    writer = PartWriter(part)
    try:
        with _position_file(job.position) as position:
            for found in captures(Path(job.path)):
                os.pwrite(position, _POSITION.pack(found.record, found.offset), 0)
                if job.ends_before is not None and found.record >= job.ends_before:
                    writer.flaw(Flaw.TAKES_TOO_LONG)
                    writer.complete = False
                    break
                if isinstance(found, Trouble):
                    writer.flaw(found.flaw)
                    continue
                writer.captures += 1
                if found.record in passed_over:
                    writer.flaw(Flaw.TAKES_TOO_LONG)
                    continue
                try:
                    findings = extract(
                        found.body,
                        found.uri,
                        found.captured_at,
                        charset=found.charset,
                        content_type=found.content_type,
                        depth=depth,
                    )
                except (MemoryError, RecursionError):
                    writer.flaw(Flaw.TAKES_TOO_LONG)
                    continue
                if not findings.empty:
                    writer.page(findings)
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return hash_of(part)


@contextlib.contextmanager
def _position_file(path: str) -> Iterator[int]:
    file = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def position_of(path: Path) -> tuple[int, int] | None:
    """(record, bytes behind it) where the process is, None before its first record."""
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    return _POSITION.unpack(raw) if len(raw) == _POSITION.size else None


def _die_with_parent() -> None:
    """Where the system can (Linux), the process ends with the one that started it, even when that one is killed."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def main() -> None:
    _die_with_parent()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    resource.setrlimit(resource.RLIMIT_AS, (job.memory_bytes, job.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    make_part(job)


if __name__ == "__main__":
    main()
