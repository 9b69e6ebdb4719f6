"""The SQL of sources that are taken in lot by lot: how far each has come."""

from datetime import datetime
from typing import Final

from fairlead.corpus import rules
from fairlead.corpus.model import Source, SourceId
from fairlead.corpus.store import recording
from fairlead.db import Connection

UNFINISHED: Final = "rows 0"
"""The note of a source until it is all in: "rows" and how many are. Afterwards the note is empty."""


async def open_source(conn: Connection, source: Source, owner: int, now: datetime) -> tuple[SourceId, bool]:
    id_, new = await recording.insert_source(
        conn,
        owner=owner,
        parent_id=None,
        kind=source.kind.value,
        uri=source.uri,
        key=rules.source_key(source.uri, source.digest),
        note=source.note,
        captured_at=source.captured_at,
        now=now,
    )
    return SourceId(id_), new


async def rows_written(conn: Connection, source_id: int, *, lock: bool = False) -> int | None:
    """How many rows are in; None when all are."""
    cur = await conn.execute(
        f"select note from lead_sources where id = %s {'for update' if lock else ''}", [source_id]
    )
    row = await cur.fetchone()
    note = row[0] if row else ""
    return int(note.removeprefix("rows ")) if note.startswith("rows ") else None


async def note_rows(conn: Connection, source_id: int, rows: int) -> None:
    await conn.execute("update lead_sources set note = %s where id = %s", [f"rows {rows}", source_id])


async def finish_source(conn: Connection, source_id: int) -> None:
    await conn.execute("update lead_sources set note = '' where id = %s", [source_id])
