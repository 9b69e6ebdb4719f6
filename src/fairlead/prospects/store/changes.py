"""Bulk changes, and how they are taken back."""

from collections.abc import Sequence
from datetime import datetime

from psycopg.errors import UniqueViolation

from fairlead.db import Connection
from fairlead.prospects.model import Change, ChangeId

# The columns a change may overwrite, and that taking it back restores. Static text of ours.
RESTORED = (
    "email",
    "email_key",
    "other_emails",
    "copy_number",
    "name",
    "first_name",
    "last_name",
    "phones",
    "country",
    "locality",
    "industry",
    "position",
    "company_name",
    "company_site",
    "social",
    "linkedin_key",
    "custom",
    "changed_at",
    "deleted_at",
)


async def insert_change(conn: Connection, *, workspace_id: int, kind: str, summary: str, now: datetime) -> ChangeId:
    cur = await conn.execute(
        """
        insert into prospect_changes (workspace_id, kind, summary, made_at) values (%s, %s, %s, %s) returning id
        """,
        [workspace_id, kind, summary, now],
    )
    row = await cur.fetchone()
    assert row is not None
    return ChangeId(row[0])


async def summarize(conn: Connection, *, workspace_id: int, change_id: int, summary: str) -> None:
    await conn.execute(
        "update prospect_changes set summary = %s where workspace_id = %s and id = %s",
        [summary, workspace_id, change_id],
    )


async def changes(conn: Connection, workspace_id: int, *, limit: int) -> list[Change]:
    """The newest first."""
    cur = await conn.execute(
        """
        select id, kind, summary, made_at, undone_at from prospect_changes
         where workspace_id = %s order by id desc limit %s
        """,
        [workspace_id, limit],
    )
    return [Change(ChangeId(row[0]), *row[1:]) for row in await cur.fetchall()]


async def change_for_update(conn: Connection, workspace_id: int, change_id: int) -> Change | None:
    cur = await conn.execute(
        """
        select id, kind, summary, made_at, undone_at from prospect_changes
         where workspace_id = %s and id = %s for update
        """,
        [workspace_id, change_id],
    )
    row = await cur.fetchone()
    return None if row is None else Change(ChangeId(row[0]), *row[1:])


async def mark_undone(conn: Connection, *, workspace_id: int, change_id: int, now: datetime) -> None:
    await conn.execute(
        "update prospect_changes set undone_at = %s where workspace_id = %s and id = %s",
        [now, workspace_id, change_id],
    )


async def keep_before(
    conn: Connection, *, workspace_id: int, change_id: int, prospect_ids: Sequence[int], columns: bool
) -> int:
    """Notes the lists these prospects are on and, with `columns`, all that is known of them, before the change touches
    them; how many there are. They are held for this transaction."""
    cur = await conn.execute(
        """
        with held as (
          select * from prospects
           where workspace_id = %(workspace_id)s and id = any(%(ids)s) and deleted_at is null
           order by id for no key update
        )
        insert into prospect_change_rows (
          workspace_id, change_id, prospect_id, before, lists_before, added_by_before)
        select p.workspace_id, %(change_id)s, p.id, case when %(columns)s then to_jsonb(p) end,
               array(select m.list_id from list_members m
                      where m.workspace_id = p.workspace_id and m.prospect_id = p.id order by m.position),
               array(select m.added_by from list_members m
                      where m.workspace_id = p.workspace_id and m.prospect_id = p.id order by m.position)
          from held p
        """,
        {"workspace_id": workspace_id, "change_id": change_id, "ids": list(prospect_ids), "columns": columns},
    )
    return cur.rowcount


