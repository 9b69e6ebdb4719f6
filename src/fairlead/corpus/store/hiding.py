"""The SQL of those who asked to be left out."""

from collections.abc import Sequence
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


async def anything_hidden(conn: Connection) -> tuple[bool, bool]:
    """(whether any address is, whether any person is)."""
    cur = await conn.execute("select exists (select from claimed_addresses), exists (select from claimed_people)")
    row = await cur.fetchone()
    assert row is not None
    return row[0], row[1]


async def insert_hidden_people(conn: Connection, hashes: Sequence[bytes], now: datetime) -> int:
    cur = await conn.execute(
        """
        insert into claimed_people (person_hash, claimed_at)
        select hash, %(now)s from unnest(%(hashes)s::bytea[]) as hash
        on conflict do nothing
        """,
        {"hashes": list(hashes), "now": now},
    )
    return cur.rowcount


async def hidden_people_among(conn: Connection, hashes: Sequence[bytes]) -> set[bytes]:
    cur = await conn.execute("select person_hash from claimed_people where person_hash = any(%s)", [list(hashes)])
    return {bytes(row[0]) for row in await cur.fetchall()}


async def knows(conn: Connection, *, workspace_id: int, domain: str, local: str) -> bool:
    cur = await conn.execute(
        """
        select exists (select from lead_domains d join lead_addresses a on a.domain_id = d.id
                        where d.domain = %(domain)s and a.local = %(local)s and a.owner in (0, %(workspace_id)s))
        """,
        {"workspace_id": workspace_id, "domain": domain, "local": local},
    )
    row = await cur.fetchone()
    assert row is not None
    return bool(row[0])
