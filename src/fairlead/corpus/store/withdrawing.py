"""The SQL that takes evidence back, and what stood on it alone."""

from collections.abc import Sequence
from typing import NamedTuple

from fairlead.corpus.store.recording import refresh_addresses, refresh_people
from fairlead.db import Connection


class Touched(NamedTuple):
    """What the evidence of some sources holds up."""

    people: list[int]
    addresses: list[int]
    companies: list[tuple[int, int]]
    """(domain, owner)"""


async def sources_with_pages(conn: Connection, source_id: int) -> list[int]:
    cur = await conn.execute(
        "select id from lead_sources where id = %(id)s or parent_id = %(id)s order by id", {"id": source_id}
    )
    return [row[0] for row in await cur.fetchall()]


async def sources_of_uri(conn: Connection, *, uri: str, owner: int) -> list[int]:
    cur = await conn.execute(
        """
        select id from lead_sources
         where hashtextextended(uri, 0) = hashtextextended(%(uri)s, 0) and uri = %(uri)s and owner = %(owner)s
         order by id
        """,
        {"uri": uri, "owner": owner},
    )
    return [row[0] for row in await cur.fetchall()]


async def sources_of_owner(conn: Connection, owner: int, *, limit: int) -> list[int]:
    cur = await conn.execute("select id from lead_sources where owner = %s order by id limit %s", [owner, limit])
    return [row[0] for row in await cur.fetchall()]


async def find_source(conn: Connection, *, key: bytes, owner: int) -> int | None:
    cur = await conn.execute("select id from lead_sources where key = %s and owner = %s", [key, owner])
    row = await cur.fetchone()
    return row[0] if row else None


async def touched(conn: Connection, sources: Sequence[int]) -> Touched:
    """Also holds the domains of all this against other writers."""
    cur = await conn.execute(
        """
        select array_agg(distinct person_id) filter (where person_id is not null),
               array_agg(distinct address_id) filter (where address_id is not null)
          from lead_evidence where source_id = any(%s)
        """,
        [list(sources)],
    )
    row = await cur.fetchone()
    assert row is not None
    people, addresses = row[0] or [], row[1] or []
    cur = await conn.execute("select distinct person_id from lead_details where source_id = any(%s)", [list(sources)])
    people = sorted({*people, *(found[0] for found in await cur.fetchall())})
    cur = await conn.execute(
        """
        select distinct c.domain_id, s.owner
          from lead_company_evidence c join lead_sources s on s.id = c.source_id
         where c.source_id = any(%s)
        """,
        [list(sources)],
    )
    companies = [(domain_id, owner) for domain_id, owner in await cur.fetchall()]
    await hold_domains(conn, people=people, addresses=addresses, others=[domain for domain, _ in companies])
    return Touched(people, addresses, companies)


async def hold_domains(
    conn: Connection, *, people: Sequence[int], addresses: Sequence[int], others: Sequence[int] = ()
) -> None:
    await conn.execute(
        """
        select id from lead_domains
         where id in (select domain_id from lead_people where id = any(%(people)s)
                      union select domain_id from lead_addresses where id = any(%(addresses)s)
                      union select unnest(%(others)s::bigint[]))
         order by id for no key update
        """,
        {"people": list(people), "addresses": list(addresses), "others": list(others)},
    )


async def delete_sources(conn: Connection, sources: Sequence[int]) -> int:
    """How many pieces of evidence are gone."""
    ids = list(sources)
    cur = await conn.execute("delete from lead_evidence where source_id = any(%s)", [ids])
    await conn.execute("delete from lead_details where source_id = any(%s)", [ids])
    await conn.execute("delete from lead_company_evidence where source_id = any(%s)", [ids])
    await conn.execute("delete from lead_sources where id = any(%s)", [ids])
    return cur.rowcount


async def settle(conn: Connection, *, people: Sequence[int], addresses: Sequence[int]) -> None:
    """Draws anew what lost evidence, and drops what has none left, counts and shadows with it."""
    await drop_addresses(conn, await without_evidence(conn, addresses=addresses))
    await drop_people(conn, await without_evidence(conn, people=people))
    await refresh_addresses(conn, addresses)
    await refresh_people(conn, people)


async def without_evidence(conn: Connection, *, people: Sequence[int] = (), addresses: Sequence[int] = ()) -> list[int]:
    """Of the people or the addresses given those nothing holds up."""
    column, ids = ("person_id", people) if people else ("address_id", addresses)
    cur = await conn.execute(
        f"""
        select id from unnest(%s::bigint[]) as touched (id)
         where not exists (select from lead_evidence e where e.{column} = touched.id)
        """,
        [list(ids)],
    )
    return [row[0] for row in await cur.fetchall()]


