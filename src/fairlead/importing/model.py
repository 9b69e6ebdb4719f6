"""The words of reading files."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias


@dataclass(frozen=True)
class Broken:
    """A row that could not be taken apart: why, and what there was of it."""

    reason: str
    cells: list[str]


# Row number, as a spreadsheet counts: the header is row 1, blank rows count. Cells are lined up with the columns.
Row: TypeAlias = tuple[int, list[str] | Broken]


class Source(Protocol):
    """A file, opened far enough to know its columns; it is read from the start for each `rows`."""

    path: Path
    columns: list[str]
    headed: bool
    """Whether the names of the columns come from the file; otherwise they are only numbered."""

    def described(self) -> str:
        """The format in a few words, for a person."""
        ...

    def rows(self) -> Iterator[Row]:
        """Never raises for what is in the file. `OSError` when it cannot be read."""
        ...

    def done(self) -> float:
        """How far the last `rows` has come, from 0 to 1."""
        ...


class Why(StrEnum):
    """Where the meaning of a column comes from."""

    GIVEN = "given"
    HEADER = "header"
    CONTENT = "content"


@dataclass(frozen=True)
class Column:
    """A column of the file. `target` is as `columns.guess_mapping` gives it; None: ignored."""

    name: str
    target: str | None
    why: Why | None
