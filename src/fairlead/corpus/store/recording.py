"""The SQL that writes evidence down and draws from it what people, addresses and companies are shown as.

Contacts are copied into a table of the session and merged from there. All within one transaction, which holds the
domains it writes under: see the head of the migration.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fairlead.corpus.findings import Method
from fairlead.corpus.rules import METHOD_NUMBERS
from fairlead.db import Connection

STAGING = """
create temp table if not exists lead_staging (
  source_id bigint, seen_at timestamptz, snippet bigint, method smallint, own_domain boolean, former boolean,
  generic boolean, address_domain_id bigint, local text, home_id bigint, key text, first_name text, last_name text,
  position_id int, place_id int, employer_id bigint, company text, profile text, place text
) on commit delete rows;
create temp table if not exists lead_staged_details (
  source_id bigint, home_id bigint, key text, kind text, value text, value_key text
) on commit delete rows
"""
# The big tables are entered by their indexes, one row of the lot at a time: without statistics on the lot the planner
# would rather read the whole of them. `offset 0` keeps it from turning a lookup for each row into a join.
BY_INDEX = "set local enable_hashjoin = off; set local enable_mergejoin = off; set local enable_seqscan = off"
AS_BEFORE = "set local enable_hashjoin = on; set local enable_mergejoin = on; set local enable_seqscan = on"

REPLY, BOUNCE, VERIFIED = (METHOD_NUMBERS[method] for method in (Method.REPLY, Method.BOUNCE, Method.VERIFIED))


class StagedContact(NamedTuple):
    """A line of lead_staging, in the order of its columns."""

    source_id: int
    seen_at: datetime
    snippet: int | None
    method: int
    own_domain: bool
    former: bool
    generic: bool
    address_domain_id: int | None
    local: str | None
    home_id: int | None
    key: str | None
    first_name: str
    last_name: str
    position_id: int | None
    place_id: int | None
    employer_id: int | None
    company: str | None
    profile: str | None
    place: str | None


class StagedDetail(NamedTuple):
    source_id: int
    home_id: int
    key: str
    kind: str
    value: str
    value_key: str


class Change(NamedTuple):
    """How many rows are new."""

    people: int
    addresses: int
    evidence: int


# Sources.


async def insert_source(
    conn: Connection,
    *,
    owner: int,
    parent_id: int | None,
    kind: str,
    uri: str,
    key: bytes,
    note: str,
    captured_at: datetime,
    now: datetime,
) -> tuple[int, bool]:
    """(id, whether it is new)."""
    cur = await conn.execute(
        """
        with new as (
          insert into lead_sources (owner, parent_id, captured_at, recorded_at, key, kind, uri, note)
          values (%(owner)s, %(parent_id)s, %(captured_at)s, %(now)s, %(key)s, %(kind)s, %(uri)s, %(note)s)
          on conflict do nothing
          returning id)
        select id, true from new
        union all
        select id, false from lead_sources where key = %(key)s and owner = %(owner)s
        """,
        {
            "owner": owner, "parent_id": parent_id, "kind": kind, "uri": uri, "key": key, "note": note,
            "captured_at": captured_at, "now": now,
        },
    )  # fmt: skip
    rows = await cur.fetchall()
    if not rows:
        # Put in by a transaction that ended while we waited for it, after our snapshot.
        cur = await conn.execute("select id from lead_sources where key = %s and owner = %s", [key, owner])
        rows = [(row[0], False) for row in await cur.fetchall()]
    id_, new = rows[0]
    return id_, new


async def insert_pages(
    conn: Connection,
    *,
    owner: int,
    parent_id: int,
    keys: Sequence[bytes],
    uris: Sequence[str],
    captured_at: Sequence[datetime],
    now: datetime,
) -> dict[bytes, int]:
    """The ids of those pages of an archive that were not known, by their keys."""
    cur = await conn.execute(
        """
        insert into lead_sources (owner, parent_id, captured_at, recorded_at, key, kind, uri)
        select %(owner)s, %(parent_id)s, captured_at, %(now)s, key, 'page', uri
          from unnest(%(keys)s::bytea[], %(uris)s::text[], %(captured_at)s::timestamptz[])
                 as page (key, uri, captured_at)
         order by key
        on conflict do nothing
        returning key, id
        """,
        {
            "owner": owner, "parent_id": parent_id, "keys": list(keys), "uris": list(uris),
            "captured_at": list(captured_at), "now": now,
        },
    )  # fmt: skip
    return {bytes(key): id_ for key, id_ in await cur.fetchall()}


# Dictionaries.


async def domain_ids(conn: Connection, labels: Mapping[str, str]) -> dict[str, int]:
    """The numbers of domains, given with their labels; held against other writers until the end of the transaction."""
    if not labels:
        return {}
    names = sorted(labels)
    await conn.execute(
        """
        insert into lead_domains (domain, label)
        select domain, label from unnest(%s::text[], %s::text[]) as new (domain, label)
         where not exists (select from lead_domains known where known.domain = new.domain)
         order by domain
        on conflict do nothing
        """,
        [names, [labels[name] for name in names]],
    )
    cur = await conn.execute(
        "select id, domain from lead_domains where domain = any(%s) order by id for no key update", [names]
    )
    return {domain: id_ for id_, domain in await cur.fetchall()}


async def position_ids(conn: Connection, positions: Mapping[str, tuple[str, str, str]]) -> dict[str, int]:
    """The numbers of job titles by their keys; given as {key: (title, level, department)}."""
    if not positions:
        return {}
    keys = sorted(positions)
    titles, levels, departments = zip(*(positions[key] for key in keys), strict=True)
    await conn.execute(
        """
        insert into lead_positions (key, position, level, department)
        select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[]) as new (key, position, level, department)
         where not exists (select from lead_positions known where known.key = new.key)
         order by key
        on conflict do nothing
        """,
        [keys, list(titles), list(levels), list(departments)],
    )
    cur = await conn.execute("select key, id from lead_positions where key = any(%s)", [keys])
    return dict(await cur.fetchall())


async def place_ids(conn: Connection, places: Mapping[str, tuple[Any, ...]]) -> dict[str, int]:
    """The numbers of places by their keys; given as {key: (city, state, country, city_key, state_key)}."""
    if not places:
        return {}
    keys = sorted(places)
    columns = [list(column) for column in zip(*(places[key] for key in keys), strict=True)]
    await conn.execute(
        """
        insert into lead_places (key, city, state, country, city_key, state_key)
        select * from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
                   as new (key, city, state, country, city_key, state_key)
         where not exists (select from lead_places known where known.key = new.key)
         order by key
        on conflict do nothing
        """,
        [keys, *columns],
    )
    cur = await conn.execute("select key, id from lead_places where key = any(%s)", [keys])
    return dict(await cur.fetchall())


# Contacts.


async def write_contacts(
    conn: Connection, *, owner: int, contacts: Iterable[StagedContact], details: Collection[StagedDetail]
) -> Change:
    await conn.execute(STAGING)
    await conn.execute("delete from lead_staging; delete from lead_staged_details")
    async with conn.cursor().copy("copy lead_staging from stdin") as copy:
        for contact in contacts:
            await copy.write_row(contact)
    if details:
        async with conn.cursor().copy("copy lead_staged_details from stdin") as copy:
            for detail in details:
                await copy.write_row(detail)
    await conn.execute(BY_INDEX)
    known_people = await _known_people(conn, owner)
    people = await _insert_people(conn, owner)
    known_addresses = await _known_addresses(conn, owner)
    addresses = await _insert_addresses(conn, owner)
    evidence = await _insert_evidence(conn, owner)
    if details:
        await _insert_details(conn, owner)
    await refresh_people(conn, known_people)
    await refresh_addresses(conn, known_addresses)
    await conn.execute(AS_BEFORE)
    return Change(people, addresses, evidence)


async def _known_people(conn: Connection, owner: int) -> list[int]:
    cur = await conn.execute(
        """
        select p.id
          from (select distinct home_id, key from lead_staging where key is not null) s
          cross join lateral (select id from lead_people
                               where domain_id = s.home_id and key = s.key and owner = %s offset 0) p
        """,
        [owner],
    )
    return [row[0] for row in await cur.fetchall()]


async def _known_addresses(conn: Connection, owner: int) -> list[int]:
    cur = await conn.execute(
        """
        select a.id
          from (select distinct address_domain_id, local from lead_staging where local is not null) s
          cross join lateral (select id from lead_addresses
                               where domain_id = s.address_domain_id and local = s.local and owner = %s offset 0) a
        """,
        [owner],
    )
    return [row[0] for row in await cur.fetchall()]


async def _insert_people(conn: Connection, owner: int) -> int:
    cur = await conn.execute(
        """
        with seen as (
          select home_id, key,
                 (array_agg(first_name order by seen_at desc))[1] as first_name,
                 (array_agg(last_name order by seen_at desc))[1] as last_name,
                 (array_agg(position_id order by seen_at desc)
                    filter (where position_id is not null and not former))[1] as position_id,
                 (array_agg(place_id order by seen_at desc) filter (where place_id is not null))[1] as place_id,
                 (array_agg(profile order by seen_at desc) filter (where profile is not null))[1] as profile,
                 bool_or(local is not null) as has_address
            from lead_staging where key is not null
           group by home_id, key),
        new as (
          insert into lead_people (owner, domain_id, key, first_name, last_name, position_id, place_id, profile, rank,
                                   shadowed)
          select %(owner)s, home_id, key, first_name, last_name, position_id, place_id, profile,
                 4 * has_address::int + 2 * (position_id is not null)::int + (profile is not null)::int,
                 %(owner)s <> 0 and exists (select from lead_people shared
                                             where shared.domain_id = home_id and shared.key = seen.key
                                               and shared.owner = 0)
            from seen
           order by home_id, key
          on conflict do nothing
          returning domain_id, key, shadowed),
        shadows as (
          update lead_people p set shadowed = true
            from new
           where %(owner)s = 0 and p.domain_id = new.domain_id and p.key = new.key and p.owner <> 0 and not p.shadowed
          returning p.domain_id, p.owner),
        changed as (
          select domain_id, owner, sum(by)::int as by
            from (select domain_id, %(owner)s as owner, 1 as by from new where not shadowed
                  union all select domain_id, owner, -1 from shadows) as each
           where domain_id <> 0
           group by domain_id, owner),
        counted as (
          insert into lead_counts as c (domain_id, owner, people)
          select domain_id, owner, by from changed where owner = %(owner)s order by domain_id
          on conflict on constraint lead_counts_differ do update set people = c.people + excluded.people),
        others as (
          update lead_counts c set people = c.people + changed.by
            from changed
           where changed.owner <> %(owner)s and c.domain_id = changed.domain_id and c.owner = changed.owner)
        select count(*) from new
        """,
        {"owner": owner},
    )
    return await _number(cur)


async def _insert_addresses(conn: Connection, owner: int) -> int:
    cur = await conn.execute(
        f"""
        with seen as (
          select s.address_domain_id as domain_id, s.local, bool_or(s.generic) as generic,
                 bool_or(s.own_domain) as own_domain,
                 bit_or(1 << s.method) as methods, count(distinct s.source_id) as sources,
                 min(s.seen_at) as first_seen, max(s.seen_at) as last_seen,
                 max(s.seen_at) filter (where s.method = {REPLY}) as replied_at,
                 max(s.seen_at) filter (where s.method = {BOUNCE}) as bounced_at,
                 max(s.seen_at) filter (where s.method = {VERIFIED}) as verified_at,
                 (array_agg(p.id order by s.seen_at desc) filter (where p.id is not null))[1] as person_id
            from lead_staging s
            left join lateral (select id from lead_people
                                where domain_id = s.home_id and key = s.key and owner = %(owner)s offset 0) p on true
           where s.local is not null
           group by s.address_domain_id, s.local),
        new as (
          insert into lead_addresses (owner, domain_id, local, person_id, first_seen, last_seen, methods, sources,
                                      generic, own_domain, replied_at, bounced_at, verified_at, shadowed)
          select %(owner)s, domain_id, local, person_id, first_seen, last_seen, methods, sources, generic, own_domain,
                 replied_at, bounced_at, verified_at,
                 %(owner)s <> 0 and exists (select from lead_addresses shared
                                             where shared.domain_id = seen.domain_id and shared.local = seen.local
                                               and shared.owner = 0)
            from seen
           order by domain_id, local
          on conflict do nothing
          returning domain_id, local, generic, shadowed),
        shadows as (
          update lead_addresses a set shadowed = true
            from new
           where %(owner)s = 0 and a.domain_id = new.domain_id and a.local = new.local and a.owner <> 0
             and not a.shadowed
          returning a.domain_id, a.owner, a.generic),
        changed as (
          select domain_id, owner, sum(by) filter (where not generic) as emails,
                 sum(by) filter (where generic) as generic
            from (select domain_id, %(owner)s as owner, generic, 1 as by from new where not shadowed
                  union all select domain_id, owner, generic, -1 from shadows) as each
           group by domain_id, owner),
        counted as (
          insert into lead_counts as c (domain_id, owner, emails, generic)
          select domain_id, owner, coalesce(emails, 0), coalesce(generic, 0)
            from changed where owner = %(owner)s order by domain_id
          on conflict on constraint lead_counts_differ
          do update set emails = c.emails + excluded.emails, generic = c.generic + excluded.generic),
        others as (
          update lead_counts c
             set emails = c.emails + coalesce(changed.emails, 0), generic = c.generic + coalesce(changed.generic, 0)
            from changed
           where changed.owner <> %(owner)s and c.domain_id = changed.domain_id and c.owner = changed.owner)
        select count(*) from new
        """,
        {"owner": owner},
    )
    return await _number(cur)


async def _insert_evidence(conn: Connection, owner: int) -> int:
    cur = await conn.execute(
        """
        insert into lead_evidence (source_id, person_id, address_id, employer_id, seen_at, snippet, position_id,
                                   place_id, method, own_domain, former, company, place)
        select s.source_id, p.id, a.id, s.employer_id, s.seen_at, s.snippet, s.position_id, s.place_id, s.method,
               s.own_domain, s.former, s.company, s.place
          from lead_staging s
          left join lateral (select id from lead_people
                              where domain_id = s.home_id and key = s.key and owner = %(owner)s offset 0) p on true
          left join lateral (select id from lead_addresses
                              where domain_id = s.address_domain_id and local = s.local and owner = %(owner)s
                              offset 0) a on true
         where p.id is not null or a.id is not null
        """,
        {"owner": owner},
    )
    return cur.rowcount


async def _insert_details(conn: Connection, owner: int) -> None:
    await conn.execute(
        """
        insert into lead_details (person_id, source_id, kind, value, key)
        select p.id, s.source_id, s.kind, s.value, s.value_key
          from lead_staged_details s
          cross join lateral (select id from lead_people
                               where domain_id = s.home_id and key = s.key and owner = %(owner)s offset 0) p
        on conflict do nothing
        """,
        {"owner": owner},
    )


# Drawn from evidence.


async def refresh_people(conn: Connection, ids: Sequence[int]) -> None:
    """What people are shown as, drawn anew; those without evidence go."""
    if not ids:
        return
    await conn.execute(
        """
        update lead_people p
           set position_id = e.position_id, place_id = e.place_id, profile = d.profile,
               rank = 4 * (e.has_address)::int + 2 * (e.position_id is not null)::int + (d.profile is not null)::int
          from unnest(%(ids)s::bigint[]) as touched (id),
               lateral (select (array_agg(position_id order by seen_at desc)
                                  filter (where position_id is not null and not former))[1] as position_id,
                               (array_agg(place_id order by seen_at desc) filter (where place_id is not null))[1]
                                 as place_id,
                               bool_or(address_id is not null) as has_address, count(*) as pieces
                          from lead_evidence where person_id = touched.id) e,
               lateral (select max(key) filter (where kind = 'profile' and key ~ '^in/') as profile
                          from lead_details where person_id = touched.id) d
         where p.id = touched.id and e.pieces > 0
           and (p.position_id, p.place_id, p.profile, p.rank) is distinct from
               (e.position_id, e.place_id, d.profile,
                (4 * (e.has_address)::int + 2 * (e.position_id is not null)::int
                 + (d.profile is not null)::int)::smallint)
        """,
        {"ids": list(ids)},
    )


async def refresh_addresses(conn: Connection, ids: Sequence[int]) -> None:
    """What addresses are weighed by, drawn anew; those without evidence stay as they are."""
    if not ids:
        return
    await conn.execute(
        f"""
        update lead_addresses a
           set methods = e.methods, sources = e.sources, own_domain = e.own_domain, first_seen = e.first_seen,
               last_seen = e.last_seen, person_id = e.person_id, replied_at = e.replied_at, bounced_at = e.bounced_at,
               verified_at = e.verified_at
          from unnest(%(ids)s::bigint[]) as touched (id),
               lateral (select bit_or(1 << method) as methods, count(distinct source_id) as sources,
                               bool_or(own_domain) as own_domain, min(seen_at) as first_seen, max(seen_at) as last_seen,
                               (array_agg(person_id order by seen_at desc) filter (where person_id is not null))[1]
                                 as person_id,
                               max(seen_at) filter (where method = {REPLY}) as replied_at,
                               max(seen_at) filter (where method = {BOUNCE}) as bounced_at,
                               max(seen_at) filter (where method = {VERIFIED}) as verified_at
                          from lead_evidence where address_id = touched.id) e
         where a.id = touched.id and e.methods is not null
        """,
        {"ids": list(ids)},
    )


async def _number(cur: Any) -> int:
    row = await cur.fetchone()
    return int(row[0])
