"""Which prospects have been taken in as evidence."""

from datetime import datetime
from typing import Any, NamedTuple

from fairlead.db import Connection


class Seen(NamedTuple):
    id: int
    email_key: str | None
    name: str
    first_name: str
    last_name: str
    phones: list[str]
    position: str | None
    company_name: str | None
    company_site: str | None
    social: dict[str, Any]
    changed_at: datetime


async def position_for_update(conn: Connection, workspace_id: int) -> int:
    await conn.execute(
        "insert into prospect_evidence (workspace_id, last_id) values (%s, 0) on conflict do nothing", [workspace_id]
    )
    cur = await conn.execute(
        "select last_id from prospect_evidence where workspace_id = %s for update", [workspace_id]
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def next_prospects(
    conn: Connection, workspace_id: int, *, after: int, made_before: datetime, limit: int
) -> list[Seen]:
    """In the order of their ids."""
    cur = await conn.execute(
        """
        select id, email_key, name, first_name, last_name, phones, position, company_name, company_site, social,
               changed_at
          from prospects
         where workspace_id = %(workspace_id)s and id > %(after)s and deleted_at is null
           and made_at < %(made_before)s
         order by id limit %(limit)s
        """,
        {"workspace_id": workspace_id, "after": after, "made_before": made_before, "limit": limit},
    )
    return [Seen(*row) for row in await cur.fetchall()]


async def move_position(conn: Connection, workspace_id: int, last_id: int) -> None:
    await conn.execute(
        "update prospect_evidence set last_id = %s where workspace_id = %s", [last_id, workspace_id]
    )
