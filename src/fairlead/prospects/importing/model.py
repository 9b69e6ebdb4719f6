"""The words of an import."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fairlead.importing.model import Column, Source
from fairlead.prospects.model import ChangeId, ListId


class Existing(StrEnum):
    """What happens to a prospect the workspace has already."""

    SKIP = "skip"  # it is put on the list and otherwise left as it is
    UPDATE = "update"  # and overwritten with what the row has; blank cells overwrite nothing


@dataclass(frozen=True)
class Plan:
    """What an import would read: the meaning of each column, and the first rows as they are in the file."""

    source: Source
    columns: list[Column]
    sample: list[list[str]]


@dataclass(frozen=True)
class RowError:
    """Why a row was left out. `column` is a name of the file, or empty when it is about the whole row."""

    row_number: int
    column: str
    reason: str
    cells: list[str]


@dataclass(frozen=True)
class Progress:
    """`done` goes from 0 to 1; `seconds` are machine time."""

    rows: int
    failed: int
    done: float
    seconds: float

    @property
    def rows_a_second(self) -> float:
        return self.rows / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        return self.seconds * (1 - self.done) / self.done if self.done else None


@dataclass(frozen=True)
class Imported:
    """What an import did. Each row is one of `made`, `known`, `duplicates` and `failed`."""

    rows: int
    made: int
    known: int
    """Prospects the workspace had already; `updated` of them were overwritten."""
    updated: int
    listed: int
    """How many were put on the list that were not on it."""
    duplicates: int
    """Rows about somebody an earlier row of the file was about; the earlier one counts."""
    failed: int
    errors_path: Path | None
    """Where the rows that failed are; None when none did, or when the file could not be written."""
    errors_problem: str | None
    """Why the file of errors could not be written."""
    change_id: ChangeId | None
    """By which the import can be taken back; None when it changed nothing."""
    list_id: ListId | None
    seconds: float