class Taken(Exception):
    """The address or the profile of a prospect that should come back belongs to another by now."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


async def restore_prospects(conn: Connection, *, workspace_id: int, change_id: int, made_at: datetime) -> int:
    """Puts the columns back of those not changed since; how many. Raises `Taken`, and has then changed nothing."""
    parameters = {"workspace_id": workspace_id, "change_id": change_id, "made_at": made_at}
    restored = 0
    try:
        async with conn.transaction():
            # Those still there give addresses back first: a merged prospect may want one of them.
            for which in ("p.deleted_at is null", "p.deleted_at is not null"):
                restored += (await conn.execute(_RESTORE.format(which=which), parameters)).rowcount
    except UniqueViolation as error:
        raise Taken(await _taken(conn, workspace_id=workspace_id, change_id=change_id)) from error
    return restored


_RESTORE = f"""
update prospects p set {", ".join(f"{name} = b.{name}" for name in RESTORED)}
  from prospect_change_rows r, lateral jsonb_populate_record(null::prospects, r.before) b
 where r.workspace_id = %(workspace_id)s and r.change_id = %(change_id)s and r.before is not null
   and p.workspace_id = r.workspace_id and p.id = r.prospect_id and p.changed_at <= %(made_at)s and {{which}}
"""


async def _taken(conn: Connection, *, workspace_id: int, change_id: int) -> str:
    """An address or profile of the change that another prospect has now."""
    cur = await conn.execute(
        """
        select coalesce(b.email_key, 'the LinkedIn profile ' || b.linkedin_key)
          from prospect_change_rows r, lateral jsonb_populate_record(null::prospects, r.before) b, prospects p
         where r.workspace_id = %(workspace_id)s and r.change_id = %(change_id)s and r.before is not null
           and p.workspace_id = r.workspace_id and p.id <> r.prospect_id and p.copy_number = 0 and p.deleted_at is null
           and (p.email_key = b.email_key
                or p.email_key is null and b.email_key is null and p.linkedin_key = b.linkedin_key)
         limit 1
        """,
        {"workspace_id": workspace_id, "change_id": change_id},
    )
    row = await cur.fetchone()
    return str(row[0]) if row else "one of them"


async def restore_lists(conn: Connection, *, workspace_id: int, change_id: int, now: datetime) -> int:
    """Puts the prospects of the change that are still there back on the lists it took them off; how many prospects."""
    cur = await conn.execute(
        """
        with there as (
          select r.prospect_id, r.lists_before, r.added_by_before
            from prospect_change_rows r
            join prospects p on p.workspace_id = r.workspace_id and p.id = r.prospect_id and p.deleted_at is null
           where r.workspace_id = %(workspace_id)s and r.change_id = %(change_id)s and r.lists_before is not null
        ), listed as (
          insert into list_members (workspace_id, list_id, prospect_id, added_by, added_at)
          select %(workspace_id)s, m.list_id, there.prospect_id, m.added_by, %(now)s
            from there, unnest(there.lists_before, there.added_by_before) as m (list_id, added_by)
           order by there.prospect_id
          on conflict do nothing
        )
        select count(*) from there
        """,
        {"workspace_id": workspace_id, "change_id": change_id, "now": now},
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def remove_made(conn: Connection, *, workspace_id: int, change_id: int, made_at: datetime, now: datetime) -> int:
    """Deletes the prospects the change made and nobody changed since; how many."""
    cur = await conn.execute(
        """
        update prospects set deleted_at = %(now)s
         where workspace_id = %(workspace_id)s and made_by = %(change_id)s and deleted_at is null
           and changed_at <= %(made_at)s
        """,
        {"workspace_id": workspace_id, "change_id": change_id, "made_at": made_at, "now": now},
    )
    removed = cur.rowcount
    await conn.execute(
        """
        delete from list_members m
         using prospects p
         where p.workspace_id = %(workspace_id)s and p.made_by = %(change_id)s and p.deleted_at is not null
           and m.workspace_id = p.workspace_id and m.prospect_id = p.id
        """,
        {"workspace_id": workspace_id, "change_id": change_id},
    )
    return removed


async def unlist_added(conn: Connection, *, workspace_id: int, change_id: int) -> None:
    """Takes those off a list whom the change had put on it."""
    await conn.execute(
        "delete from list_members where workspace_id = %s and added_by = %s", [workspace_id, change_id]
    )


async def touched(conn: Connection, *, workspace_id: int, change_id: int) -> int:
    """How many prospects the change made or overwrote that are still there."""
    cur = await conn.execute(
        """
        select (select count(*) from prospects
                 where workspace_id = %(workspace_id)s and made_by = %(change_id)s and deleted_at is null)
             + (select count(*) from prospect_change_rows
                 where workspace_id = %(workspace_id)s and change_id = %(change_id)s)
        """,
        {"workspace_id": workspace_id, "change_id": change_id},
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


# The changes themselves


async def ids_in_list(conn: Connection, workspace_id: int, list_id: int) -> list[int]:
    cur = await conn.execute(
        "select prospect_id from list_members where workspace_id = %s and list_id = %s order by position",
        [workspace_id, list_id],
    )
    return [row[0] for row in await cur.fetchall()]


async def ids_of_addresses(conn: Connection, workspace_id: int, keys: list[str]) -> list[int]:
    cur = await conn.execute(
        """
        select id from prospects where workspace_id = %s and email_key = any(%s) and deleted_at is null order by id
        """,
        [workspace_id, keys],
    )
    return [row[0] for row in await cur.fetchall()]


async def put_on_list(
    conn: Connection, *, workspace_id: int, list_id: int, change_id: int, prospect_ids: Sequence[int], now: datetime
) -> int:
    cur = await conn.execute(
        """
        insert into list_members (workspace_id, list_id, prospect_id, added_by, added_at)
        select %(workspace_id)s, %(list_id)s, p.id, %(change_id)s, %(now)s
          from prospects p
         where p.workspace_id = %(workspace_id)s and p.id = any(%(ids)s) and p.deleted_at is null
         order by p.id
        on conflict do nothing
        """,
        {
            "workspace_id": workspace_id,
            "list_id": list_id,
            "change_id": change_id,
            "ids": list(prospect_ids),
            "now": now,
        },
    )
    return cur.rowcount


async def take_off_list(
    conn: Connection, *, workspace_id: int, list_id: int | None, prospect_ids: Sequence[int]
) -> None:
    """Off one list, or off all of them."""
    await conn.execute(
        """
        delete from list_members
         where workspace_id = %(workspace_id)s and prospect_id = any(%(ids)s)
           and (%(list_id)s::bigint is null or list_id = %(list_id)s)
        """,
        {"workspace_id": workspace_id, "list_id": list_id, "ids": list(prospect_ids)},
    )


async def mark_deleted(conn: Connection, *, workspace_id: int, prospect_ids: Sequence[int], now: datetime) -> int:
    cur = await conn.execute(
        """
        update prospects set deleted_at = %(now)s, changed_at = %(now)s
         where workspace_id = %(workspace_id)s and id = any(%(ids)s) and deleted_at is null
        """,
        {"now": now, "workspace_id": workspace_id, "ids": list(prospect_ids)},
    )
    return cur.rowcount


async def duplicate_groups(conn: Connection, workspace_id: int, *, limit: int) -> list[tuple[str, list[int]]]:
    """What prospects have in common (an address or a profile), and their ids, the oldest first."""
    cur = await conn.execute(
        """
        select coalesce(email_key, linkedin_key), array_agg(id order by copy_number, id)
          from prospects
         where workspace_id = %(workspace_id)s and deleted_at is null and email_key is not null
         group by 1 having count(*) > 1
        union all
        select linkedin_key, array_agg(id order by (email_key is null), copy_number, id)
          from prospects
         where workspace_id = %(workspace_id)s and deleted_at is null and linkedin_key is not null
         group by 1
        having count(*) > 1 and (count(distinct coalesce(email_key, '')) > 1 or bool_and(email_key is null))
         order by 1 limit %(limit)s
        """,
        {"workspace_id": workspace_id, "limit": limit},
    )
    return [(row[0], row[1]) for row in await cur.fetchall()]


async def merge_into(
    conn: Connection, *, workspace_id: int, change_id: int, kept: int, merged: Sequence[int], now: datetime
) -> None:
    """Fills what the kept prospect lacks from the others (the newest first), and adds their addresses, phones and
    lists. The others are marked as deleted before, or their address could not be taken over."""
    await conn.execute(
        """
        with others as (
          select * from prospects
           where workspace_id = %(workspace_id)s and id = any(%(merged)s)
        ), address as (
          select coalesce(p.email, o.email) as email, coalesce(p.email_key, o.email_key) as email_key
            from prospects p
            left join lateral (select email, email_key from others where email_key is not null
                                order by copy_number, changed_at desc, id limit 1) o on true
           where p.workspace_id = %(workspace_id)s and p.id = %(kept)s
        ), gathered as (
          select (array_agg(name order by changed_at desc) filter (where name <> ''))[1] as name,
                 (array_agg(first_name order by changed_at desc) filter (where first_name <> ''))[1] as first_name,
                 (array_agg(last_name order by changed_at desc) filter (where last_name <> ''))[1] as last_name,
                 (array_agg(country order by changed_at desc) filter (where country is not null))[1] as country,
                 (array_agg(locality order by changed_at desc) filter (where locality is not null))[1] as locality,
                 (array_agg(industry order by changed_at desc) filter (where industry is not null))[1] as industry,
                 (array_agg(position order by changed_at desc) filter (where position is not null))[1] as position,
                 (array_agg(company_name order by changed_at desc)
                    filter (where company_name is not null))[1] as company_name,
                 (array_agg(company_site order by changed_at desc)
                    filter (where company_site is not null))[1] as company_site,
                 (array_agg(linkedin_key order by changed_at desc)
                    filter (where linkedin_key is not null))[1] as linkedin_key
            from others
        )
        update prospects p
           set email = a.email,
               email_key = a.email_key,
               -- Of several with one address it becomes the one that is found by it, if that was among the others.
               copy_number = least(
                 case when p.email_key is not distinct from a.email_key then p.copy_number end,
                 (select min(o.copy_number) from others o
                   where o.email_key = a.email_key
                      or o.email_key is null and a.email_key is null and o.linkedin_key = p.linkedin_key)),
               name = coalesce(nullif(p.name, ''), g.name, ''),
               first_name = coalesce(nullif(p.first_name, ''), g.first_name, ''),
               last_name = coalesce(nullif(p.last_name, ''), g.last_name, ''),
               country = coalesce(p.country, g.country),
               locality = coalesce(p.locality, g.locality),
               industry = coalesce(p.industry, g.industry),
               position = coalesce(p.position, g.position),
               company_name = coalesce(p.company_name, g.company_name),
               company_site = coalesce(p.company_site, g.company_site),
               linkedin_key = coalesce(p.linkedin_key, g.linkedin_key),
               phones = array(select distinct unnest(
                 p.phones || coalesce((select array_agg(x) from others o, unnest(o.phones) as x), '{}'))),
               other_emails = array(
                 select distinct x from (
                   select unnest(p.other_emails) as x
                   union select o.email_key from others o
                   union select unnest(o.other_emails) from others o) e
                  where x is not null and x is distinct from a.email_key),
               social = coalesce((select jsonb_object_agg(s.key, s.value order by o.changed_at)
                                    from others o, jsonb_each(o.social) s), '{}') || p.social,
               custom = coalesce((select jsonb_object_agg(c.key, c.value order by o.changed_at)
                                    from others o, jsonb_each(o.custom) c), '{}') || p.custom,
               changed_at = %(now)s
          from gathered g, address a
         where p.workspace_id = %(workspace_id)s and p.id = %(kept)s
        """,
        {"workspace_id": workspace_id, "kept": kept, "merged": list(merged), "now": now},
    )
    await conn.execute(
        """
        insert into merged_addresses (workspace_id, email_key, prospect_id)
        select workspace_id, unnest(other_emails), id from prospects
         where workspace_id = %(workspace_id)s and id = %(kept)s
        on conflict do nothing
        """,
        {"workspace_id": workspace_id, "kept": kept},
    )
    await conn.execute(
        """
        insert into list_members (workspace_id, list_id, prospect_id, added_by, added_at)
        select workspace_id, list_id, %(kept)s, %(change_id)s, %(now)s from list_members
         where workspace_id = %(workspace_id)s and prospect_id = any(%(merged)s)
         group by workspace_id, list_id
        on conflict do nothing
        """,
        {
            "workspace_id": workspace_id,
            "change_id": change_id,
            "kept": kept,
            "merged": list(merged),
            "now": now,
        },
    )
