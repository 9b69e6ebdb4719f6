"""The file of the rows that were left out."""

import csv
from pathlib import Path
from typing import TextIO

from fairlead.importing.cells import guarded
from fairlead.prospects.importing.model import RowError

SUFFIX = ".errors.csv"
LONGEST_CELL = 2_000


class Failures:
    """Writes `FILE.errors.csv` once there is something to write: row number, column, reason, and the row as it was.

    Formulas are guarded, see `cells`. Where the file cannot be written, `problem` says why; errors are still counted.
    """

    def __init__(self, path: Path, columns: list[str]) -> None:
        self.count = 0
        self.problem: str | None = None
        self._path = path.with_name(path.name + SUFFIX)
        self._columns = columns
        self._file: TextIO | None = None

    @property
    def path(self) -> Path | None:
        return self._path if self._file is not None and self.problem is None else None

    def add(self, error: RowError) -> None:
        self.count += 1
        if self.problem is not None:
            return
        try:
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
                self._write(["row", "column", "reason", *self._columns])
            cells = [guarded(cell[:LONGEST_CELL].replace("\x00", "\\0")) for cell in error.cells]
            self._write([str(error.row_number), guarded(error.column), error.reason, *cells])
        except OSError as cause:
            self.problem = f"{self._path} cannot be written: {cause.strerror}."

    def close(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as cause:
                self.problem = f"{self._path} cannot be written: {cause.strerror}."

    def _write(self, cells: list[str]) -> None:
        assert self._file is not None
        csv.writer(self._file).writerow(cells)
