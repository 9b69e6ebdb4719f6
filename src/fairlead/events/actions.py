"""What may be asked of the event log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fairlead.db.pool import Connection
from fairlead.events import months, store
from fairlead.events.model import START, Event, EventId, NewEvent, Position


async def record(conn: Connection, workspace_id: int | None, kind: str, at: datetime, **body: Any) -> EventId:
    """Writes down a fact in the transaction that makes it true, and returns the event's id."""
    (event_id,) = await store.insert(conn, [NewEvent(workspace_id, kind, at, body)])
    return event_id


async def record_many(conn: Connection, events: Sequence[NewEvent]) -> list[EventId]:
    """The ids, lined up with `events`."""
    return await store.insert(conn, events) if events else []


async def read_since(
    conn: Connection,
    position: Position,
    limit: int,
    *,
    kinds: Sequence[str] | None = None,
    workspace_id: int | None = None,
) -> list[Event]:
    """The next `limit` events after a position, in the order of the log, of these kinds and this workspace.

    Nothing can appear later at or before the last one returned. What was recorded while an older transaction is still
    running is not shown before that one ends.
    """
    return await store.select_after(conn, position, limit, kinds=kinds, workspace_id=workspace_id)


async def horizon(conn: Connection) -> Position:
    """The position up to which the log is complete; where a reader starts who wants only what comes."""
    return await store.horizon(conn)


async def read_next(
    conn: Connection, name: str, limit: int, *, kinds: Sequence[str] | None = None
) -> list[Event] | None:
    """The next events of a named reader, which moves past them in the caller's transaction.

    None when another transaction is reading under this name. A new reader starts at the beginning of the log; see
    `start_reader` for another place.
    """
    position = await reader_for_update(conn, name)
    if position is None:
        return None
    # Asked before reading: what is at or below it was there to be read, so kinds not wanted are never read again.
    complete = await store.horizon(conn)
    events = await store.select_after(conn, position, limit, kinds=kinds, workspace_id=None)
    if len(events) == limit:
        await advance_reader(conn, name, events[-1].position)
    else:
        await advance_reader(conn, name, max([complete, *(event.position for event in events)]))
    return events


async def start_reader(conn: Connection, name: str, position: Position) -> None:
    """Lets a reader begin at `position`, unless it has begun already."""
    await store.insert_reader(conn, name, position)


async def reader_position(conn: Connection, name: str) -> Position:
    """How far a reader has come."""
    return await store.select_reader(conn, name) or START


async def reader_for_update(conn: Connection, name: str) -> Position | None:
    """How far a reader has come, reserved for this transaction; None when another one holds it."""
    position = await store.reader_for_update(conn, name)
    if position is None and await store.select_reader(conn, name) is None:
        await store.insert_reader(conn, name, START)
        position = await store.reader_for_update(conn, name)
    return position


async def advance_reader(conn: Connection, name: str, position: Position) -> bool:
    """Whether the reader moved to `position`; it never goes back. Within the transaction of `reader_for_update`."""
    return await store.move_reader(conn, name, position)


async def make_months(conn: Connection, now: datetime) -> list[str]:
    """Makes the partitions of this month and the next ones; see `months.make_months`. At start and every hour."""
    return await months.make_months(conn, now)


async def repair_after_restore(conn: Connection) -> bool:
    """Whether positions had to be lifted, because the database was restored into a cluster that counts from less.

    Called at start, in a transaction and before anything is recorded. Cheap when nothing is wrong.
    """
    if not await _positions_used_up(conn):
        return False
    await store.block_writers(conn)
    highest = await store.highest_writer(conn)
    # Again, now that nobody writes: another process may have repaired it in between.
    if highest is None or not await _positions_used_up(conn):
        return False
    await store.raise_base(conn, highest)
    return True


async def _positions_used_up(conn: Connection) -> bool:
    # In this order: the number asked for second is above every one found first.
    highest = await store.highest_writer(conn)
    return highest is not None and highest >= await store.next_writer(conn)