async def drop_addresses(conn: Connection, ids: Sequence[int]) -> None:
    """Their domains are held."""
    if not ids:
        return
    await conn.execute(
        """
        with gone as (
          delete from lead_addresses where id = any(%(ids)s) returning domain_id, owner, local, generic, shadowed),
        shown as (
          update lead_addresses a set shadowed = false
            from gone
           where gone.owner = 0 and a.domain_id = gone.domain_id and a.local = gone.local and a.owner <> 0
             and a.shadowed and not a.id = any(%(ids)s)
          returning a.domain_id, a.owner, a.generic),
        changed as (
          select domain_id, owner, coalesce(sum(by) filter (where not generic), 0) as emails,
                 coalesce(sum(by) filter (where generic), 0) as generic
            from (select domain_id, owner, generic, -1 as by from gone where not shadowed
                  union all select domain_id, owner, generic, 1 from shown) as each
           group by domain_id, owner)
        update lead_counts c set emails = c.emails + changed.emails, generic = c.generic + changed.generic
          from changed where c.domain_id = changed.domain_id and c.owner = changed.owner
        """,
        {"ids": list(ids)},
    )


async def drop_people(conn: Connection, ids: Sequence[int]) -> None:
    """Their domains are held. What evidence says of them besides an address goes with them."""
    if not ids:
        return
    await conn.execute("delete from lead_details where person_id = any(%s)", [list(ids)])
    await conn.execute("delete from lead_evidence where person_id = any(%s) and address_id is null", [list(ids)])
    await conn.execute(
        """
        update lead_evidence set person_id = null, position_id = null, employer_id = null, company = null
         where person_id = any(%s)
        """,
        [list(ids)],
    )
    await conn.execute("update lead_addresses set person_id = null where person_id = any(%s)", [list(ids)])
    await conn.execute(
        """
        with gone as (delete from lead_people where id = any(%(ids)s) returning domain_id, owner, key, shadowed),
        shown as (
          update lead_people p set shadowed = false
            from gone
           where gone.owner = 0 and p.domain_id = gone.domain_id and p.key = gone.key and p.owner <> 0 and p.shadowed
             and not p.id = any(%(ids)s)
          returning p.domain_id, p.owner),
        changed as (
          select domain_id, owner, sum(by)::int as by
            from (select domain_id, owner, -1 as by from gone where not shadowed
                  union all select domain_id, owner, 1 from shown) as each
           where domain_id <> 0
           group by domain_id, owner)
        update lead_counts c set people = c.people + changed.by
          from changed where c.domain_id = changed.domain_id and c.owner = changed.owner
        """,
        {"ids": list(ids)},
    )


async def delete_address_evidence(conn: Connection, ids: Sequence[int]) -> None:
    """Of addresses that go: sightings of nothing else with them, of a person too without the address."""
    await conn.execute("delete from lead_evidence where address_id = any(%s) and person_id is null", [list(ids)])
    await conn.execute("update lead_evidence set address_id = null where address_id = any(%s)", [list(ids)])


async def addresses_of_keys(conn: Connection, keys: Sequence[str]) -> list[int]:
    """Whoever owns them."""
    cur = await conn.execute(
        """
        select a.id
          from unnest(%s::text[]) as key
          join lead_domains d on d.domain = split_part(key, '@', -1)
          join lead_addresses a on a.domain_id = d.id and a.local = left(key, -length(d.domain) - 1)
        """,
        [list(keys)],
    )
    return [row[0] for row in await cur.fetchall()]


async def people_of_addresses(conn: Connection, ids: Sequence[int]) -> list[int]:
    cur = await conn.execute(
        "select distinct person_id from lead_evidence where address_id = any(%s) and person_id is not null", [list(ids)]
    )
    return [row[0] for row in await cur.fetchall()]


async def people_named(conn: Connection, *, domain: str, key: str) -> list[int]:
    """Whoever owns them."""
    cur = await conn.execute(
        """
        select p.id from lead_people p join lead_domains d on d.id = p.domain_id
         where d.domain = %s and p.key = %s
        """,
        [domain, key],
    )
    return [row[0] for row in await cur.fetchall()]


async def people_of_profile(conn: Connection, profile: str) -> list[int]:
    cur = await conn.execute(
        "select distinct person_id from lead_details where kind = 'profile' and key = %s", [profile]
    )
    return [row[0] for row in await cur.fetchall()]


async def addresses_of_people(conn: Connection, ids: Sequence[int]) -> list[int]:
    cur = await conn.execute(
        """
        select id from lead_addresses where person_id = any(%(ids)s)
        union
        select address_id from lead_evidence where person_id = any(%(ids)s) and address_id is not null
        """,
        {"ids": list(ids)},
    )
    return [row[0] for row in await cur.fetchall()]
