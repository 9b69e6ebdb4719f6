"""Prospect lists and what they show."""

from datetime import datetime

from fairlead.db import Connection
from fairlead.prospects.model import ListedProspect, ListId, ProspectId, ProspectList

_LIST_COLUMNS = """
       l.id, l.name,
       (select count(*) from list_members m where m.workspace_id = l.workspace_id and m.list_id = l.id),
       l.made_at, l.deleted_at
"""


async def insert_list(conn: Connection, *, workspace_id: int, name: str, now: datetime) -> ListId | None:
    cur = await conn.execute(
        """
        insert into prospect_lists (workspace_id, name, made_at) values (%s, %s, %s)
        on conflict (workspace_id, lower(name)) where deleted_at is null do nothing
        returning id
        """,
        [workspace_id, name, now],
    )
    row = await cur.fetchone()
    return None if row is None else ListId(row[0])


async def lists(conn: Connection, workspace_id: int) -> list[ProspectList]:
    """Deleted ones included, the newest first."""
    cur = await conn.execute(
        f"select {_LIST_COLUMNS} from prospect_lists l where l.workspace_id = %s order by l.id desc", [workspace_id]
    )
    return [_list(*row) for row in await cur.fetchall()]


async def find_list(conn: Connection, workspace_id: int, list_id: int) -> ProspectList | None:
    cur = await conn.execute(
        f"select {_LIST_COLUMNS} from prospect_lists l where l.workspace_id = %s and l.id = %s",
        [workspace_id, list_id],
    )
    row = await cur.fetchone()
    return None if row is None else _list(*row)


async def find_list_named(conn: Connection, workspace_id: int, name: str) -> ListId | None:
    cur = await conn.execute(
        """
        select id from prospect_lists
         where workspace_id = %s and lower(name) = lower(%s) and deleted_at is null
        """,
        [workspace_id, name],
    )
    row = await cur.fetchone()
    return None if row is None else ListId(row[0])


async def rename_list(conn: Connection, *, workspace_id: int, list_id: int, name: str) -> bool:
    cur = await conn.execute(
        "update prospect_lists set name = %s where workspace_id = %s and id = %s and deleted_at is null",
        [name, workspace_id, list_id],
    )
    return cur.rowcount == 1


async def mark_deleted(conn: Connection, *, workspace_id: int, list_id: int, now: datetime) -> bool:
    cur = await conn.execute(
        "update prospect_lists set deleted_at = %s where workspace_id = %s and id = %s and deleted_at is null",
        [now, workspace_id, list_id],
    )
    return cur.rowcount == 1


async def mark_restored(conn: Connection, *, workspace_id: int, list_id: int) -> bool:
    cur = await conn.execute(
        "update prospect_lists set deleted_at = null where workspace_id = %s and id = %s and deleted_at is not null",
        [workspace_id, list_id],
    )
    return cur.rowcount == 1


async def listed_prospects(
    conn: Connection, *, workspace_id: int, list_id: int, offset: int, limit: int
) -> list[ListedProspect]:
    """A page of the list, the last added first."""
    cur = await conn.execute(
        """
        select p.id, p.email, p.other_emails, p.name, p.first_name, p.last_name, p.source
          from (select prospect_id, position from list_members
                 where workspace_id = %(workspace_id)s and list_id = %(list_id)s
                 order by position desc offset %(offset)s limit %(limit)s) m
          join prospects p on p.workspace_id = %(workspace_id)s and p.id = m.prospect_id
         order by m.position desc
        """,
        {"workspace_id": workspace_id, "list_id": list_id, "offset": offset, "limit": limit},
    )
    return [ListedProspect(ProspectId(row[0]), *row[1:]) for row in await cur.fetchall()]


def _list(id_: int, name: str, contacts: int, made_at: datetime, deleted_at: datetime | None) -> ProspectList:
    return ProspectList(ListId(id_), name, contacts, made_at, deleted_at)
