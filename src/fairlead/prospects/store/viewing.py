"""Whole prospects, by id or by address."""

from collections.abc import Collection
from typing import Any

from fairlead.db import Connection
from fairlead.prospects.model import ListId, ListRef, Prospect, ProspectId

_SELECT = """
select p.id, p.email, p.other_emails, p.name, p.first_name, p.last_name, p.phones, p.country, p.locality, p.industry,
       p.position, p.company_name, p.company_site, p.social, p.custom, p.source, p.changed_at,
       coalesce((select jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name) order by m.position)
                   from list_members m join prospect_lists l on l.id = m.list_id and l.deleted_at is null
                  where m.workspace_id = p.workspace_id and m.prospect_id = p.id), '[]')
  from prospects p
 where p.workspace_id = %(workspace_id)s and p.deleted_at is null
"""


async def find_prospect(conn: Connection, workspace_id: int, prospect_id: int) -> Prospect | None:
    cur = await conn.execute(
        _SELECT + " and p.id = %(id)s", {"workspace_id": workspace_id, "id": prospect_id}
    )
    row = await cur.fetchone()
    return None if row is None else _prospect(row)


async def prospects_of_ids(conn: Connection, workspace_id: int, ids: Collection[int]) -> list[Prospect]:
    cur = await conn.execute(
        _SELECT + " and p.id = any(%(ids)s)", {"workspace_id": workspace_id, "ids": list(ids)}
    )
    return [_prospect(row) for row in await cur.fetchall()]


async def present_among(conn: Connection, workspace_id: int, ids: Collection[int]) -> set[int]:
    cur = await conn.execute(
        "select id from prospects where workspace_id = %s and id = any(%s) and deleted_at is null",
        [workspace_id, list(ids)],
    )
    return {row[0] for row in await cur.fetchall()}


async def keys_of_change(conn: Connection, workspace_id: int, change_id: int) -> list[tuple[int, list[str]]]:
    """(prospect, its addresses as compared) of those that a bulk change touched, deleted ones included."""
    cur = await conn.execute(
        """
        select p.id, array_remove(array_prepend(p.email_key, p.other_emails), null)
          from prospect_change_rows r join prospects p on p.workspace_id = r.workspace_id and p.id = r.prospect_id
         where r.workspace_id = %s and r.change_id = %s
        """,
        [workspace_id, change_id],
    )
    return [(row[0], row[1]) for row in await cur.fetchall()]


async def prospects_of_address(conn: Connection, workspace_id: int, email_key: str) -> list[Prospect]:
    """All with this address, as their first or another one; the oldest first."""
    cur = await conn.execute(
        _SELECT
        + """
   and (p.email_key = %(key)s or %(key)s = any (p.other_emails))
   and p.id = any (array(
     select id from prospects
      where workspace_id = %(workspace_id)s and email_key = %(key)s and copy_number = 0 and deleted_at is null
     union all
     select id from prospects
      where workspace_id = %(workspace_id)s and email_key = %(key)s and copy_number <> 0 and deleted_at is null
     union all
     select prospect_id from merged_addresses where workspace_id = %(workspace_id)s and email_key = %(key)s))
 order by p.id
""",
        {"workspace_id": workspace_id, "key": email_key},
    )
    return [_prospect(row) for row in await cur.fetchall()]


def _prospect(row: tuple[Any, ...]) -> Prospect:
    lists = [ListRef(ListId(item["id"]), item["name"]) for item in row[-1]]
    columns = (ProspectId(row[0]), *row[1:-1], lists)
    return Prospect(*columns)


async def lists_of(
    conn: Connection, *, workspace_id: int, emails: list[str], profiles: list[str]
) -> dict[str, int]:
    cur = await conn.execute(
        """
        select coalesce(p.email_key, p.linkedin_key), p.linkedin_key, max(l.id)
          from prospects p
          join list_members m on m.workspace_id = p.workspace_id and m.prospect_id = p.id
          join prospect_lists l on l.workspace_id = m.workspace_id and l.id = m.list_id and l.deleted_at is null
         where p.workspace_id = %(workspace_id)s and p.deleted_at is null
           and p.copy_number = 0
           and (p.email_key = any(%(emails)s) or (p.email_key is null and p.linkedin_key = any(%(profiles)s)))
         group by p.id, p.email_key, p.linkedin_key
        """,
        {"workspace_id": workspace_id, "emails": emails, "profiles": profiles},
    )
    found: dict[str, int] = {}
    for key, profile, list_id in await cur.fetchall():
        found[key] = list_id
        if profile is not None:
            found[profile] = list_id
    return found
