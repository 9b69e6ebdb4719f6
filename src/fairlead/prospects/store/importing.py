"""A chunk of an import: copied beside the tables, compared with what is there, then put in, set by set."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import sql

from fairlead.db import Connection

# The columns of a line of COPY, in order.
COPIED = (
    "row_number", "email", "email_key", "linkedin_key", "name", "first_name", "last_name", "phones", "country",
    "locality", "industry", "position", "company_name", "company_site", "social", "custom",
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """What a chunk did; each of its rows is `made`, `known`, `repeated` or claimed."""

    made: int
    known: int
    updated: int
    listed: int
    repeated: int


async def prepare(conn: Connection, *, for_update: bool) -> None:
    """Makes the temporary tables of an import. `conn` is its own, and outside a transaction."""
    # A chunk has to fit, or each statement that reads it goes through files.
    await conn.execute("set temp_buffers = '32MB'")
    await conn.execute("set jit = off")
    cur = await conn.execute("select pg_get_serial_sequence('prospects', 'id')")
    row = await cur.fetchone()
    assert row is not None
    await conn.execute(
        sql.SQL(
            """
        create temp table import_rows (
          row_number   bigint,
          email        text,
          email_key    text,
          linkedin_key text,
          name         text,
          first_name   text,
          last_name    text,
          phones       text[],
          country      text,
          locality     text,
          industry     text,
          position     text,
          company_name text,
          company_site text,
          social       jsonb,
          custom       jsonb,
          -- Given out while copying: the list's rows then need no second look at the prospects just made.
          prospect_id  bigint default nextval({})
        ) on commit delete rows
        """
        ).format(sql.Literal(row[0]))
    )
    await conn.execute(
        """
        create temp table import_known (
          row_number  bigint primary key,
          prospect_id bigint not null,
          repeated    boolean not null   -- an earlier row of the file was about the same prospect
        ) on commit delete rows
        """
    )
    if for_update:
        # Whatever the planner believes of the sizes, there is then no way but row by row.
        await conn.execute("create index on import_rows (row_number)")
        await conn.execute("create index on import_known (prospect_id)")
    # What earlier chunks were about, as far as it cannot be told from the prospects themselves.
    await conn.execute("create temp table import_seen (prospect_id bigint primary key)")
    await conn.execute("create temp table import_seen_keys (key text primary key)")


async def lock_imports(conn: Connection, workspace_id: int) -> None:
    """Two imports into one workspace take turns, chunk by chunk, rather than run into each other's new rows."""
    await conn.execute("select pg_advisory_xact_lock(hashtextextended('import ' || %s, 0))", [str(workspace_id)])


async def copy_rows(conn: Connection, lines: bytes) -> None:
    """`lines` as `importing.checking` makes them."""
    async with conn.cursor() as cur, cur.copy(f"copy import_rows ({', '.join(COPIED)}) from stdin") as copy:
        await copy.write(lines)


async def take_out_claimed(conn: Connection) -> list[int]:
    """The numbers of the rows whose owners asked to be left alone; they are in the chunk no longer."""
    # In two steps: there is hardly ever one, and a look costs less than a join that would take it out.
    cur = await conn.execute(
        "select key from claimed_among(array(select email_key from import_rows where email_key is not null)) as key",
        prepare=False,
    )
    if not (claimed := [row[0] for row in await cur.fetchall()]):
        return []
    cur = await conn.execute("delete from import_rows where email_key = any (%s) returning row_number", [claimed])
    return [row[0] for row in await cur.fetchall()]


async def take_out_unknown(conn: Connection, row_numbers: list[int]) -> list[int]:
    """Those of these rows that are about nobody known; they are in the chunk no longer."""
    cur = await conn.execute(
        """
        delete from import_rows r
         where r.row_number = any (%s) and not exists (select from import_known k where k.row_number = r.row_number)
        returning row_number
        """,
        [row_numbers],
        prepare=False,
    )
    return [row[0] for row in await cur.fetchall()]


# Looked up row by row, by way of `offset 0`: the statistics of a table that grows by an import are always wrong, and
# no plan but this one is good for every size. Not prepared, for the same reason.
_KNOWN = """
insert into import_known (row_number, prospect_id, repeated)
select r.row_number, p.id,
       p.made_by is not distinct from %(change_id)s or exists (select from import_seen s where s.prospect_id = p.id)
  from import_rows r
 cross join lateral (
       select p.id, p.made_by from prospects p
        where p.workspace_id = %(workspace_id)s and p.copy_number = 0 and p.deleted_at is null
          and {same}
       {reserved}) p
 where {rows}
"""
_BY_ADDRESS = "p.email_key is not null and p.email_key = r.email_key"
_BY_PROFILE = "p.email_key is null and p.linkedin_key = r.linkedin_key"


async def find_known(
    conn: Connection, *, workspace_id: int, change_id: int | None, with_profiles: bool, for_update: bool
) -> None:
    """Notes which rows are about prospects the workspace has, reserved for this transaction with `for_update`.

    `with_profiles`: there are rows without an address.
    """
    reserved = "for no key update" if for_update else "offset 0"
    statements = [_KNOWN.format(same=_BY_ADDRESS, rows="r.email_key is not null", reserved=reserved)]
    if with_profiles:
        statements.append(_KNOWN.format(same=_BY_PROFILE, rows="r.email_key is null", reserved=reserved))
    for statement in statements:
        await conn.execute(statement, {"workspace_id": workspace_id, "change_id": change_id}, prepare=False)


