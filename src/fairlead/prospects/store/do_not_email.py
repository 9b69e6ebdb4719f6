"""Addresses and domains that must not be written to."""

from datetime import datetime

from fairlead.db import Connection
from fairlead.prospects.model import DoNotEmailList


async def insert_list(
    conn: Connection,
    *,
    workspace_id: int,
    name: str,
    owner_id: int,
    is_default: bool,
    stops_all: bool,
    now: datetime,
) -> int | None:
    cur = await conn.execute(
        """
        insert into do_not_email_lists (workspace_id, name, owner_id, is_default, stops_all, made_at)
        values (%(workspace_id)s, %(name)s, %(owner_id)s, %(is_default)s, %(stops_all)s, %(now)s)
        on conflict (workspace_id) where is_default do nothing
        returning id
        """,
        {
            "workspace_id": workspace_id,
            "name": name,
            "owner_id": owner_id,
            "is_default": is_default,
            "stops_all": stops_all,
            "now": now,
        },
    )
    row = await cur.fetchone()
    return None if row is None else int(row[0])


async def lists(conn: Connection, workspace_id: int) -> list[DoNotEmailList]:
    """The default list first, then the oldest."""
    cur = await conn.execute(
        """
        select l.id, l.name, m.name,
               (select count(*) from do_not_email_items i
                 where i.workspace_id = l.workspace_id and i.list_id = l.id),
               l.stops_all, l.is_default
          from do_not_email_lists l join members m on m.id = l.owner_id
         where l.workspace_id = %s and l.deleted_at is null
         order by l.is_default desc, l.id
        """,
        [workspace_id],
    )
    return [DoNotEmailList(*row) for row in await cur.fetchall()]


async def lock_workspace_lists(conn: Connection, workspace_id: int) -> None:
    """Until the end of the transaction nobody else makes a list in this workspace."""
    await conn.execute("select pg_advisory_xact_lock(hashtextextended('do not email ' || %s, 0))", [str(workspace_id)])


async def list_for_update(conn: Connection, workspace_id: int, list_id: int) -> tuple[int, bool] | None:
    """(id, is_default) of a list that is not deleted."""
    cur = await conn.execute(
        """
        select id, is_default from do_not_email_lists
         where workspace_id = %s and id = %s and deleted_at is null
           for update
        """,
        [workspace_id, list_id],
    )
    row = await cur.fetchone()
    return None if row is None else (row[0], row[1])


async def default_list(conn: Connection, workspace_id: int) -> int | None:
    cur = await conn.execute(
        "select id from do_not_email_lists where workspace_id = %s and is_default", [workspace_id]
    )
    row = await cur.fetchone()
    return None if row is None else int(row[0])


async def mark_deleted(conn: Connection, *, workspace_id: int, list_id: int, now: datetime) -> bool:
    cur = await conn.execute(
        """
        update do_not_email_lists set deleted_at = %s
         where workspace_id = %s and id = %s and deleted_at is null and not is_default
        """,
        [now, workspace_id, list_id],
    )
    return cur.rowcount == 1


async def octets(conn: Connection, workspace_id: int, list_id: int) -> int:
    """What the list's items take as a text file, a line each."""
    cur = await conn.execute(
        """
        select coalesce(sum(octet_length(item) + 1), 0) from do_not_email_items
         where workspace_id = %s and list_id = %s
        """,
        [workspace_id, list_id],
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def insert_items(
    conn: Connection, *, workspace_id: int, list_id: int, items: list[str], reason: str, now: datetime
) -> set[str]:
    """Those of `items` that were not on the list before."""
    cur = await conn.execute(
        """
        insert into do_not_email_items (workspace_id, list_id, item, reason, added_at)
        select %(workspace_id)s, %(list_id)s, item, %(reason)s, %(now)s
          from unnest(%(items)s::text[]) as item order by item
        on conflict do nothing
        returning item
        """,
        {"workspace_id": workspace_id, "list_id": list_id, "items": items, "reason": reason, "now": now},
    )
    return {row[0] for row in await cur.fetchall()}


async def delete_items(conn: Connection, *, workspace_id: int, list_id: int, items: list[str]) -> int:
    cur = await conn.execute(
        "delete from do_not_email_items where workspace_id = %s and list_id = %s and item = any(%s)",
        [workspace_id, list_id, items],
    )
    return cur.rowcount


async def items(conn: Connection, workspace_id: int, list_id: int, *, after: str, limit: int) -> list[str]:
    cur = await conn.execute(
        """
        select item from do_not_email_items
         where workspace_id = %(workspace_id)s and list_id = %(list_id)s and item collate "C" > %(after)s
         order by item collate "C" limit %(limit)s
        """,
        {"workspace_id": workspace_id, "list_id": list_id, "after": after, "limit": limit},
    )
    return [row[0] for row in await cur.fetchall()]


async def blocked_among(
    conn: Connection, workspace_id: int, keys: list[str], *, named_list: int | None
) -> set[str]:
    """Those of `keys` (addresses as compared) that a global list or the named one stops, by address or domain."""
    cur = await conn.execute(
        """
        select key from unnest(%(keys)s::text[]) as key
         where exists (
           select from do_not_email_items i
             join do_not_email_lists l on l.id = i.list_id and l.deleted_at is null
            where i.workspace_id = %(workspace_id)s
              and i.item in (key, split_part(key, '@', -1))
              and (l.stops_all or l.id = %(named_list)s))
        """,
        {"workspace_id": workspace_id, "keys": keys, "named_list": named_list},
    )
    return {row[0] for row in await cur.fetchall()}
