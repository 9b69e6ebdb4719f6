"""The words of ingestion."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import NewType

from fairlead.accounts.model import WorkspaceId

FileId = NewType("FileId", int)


class FileState(StrEnum):
    WAITING = "waiting"  # -> extracted, parked
    EXTRACTED = "extracted"  # its part lies on the machine that made it -> merged, waiting (when the part is gone)
    MERGED = "merged"
    PARKED = "parked"  # given up after several tries; `fairlead ingest --again` makes it waiting


@dataclass(frozen=True)
class Input:
    """A file, or a folder of pages, that is read as one."""

    path: Path
    name: str
    # SHA-256 of what is in it, as hex.
    hash: str
    bytes: int


@dataclass(frozen=True)
class Work:
    """What a lease gives."""

    id: FileId
    path: Path
    name: str
    hash: str
    owner: WorkspaceId | None
    state: FileState
    tries: int
    # Numbers of records that are passed over, and of one before which reading ends: processes died of them.
    passed_over: tuple[int, ...]
    ends_before: int | None
    # What was found by the process that made the part, when there is one.
    report: "PartReport | None" = None


@dataclass(frozen=True)
class PartReport:
    """What is in a part."""

    # Captures read, and those that said something.
    captures: int
    pages: int
    addresses: int
    people: int
    # Flaw -> how often.
    flaws: dict[str, int]
    # Whether the file was read to its end.
    complete: bool
    # SHA-256 of the part as hex.
    part_hash: str


@dataclass
class Outcome:
    """How a run of ingestion ended."""

    files: int = 0
    merged: int = 0
    known_before: int = 0
    pages: int = 0
    addresses: int = 0
    people: int = 0
    # Read to where they break: their beginnings are merged.
    incomplete: list[tuple[str, str]] = field(default_factory=list)
    # Given up, with the reason.
    parked: list[tuple[str, str]] = field(default_factory=list)
    flaws: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> bool:
        return bool(self.incomplete or self.parked)
