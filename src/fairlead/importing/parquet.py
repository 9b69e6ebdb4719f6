"""Parquet, a batch of rows at a time."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet

from fairlead.importing.json_lines import as_text
from fairlead.importing.model import Broken, Row
from fairlead.kit.refusals import Invalid

BATCH_ROWS = 5_000
READ_BYTES = 1 << 20


class Parquet:
    """A Parquet file, structs flattened to `struct.member`. Raises `Invalid` for what is none."""

    headed = True

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with self._opened() as file:
                self._total = file.metadata.num_rows
                empty = pyarrow.Table.from_batches([], schema=file.schema_arrow)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            sentence = f"{path.name} is not a readable Parquet file: {error}."
            raise Invalid("bad_parquet", sentence, field="file") from error
        self.columns = _flat(empty).column_names
        self._read = 0

    def described(self) -> str:
        return f"Parquet, {self._total:,} rows"

    def done(self) -> float:
        return self._read / self._total if self._total else 1.0

    def rows(self) -> Iterator[Row]:
        self._read = 0
        try:
            with self._opened() as file:
                for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
                    table = _flat(pyarrow.Table.from_batches([batch]))
                    columns = [[as_text(value) for value in column.to_pylist()] for column in table.columns]
                    for cells in zip(*columns, strict=True):
                        self._read += 1
                        yield self._read, list(cells)
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            # What follows a damaged page cannot be found.
            yield self._read + 1, Broken(f"The file is damaged from here on: {error}.", [])

    def _opened(self) -> pyarrow.parquet.ParquetFile:
        # Without pre-buffering a row group is read page by page: its size is the writer's choice, not ours.
        return pyarrow.parquet.ParquetFile(self.path, buffer_size=READ_BYTES, pre_buffer=False)


def _flat(table: pyarrow.Table) -> pyarrow.Table:
    while any(pyarrow.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table
