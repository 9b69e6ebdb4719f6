"""The SQL of the corpus."""

from datetime import datetime

from fairlead.db import Connection


async def insert_claims(conn: Connection, keys: list[str], now: datetime) -> int:
    cur = await conn.execute(
        """
        insert into claimed_addresses (address_hash, claimed_at)
        select sha256(convert_to(key, 'UTF8')), %(now)s from unnest(%(keys)s::text[]) as key
        on conflict do nothing
        """,
        {"keys": keys, "now": now},
    )
    return cur.rowcount


async def delete_claims(conn: Connection, keys: list[str]) -> int:
    cur = await conn.execute(
        """
        delete from claimed_addresses
         where address_hash in (select sha256(convert_to(key, 'UTF8')) from unnest(%(keys)s::text[]) as key)
        """,
        {"keys": keys},
    )
    return cur.rowcount


async def claimed_among(conn: Connection, keys: list[str]) -> set[str]:
    cur = await conn.execute(
        "select key from claimed_among(%s::text[]) as key",
        [keys],
    )
    return {row[0] for row in await cur.fetchall()}
