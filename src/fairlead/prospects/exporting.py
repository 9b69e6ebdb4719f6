"""Bulk export of prospects, in columns that an import reads back.

In CSV, cells that a spreadsheet would run as a formula have an apostrophe before them, which an import takes off
again; see `importing.cells`.
"""

import csv
import io
from collections.abc import Callable
from contextlib import aclosing
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

import msgspec

from fairlead.importing.cells import guarded
from fairlead.importing.columns import TEXTS
from fairlead.kit.profiles import NETWORKS
from fairlead.kit.refusals import Invalid
from fairlead.prospects import lists
from fairlead.prospects.model import CustomField
from fairlead.prospects.store import exporting as store
from fairlead.prospects.store import fields as field_store
from fairlead.world import World

REPORT_EVERY = 5_000
PARQUET_ROWS = 10_000
_PHONES = TEXTS.index("phones")


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


async def export_rows(
    world: World,
    workspace_id: int,
    *,
    list_name: str | None,
    format: Format,
    target: BinaryIO,
    progress: Callable[[int, int], None] = lambda rows, total: None,
) -> int:
    """Writes the prospects of a list (None: of the workspace) as they are at one moment, and returns how many.

    The first columns are `columns.TEXTS`; then a link for each network (`linkedin`, `social:OTHER`) and each custom
    field (`custom:LABEL`). CSV is UTF-8 with a byte order mark, by which spreadsheets know it. `progress` is told
    (rows, of how many). Raises `NotFound` (the list) and `OSError` (the target).
    """
    conn = await world.db.dedicated()
    try:
        async with store.snapshot(conn):
            list_id = None
            if list_name is not None:
                list_id = await lists.find_list_named(conn, workspace_id, list_name)
                if list_id is None:
                    raise lists.list_not_found()
            fields = await field_store.custom_fields(conn, workspace_id)
            networks = _in_order(await store.networks(conn, workspace_id=workspace_id, list_id=list_id))
            total = await store.count(conn, workspace_id=workspace_id, list_id=list_id)
            writer = _writer(format, target, column_names(networks, fields))
            written = 0
            rows = store.prospects(conn, TEXTS, workspace_id=workspace_id, list_id=list_id)
            async with aclosing(rows):
                async for row in rows:
                    writer.write(_cells(row, networks, fields))
                    written += 1
                    if not written % REPORT_EVERY:
                        progress(written, total)
            writer.finish()
            progress(written, total)
            return written
    finally:
        await conn.close()


def _in_order(networks: list[str]) -> list[str]:
    """Those that have a name of their own first."""
    known = [shown for shown in NETWORKS.values() if shown in networks]
    return [*known, *(network for network in networks if network not in known)]


def column_names(networks: list[str], fields: list[CustomField]) -> list[str]:
    short = {shown: name for name, shown in NETWORKS.items()}
    links = [short.get(network, f"social:{network}") for network in networks]
    return [*TEXTS, *links, *(f"custom:{field.label}" for field in fields)]


def _cells(row: tuple[Any, ...], networks: list[str], fields: list[CustomField]) -> list[Any]:
    *texts, social, custom = row
    return [
        *texts,
        *(social.get(network) for network in networks),
        *(custom.get(str(field.id)) for field in fields),
    ]


class _Writer(Protocol):
    def write(self, cells: list[Any]) -> None: ...

    def finish(self) -> None: ...


def _writer(format: Format, target: BinaryIO, names: list[str]) -> _Writer:
    match format:
        case Format.CSV:
            return _Csv(target, names)
        case Format.JSONL:
            return _JsonLines(target, names)
        case Format.PARQUET:
            return _Parquet(target, names)


class _Csv:
    def __init__(self, target: BinaryIO, names: list[str]) -> None:
        self._text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=False)
        self._csv = csv.writer(self._text)
        self._csv.writerow([guarded(name) for name in names])

    def write(self, cells: list[Any]) -> None:
        cells[_PHONES] = "; ".join(cells[_PHONES])
        self._csv.writerow([guarded(cell) if cell else "" for cell in cells])

    def finish(self) -> None:
        self._text.flush()
        self._text.detach()


class _JsonLines:
    """An object a line, without the keys there is nothing for."""

    def __init__(self, target: BinaryIO, names: list[str]) -> None:
        self._target = target
        self._names = names
        self._encoder = msgspec.json.Encoder()

    def write(self, cells: list[Any]) -> None:
        known = {name: cell for name, cell in zip(self._names, cells, strict=True) if cell}
        self._target.write(self._encoder.encode(known) + b"\n")

    def finish(self) -> None:
        self._target.flush()


class _Parquet:
    def __init__(self, target: BinaryIO, names: list[str]) -> None:
        # Loading it takes longer than most exports.
        import pyarrow
        import pyarrow.parquet

        kinds = [pyarrow.list_(pyarrow.string()) if name == "phones" else pyarrow.string() for name in names]
        self._pyarrow = pyarrow
        self._schema = pyarrow.schema(list(zip(names, kinds, strict=True)))
        self._writer = pyarrow.parquet.ParquetWriter(target, self._schema)
        self._rows: list[list[Any]] = []

    def write(self, cells: list[Any]) -> None:
        self._rows.append(cells)
        if len(self._rows) == PARQUET_ROWS:
            self._flush()

    def finish(self) -> None:
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [
            self._pyarrow.array(list(column), field.type) for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_table(self._pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._rows = []


def format_of(name: str) -> Format:
    """By the ending of a file's name. Raises `Invalid`."""
    match name.lower().rpartition(".")[2]:
        case "csv":
            return Format.CSV
        case "jsonl" | "ndjson":
            return Format.JSONL
        case "parquet":
            return Format.PARQUET
    raise Invalid("unknown_format", "Export takes csv, jsonl or parquet.", field="format")
