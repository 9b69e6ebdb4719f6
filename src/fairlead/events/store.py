"""The tables of the event log.

Why no reader ever misses a row: rows are read in the order of `writer`, the number of the transaction that wrote them,
and only below the oldest transaction that is still running. What lies below is committed or gone for good, and later
transactions have higher numbers, so no row can appear behind a position once read. The price: while a transaction
stays open, anywhere in the PostgreSQL cluster, readers see nothing newer than its start.
Source: PostgreSQL manual, "System Information Functions", pg_current_xact_id and pg_snapshot_xmin.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fairlead.db.pool import Connection
from fairlead.events.model import Event, EventId, NewEvent, Position

LARGEST_ID = 2**63 - 1


async def insert(conn: Connection, events: Sequence[NewEvent]) -> list[EventId]:
    """The ids, lined up with `events`."""
    cur = await conn.execute(
        """
        insert into events (writer, at, workspace_id, kind, body)
        select event_log.base + pg_current_xact_id()::text::bigint, at, workspace_id, kind, body::jsonb
          from event_log,
               unnest(%(ats)s::timestamptz[], %(workspace_ids)s::bigint[], %(kinds)s::text[], %(bodies)s::text[])
               with ordinality as event (at, workspace_id, kind, body, place)
         order by place
        returning id
        """,
        {
            "ats": [event.at for event in events],
            "workspace_ids": [event.workspace_id for event in events],
            "kinds": [event.kind for event in events],
            "bodies": [msgspec.json.encode(event.body).decode() for event in events],
        },
    )
    return [EventId(row[0]) for row in await cur.fetchall()]


async def select_after(
    conn: Connection, position: Position, limit: int, *, kinds: Sequence[str] | None, workspace_id: int | None
) -> list[Event]:
    cur = await conn.execute(
        """
        select writer, id, at, workspace_id, kind, body
          from events
         where (writer, id) > (%(writer)s, %(id)s)
           and writer < (select base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint from event_log)
           and (%(kinds)s::text[] is null or kind = any (%(kinds)s))
           and (%(workspace_id)s::bigint is null or workspace_id = %(workspace_id)s)
         order by writer, id
         limit %(limit)s
        """,
        {
            "writer": position.writer,
            "id": position.id,
            "kinds": None if kinds is None else list(kinds),
            "workspace_id": workspace_id,
            "limit": limit,
        },
    )
    return [_event(row) for row in await cur.fetchall()]


async def horizon(conn: Connection) -> Position:
    """The position up to which the log is complete."""
    cur = await conn.execute(
        "select base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1 from event_log"
    )
    row = await cur.fetchone()
    assert row is not None
    return Position(row[0], LARGEST_ID)


async def select_reader(conn: Connection, name: str) -> Position | None:
    cur = await conn.execute("select writer, id from event_readers where name = %(name)s", {"name": name})
    row = await cur.fetchone()
    return Position(*row) if row else None


async def reader_for_update(conn: Connection, name: str) -> Position | None:
    """The position, locked until the end of the transaction; None when there is no such reader or another holds it."""
    cur = await conn.execute(
        "select writer, id from event_readers where name = %(name)s for update skip locked", {"name": name}
    )
    row = await cur.fetchone()
    return Position(*row) if row else None


async def insert_reader(conn: Connection, name: str, position: Position) -> None:
    await conn.execute(
        """
        insert into event_readers (name, writer, id) values (%(name)s, %(writer)s, %(id)s)
        on conflict (name) do nothing
        """,
        {"name": name, "writer": position.writer, "id": position.id},
    )


async def move_reader(conn: Connection, name: str, position: Position) -> bool:
    """Whether the reader moved; it never goes back."""
    cur = await conn.execute(
        """
        update event_readers set writer = %(writer)s, id = %(id)s
         where name = %(name)s and (writer, id) < (%(writer)s, %(id)s)
        """,
        {"name": name, "writer": position.writer, "id": position.id},
    )
    return cur.rowcount == 1


async def highest_writer(conn: Connection) -> int | None:
    """The highest number used, by a row or by the position of a reader."""
    cur = await conn.execute(
        """
        select greatest((select max(writer) from events), (select max(writer) from event_readers))
        """
    )
    row = await cur.fetchone()
    return row[0] if row else None


async def next_writer(conn: Connection) -> int:
    """A number that no transaction has used yet."""
    cur = await conn.execute(
        "select base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint from event_log"
    )
    row = await cur.fetchone()
    assert row is not None
    number: int = row[0]
    return number


async def block_writers(conn: Connection) -> None:
    """Waits for transactions that have recorded events, and keeps others from it until the end of this one."""
    await conn.execute("lock table events in share row exclusive mode")


async def raise_base(conn: Connection, base: int) -> None:
    await conn.execute("update event_log set base = %(base)s where base < %(base)s", {"base": base})


def _event(row: tuple[Any, ...]) -> Event:
    writer, id, at, workspace_id, kind, body = row
    return Event(Position(writer, id), at, workspace_id, kind, body)