async def overwrite_known(conn: Connection, *, workspace_id: int, change_id: int, now: datetime) -> int:
    """Notes the known prospects as they are, then overwrites them with what their rows have; how many."""
    parameters = {"workspace_id": workspace_id, "change_id": change_id, "now": now}
    await conn.execute(
        """
        insert into prospect_change_rows (workspace_id, change_id, prospect_id, before)
        select p.workspace_id, %(change_id)s, p.id, to_jsonb(p)
          from import_known k, lateral (
               select * from prospects p where p.workspace_id = %(workspace_id)s and p.id = k.prospect_id offset 0) p
         where not k.repeated
        on conflict do nothing
        """,
        parameters,
        prepare=False,
    )
    cur = await conn.execute(
        """
        update prospects p
           set email = coalesce(r.email, p.email),
               linkedin_key = coalesce(r.linkedin_key, p.linkedin_key),
               first_name = coalesce(r.first_name, p.first_name),
               last_name = coalesce(r.last_name, p.last_name),
               name = coalesce(r.name, case
                 when r.first_name is null and r.last_name is null then p.name
                 else concat_ws(' ', nullif(coalesce(r.first_name, p.first_name), ''),
                                     nullif(coalesce(r.last_name, p.last_name), '')) end),
               phones = coalesce(r.phones, p.phones),
               country = coalesce(r.country, p.country),
               locality = coalesce(r.locality, p.locality),
               industry = coalesce(r.industry, p.industry),
               position = coalesce(r.position, p.position),
               company_name = coalesce(r.company_name, p.company_name),
               company_site = coalesce(r.company_site, p.company_site),
               social = p.social || r.social,
               custom = p.custom || r.custom,
               changed_at = %(now)s
          from import_known k join import_rows r on r.row_number = k.row_number
         where not k.repeated and p.workspace_id = %(workspace_id)s and p.id = k.prospect_id
           and p.id = any (array(select prospect_id from import_known where not repeated))
        """,
        parameters,
        prepare=False,
    )
    return cur.rowcount


async def insert_new(conn: Connection, *, workspace_id: int, change_id: int, now: datetime) -> int:
    """Makes the prospects that are not known; how many.

    Raises `UniqueViolation` when somebody else has just made one of them: the chunk is then tried again, which is
    cheaper than asking each row to be ready for it.
    """
    cur = await conn.execute(
        """
        insert into prospects (
          workspace_id, id, email, email_key, linkedin_key, name, first_name, last_name, phones, country, locality,
          industry, position, company_name, company_site, social, custom, source, made_by, made_at, changed_at)
        overriding system value
        select %(workspace_id)s, r.prospect_id, r.email, r.email_key, r.linkedin_key,
               coalesce(r.name, concat_ws(' ', nullif(r.first_name, ''), nullif(r.last_name, ''))),
               coalesce(r.first_name, ''), coalesce(r.last_name, ''), coalesce(r.phones, '{}'), r.country, r.locality,
               r.industry, r.position, r.company_name, r.company_site, r.social, r.custom, 'import', %(change_id)s,
               %(now)s, %(now)s
          from import_rows r
         where not exists (select from import_known k where k.row_number = r.row_number)
        """,
        {"workspace_id": workspace_id, "change_id": change_id, "now": now},
        prepare=False,
    )
    return cur.rowcount


async def put_on_list(
    conn: Connection, *, workspace_id: int, list_id: int, change_id: int, now: datetime, some_known: bool
) -> int:
    """Puts the prospects of the chunk on the list in the order of their rows; how many were not on it."""
    # New prospects are on no list, and being ready for a conflict costs a quarter of the statement.
    on_conflict = "on conflict do nothing" if some_known else ""
    cur = await conn.execute(
        f"""
        insert into list_members (workspace_id, list_id, prospect_id, added_by, added_at)
        select %(workspace_id)s, %(list_id)s, coalesce(k.prospect_id, r.prospect_id), %(change_id)s, %(now)s
          from import_rows r left join import_known k on k.row_number = r.row_number
         where k.repeated is not true
         order by r.row_number
        {on_conflict}
        """,
        {"workspace_id": workspace_id, "list_id": list_id, "change_id": change_id, "now": now},
        prepare=False,
    )
    return cur.rowcount


async def remember_known(conn: Connection) -> tuple[int, int]:
    """(known prospects met for the first time, rows about those met before)."""
    cur = await conn.execute(
        """
        with first as (
          insert into import_seen (prospect_id) select prospect_id from import_known where not repeated returning 1
        )
        select (select count(*) from first), count(*) filter (where repeated) from import_known
        """,
        prepare=False,
    )
    row = await cur.fetchone()
    assert row is not None
    return row[0], row[1]


async def count_without_changing(
    conn: Connection, *, workspace_id: int, list_id: int | None, update: bool
) -> Counts:
    """What the chunk would do, after `find_known`. `list_id` is None for a list that is yet to be made."""
    cur = await conn.execute(
        """
        with first as (
          insert into import_seen_keys (key)
          select coalesce(email_key, e'\\n' || linkedin_key) from import_rows
          on conflict do nothing
          returning key
        ), fresh as (
          select k.prospect_id
            from import_rows r
            join first f on f.key = coalesce(r.email_key, e'\\n' || r.linkedin_key)
            left join import_known k on k.row_number = r.row_number
        )
        select count(*) filter (where prospect_id is null),
               count(prospect_id),
               count(*) filter (where not exists (
                 select from list_members m
                  where m.workspace_id = %(workspace_id)s and m.list_id = %(list_id)s
                    and m.prospect_id = fresh.prospect_id)),
               (select count(*) from import_rows) - count(*)
          from fresh
        """,
        {"workspace_id": workspace_id, "list_id": list_id},
        prepare=False,
    )
    row = await cur.fetchone()
    assert row is not None
    made, known, listed, repeated = row
    return Counts(made, known, known if update else 0, listed, repeated)
