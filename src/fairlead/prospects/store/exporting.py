"""All prospects of a workspace or of a list, as one snapshot."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fairlead.db import Connection

ROWS_AT_A_TIME = 5_000

_WHICH = """
  from prospects p
 where p.workspace_id = %(workspace_id)s and p.deleted_at is null
"""
_WHICH_OF_LIST = """
  from list_members m join prospects p on p.workspace_id = m.workspace_id and p.id = m.prospect_id
 where m.workspace_id = %(workspace_id)s and m.list_id = %(list_id)s and p.deleted_at is null
"""


@asynccontextmanager
async def snapshot(conn: Connection) -> AsyncIterator[None]:
    """All questions in the block are answered as of one moment. `conn` is its own."""
    async with conn.transaction():
        await conn.execute("set transaction isolation level repeatable read, read only")
        yield


async def networks(conn: Connection, *, workspace_id: int, list_id: int | None) -> list[str]:
    """The social networks these prospects have links of."""
    cur = await conn.execute(
        f"select distinct jsonb_object_keys(p.social) as network {_which(list_id)} order by network",
        {"workspace_id": workspace_id, "list_id": list_id},
    )
    return [row[0] for row in await cur.fetchall()]


async def count(conn: Connection, *, workspace_id: int, list_id: int | None) -> int:
    cur = await conn.execute(
        f"select count(*) {_which(list_id)}", {"workspace_id": workspace_id, "list_id": list_id}
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def prospects(
    conn: Connection, columns: tuple[str, ...], *, workspace_id: int, list_id: int | None
) -> AsyncGenerator[tuple[Any, ...], None]:
    """`columns` (names of ours) and then `social` and `custom` of each, in the order they were listed or made."""
    order = "p.id" if list_id is None else "m.position"
    listed = ", ".join(f"p.{name}" for name in (*columns, "social", "custom"))
    async with conn.cursor(name="export") as cur:
        cur.itersize = ROWS_AT_A_TIME
        await cur.execute(
            f"select {listed} {_which(list_id)} order by {order}",
            {"workspace_id": workspace_id, "list_id": list_id},
        )
        async for row in cur:
            yield row


def _which(list_id: int | None) -> str:
    return _WHICH if list_id is None else _WHICH_OF_LIST
