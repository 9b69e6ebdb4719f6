"""Searches of many domains: which are done."""

from datetime import datetime

from fairlead.db import Connection


async def done(conn: Connection, workspace_id: int, key: bytes) -> set[str]:
    cur = await conn.execute(
        "select domain from searched_domains where workspace_id = %s and search_key = %s", [workspace_id, key]
    )
    return {row[0] for row in await cur.fetchall()}


async def note_done(conn: Connection, workspace_id: int, key: bytes, domain: str, now: datetime) -> None:
    await conn.execute(
        """
        insert into searched_domains (workspace_id, search_key, domain, searched_at) values (%s, %s, %s, %s)
        on conflict do nothing
        """,
        [workspace_id, key, domain, now],
    )


async def forget(conn: Connection, workspace_id: int, key: bytes) -> None:
    await conn.execute("delete from searched_domains where workspace_id = %s and search_key = %s", [workspace_id, key])
