"""The SQL that reads the lead database. Every question is asked for a workspace: it sees owner 0 and its own rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import class_row

from fairlead.db import Connection

ADDRESS = """
       a.id, a.owner, a.generic, a.local, d.domain, a.person_id, a.first_seen, a.last_seen, a.methods, a.sources,
       a.own_domain, a.replied_at, a.bounced_at, a.verified_at
"""
PERSON = """
       p.id, p.owner, p.first_name, p.last_name, p.key, d.domain, p.profile, t.position, w.city, w.state, w.country,
       p.rank
"""
PERSON_FROM = """
       lead_people p
  join lead_domains d on d.id = p.domain_id
  left join lead_positions t on t.id = p.position_id
  left join lead_places w on w.id = p.place_id
"""


class AddressRow(NamedTuple):
    id: int
    owner: int
    generic: bool
    local: str
    domain: str
    person_id: int | None
    first_seen: datetime
    last_seen: datetime
    methods: int
    sources: int
    own_domain: bool
    replied_at: datetime | None
    bounced_at: datetime | None
    verified_at: datetime | None


class PersonRow(NamedTuple):
    id: int
    owner: int
    first_name: str
    last_name: str
    key: str
    domain: str
    profile: str | None
    position: str | None
    city: str | None
    state: str | None
    country: str | None
    rank: int


class CompanyRow(NamedTuple):
    domain_id: int
    domain: str
    owner: int
    founded: int | None
    name: str | None
    phone: str | None
    industry: str | None
    size: str | None
    site: str | None
    logo: str | None
    social: list[str]
    related: list[str]
    specialities: list[str]
    revenue_min: int | None
    revenue_max: int | None
    city: str | None
    state: str | None
    country: str | None


class JobRow(NamedTuple):
    person_id: int
    company: str | None
    domain: str | None
    position: str | None
    former: bool
    seen_at: datetime


class DetailRow(NamedTuple):
    person_id: int
    kind: str
    value: str
    key: str


COMPANY = """
       c.domain_id, d.domain, c.owner, c.founded, c.name, c.phone, c.industry, c.size, c.site, c.logo, c.social,
       c.related, c.specialities, c.revenue_min, c.revenue_max, w.city, w.state, w.country
"""
COMPANY_FROM = """
       lead_companies c
  join lead_domains d on d.id = c.domain_id
  left join lead_places w on w.id = c.place_id
"""


# Domains and counts.


async def find_domain(conn: Connection, domain: str) -> int | None:
    cur = await conn.execute("select id from lead_domains where domain = %s", [domain])
    row = await cur.fetchone()
    return row[0] if row else None


async def counts(conn: Connection, *, workspace_id: int, domain: str) -> tuple[int, int, int]:
    """(people, addresses of persons, of tasks)."""
    cur = await conn.execute(
        """
        select coalesce(sum(c.people), 0), coalesce(sum(c.emails), 0), coalesce(sum(c.generic), 0)
          from lead_domains d join lead_counts c on c.domain_id = d.id
         where d.domain = %(domain)s and c.owner in (0, %(workspace_id)s)
        """,
        {"domain": domain, "workspace_id": workspace_id},
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


# Addresses.


async def addresses_of_domain(
    conn: Connection,
    *,
    workspace_id: int,
    domain: str,
    generic: bool | None,
    after: int,
    limit: int,
    positions: Sequence[str] | None = None,
) -> list[AddressRow]:
    """In the order of their ids, from `after` on. `positions` are parts of folded job titles of their people."""
    # Kind by kind, as the index on (domain, generic, id) has them.
    kinds = [False, True] if generic is None else [generic]
    cur = await conn.execute(
        f"""
        select {ADDRESS}
          from unnest(%(kinds)s::boolean[]) as kind,
               lateral (select * from lead_addresses
                         where domain_id = (select id from lead_domains where domain = %(domain)s)
                           and generic = kind and id > %(after)s
                           and owner in (0, %(workspace_id)s) and not shadowed
                           and (%(positions)s::text[] is null
                                or exists (select from lead_people p join lead_positions t on t.id = p.position_id
                                            where p.id = person_id and t.key like any(%(positions)s)))
                         order by id limit %(limit)s) a
          join lead_domains d on d.id = a.domain_id
         order by a.id
         limit %(limit)s
        """,
        {
            "kinds": kinds, "domain": domain, "after": after, "workspace_id": workspace_id, "limit": limit,
            "positions": None if positions is None else [like(part) for part in positions],
        },
    )  # fmt: skip
    return [AddressRow(*row) for row in await cur.fetchall()]


async def page_of_addresses(
    conn: Connection, *, workspace_id: int, domain: str, generic: bool, after: int, limit: int
) -> list[tuple[int, str]]:
    """(id, local part) only, in the order of their ids, from `after` on."""
    cur = await conn.execute(
        """
        select id, local from lead_addresses
         where domain_id = (select id from lead_domains where domain = %(domain)s) and generic = %(generic)s
           and id > %(after)s and owner in (0, %(workspace_id)s) and not shadowed
         order by id limit %(limit)s
        """,
        {"domain": domain, "generic": generic, "after": after, "workspace_id": workspace_id, "limit": limit},
    )
    return [(row[0], row[1]) for row in await cur.fetchall()]


async def own_rows_of(conn: Connection, *, workspace_id: int, ids: Sequence[int]) -> list[AddressRow]:
    """The workspace's own rows of the same addresses as these shared ones."""
    cur = await conn.execute(
        f"""
        select {ADDRESS}
          from lead_addresses s
          join lead_addresses a on a.domain_id = s.domain_id and a.local = s.local and a.owner = %(workspace_id)s
          join lead_domains d on d.id = a.domain_id
         where s.id = any(%(ids)s) and s.owner = 0
        """,
        {"ids": list(ids), "workspace_id": workspace_id},
    )
    return [AddressRow(*row) for row in await cur.fetchall()]


async def find_addresses(
    conn: Connection, *, workspace_id: int, domain: str, locals_: Sequence[str]
) -> list[AddressRow]:
    cur = await conn.execute(
        f"""
        select {ADDRESS}
          from lead_domains d join lead_addresses a on a.domain_id = d.id
         where d.domain = %(domain)s and a.local = any(%(locals)s) and a.owner in (0, %(workspace_id)s)
        """,
        {"domain": domain, "locals": list(locals_), "workspace_id": workspace_id},
    )
    return [AddressRow(*row) for row in await cur.fetchall()]


async def rows_of_addresses(
    conn: Connection, *, workspace_id: int, locals_: Sequence[str], domains: Sequence[str]
) -> list[AddressRow]:
    """Of many addresses at once, each by its local part and domain."""
    cur = await conn.execute(
        f"""
        select {ADDRESS}
          from unnest(%(locals)s::text[], %(domains)s::text[]) as wanted (local, domain)
          join lead_domains d on d.domain = wanted.domain
          join lead_addresses a on a.domain_id = d.id and a.local = wanted.local
         where a.owner in (0, %(workspace_id)s)
        """,
        {"locals": list(locals_), "domains": list(domains), "workspace_id": workspace_id},
    )
    return [AddressRow(*row) for row in await cur.fetchall()]


async def employment_at_addresses(
    conn: Connection, *, ids: Sequence[int]
) -> dict[int, tuple[bool | None, str | None]]:
    """Of addresses with an owner: (whether the job at their domain is over, the owner's LinkedIn profile).

    The first is None where no evidence tells of a job there.
    """
    cur = await conn.execute(
        """
        select a.id,
               (select bool_and(e.former) from lead_evidence e
                 where e.person_id = a.person_id and e.employer_id = a.domain_id),
               p.profile
          from lead_addresses a join lead_people p on p.id = a.person_id
         where a.id = any(%s)
        """,
        [list(ids)],
    )
    return {id_: (former, profile) for id_, former, profile in await cur.fetchall()}


async def addresses_of_people(conn: Connection, *, workspace_id: int, ids: Sequence[int]) -> list[AddressRow]:
    """The best first: those of persons, then by how much speaks for them."""
    cur = await conn.execute(
        f"""
        select {ADDRESS}
          from lead_addresses a join lead_domains d on d.id = a.domain_id
         where a.person_id = any(%(ids)s) and a.owner in (0, %(workspace_id)s)
         order by a.generic, a.sources desc, a.last_seen desc, a.id
        """,
        {"ids": list(ids), "workspace_id": workspace_id},
    )
    return [AddressRow(*row) for row in await cur.fetchall()]


async def pages_of(conn: Connection, *, people: Sequence[int] = (), addresses: Sequence[int] = ()) -> dict[int, str]:
    """Of each person, or of each address, the latest source that is a page."""
    column, ids = ("person_id", people) if people else ("address_id", addresses)
    cur = await conn.execute(
        f"""
        select touched.id, page.uri
          from unnest(%s::bigint[]) as touched (id),
               lateral (select s.uri from lead_evidence e join lead_sources s on s.id = e.source_id
                         where e.{column} = touched.id and s.kind = 'page'
                         order by e.seen_at desc limit 1) page
        """,
        [list(ids)],
    )
    return dict(await cur.fetchall())


# People.


async def people_of_domain(
    conn: Connection,
    *,
    workspace_id: int,
    domain: str,
    positions: Sequence[str] | None,
    offset: int,
    limit: int,
) -> list[PersonRow]:
    """The best known first. `positions` are parts of folded job titles, any of which fits."""
    # Two texts and not one with a condition that may be absent: that one would be planned anew for each question,
    # which takes longer than answering it.
    fits = "" if positions is None else "and t.key like any(%(positions)s::text[])"
    cur = await conn.execute(
        f"""
        select {PERSON}
          from {PERSON_FROM}
         where p.domain_id = (select id from lead_domains where domain = %(domain)s)
           and p.owner in (0, %(workspace_id)s) and not p.shadowed {fits}
         order by p.rank desc, p.id
        offset %(offset)s limit %(limit)s
        """,
        {
            "domain": domain, "workspace_id": workspace_id, "offset": offset, "limit": limit,
            "positions": None if positions is None else [like(part) for part in positions],
        },
    )  # fmt: skip
    return [PersonRow(*row) for row in await cur.fetchall()]


async def count_people_in(conn: Connection, *, workspace_id: int, domain_id: int, positions: Sequence[str]) -> int:
    cur = await conn.execute(
        """
        select count(*)
          from lead_people p join lead_positions t on t.id = p.position_id
         where p.domain_id = %(domain_id)s and p.owner in (0, %(workspace_id)s) and not p.shadowed
           and t.key like any(%(positions)s)
        """,
        {"domain_id": domain_id, "workspace_id": workspace_id, "positions": [like(part) for part in positions]},
    )
    row = await cur.fetchone()
    assert row is not None
    return int(row[0])


async def people(conn: Connection, *, workspace_id: int, ids: Sequence[int]) -> list[PersonRow]:
    cur = await conn.execute(
        f"""
        select {PERSON}
          from {PERSON_FROM}
         where p.id = any(%(ids)s) and p.owner in (0, %(workspace_id)s)
        """,
        {"ids": list(ids), "workspace_id": workspace_id},
    )
    return [PersonRow(*row) for row in await cur.fetchall()]


async def people_named(conn: Connection, *, workspace_id: int, domain: str, key: str) -> list[PersonRow]:
    """The workspace's own row before the shared one."""
    cur = await conn.execute(
        f"""
        select {PERSON}
          from {PERSON_FROM}
         where d.domain = %(domain)s and p.key = %(key)s and p.owner in (0, %(workspace_id)s)
         order by p.owner desc
        """,
        {"domain": domain, "key": key, "workspace_id": workspace_id},
    )
    return [PersonRow(*row) for row in await cur.fetchall()]


async def people_of_profile(conn: Connection, *, workspace_id: int, profile: str) -> list[PersonRow]:
    cur = await conn.execute(
        f"""
        select {PERSON}
          from {PERSON_FROM}
         where p.id in (select person_id from lead_details where kind = 'profile' and key = %(profile)s)
           and p.owner in (0, %(workspace_id)s)
         order by p.owner desc, p.rank desc, p.id
        """,
        {"profile": profile, "workspace_id": workspace_id},
    )
    return [PersonRow(*row) for row in await cur.fetchall()]


async def jobs_of(conn: Connection, *, workspace_id: int, ids: Sequence[int]) -> list[JobRow]:
    """Employments that evidence tells of, each once, the present and the latest first."""
    cur = conn.cursor(row_factory=class_row(JobRow))
    await cur.execute(
        """
        select e.person_id, coalesce(e.company, c.name) as company, d.domain, t.position, e.former,
               max(e.seen_at) as seen_at
          from lead_evidence e
          join lead_people p on p.id = e.person_id
          left join lead_domains d on d.id = e.employer_id
          left join lead_positions t on t.id = e.position_id
          left join lateral (select name from lead_companies c
                              where c.domain_id = e.employer_id and c.owner in (0, %(workspace_id)s)
                              order by c.owner desc limit 1) c on true
         where e.person_id = any(%(ids)s) and p.owner in (0, %(workspace_id)s)
           and (e.company is not null or e.employer_id is not null or e.position_id is not null)
         group by e.person_id, coalesce(e.company, c.name), d.domain, t.position, e.former
         order by e.former, max(e.seen_at) desc, d.domain, t.position
        """,
        {"ids": list(ids), "workspace_id": workspace_id},
    )
    return await cur.fetchall()


async def details_of(conn: Connection, *, workspace_id: int, ids: Sequence[int]) -> list[DetailRow]:
    cur = conn.cursor(row_factory=class_row(DetailRow))
    await cur.execute(
        """
        select x.person_id, x.kind, min(x.value) as value, x.key
          from lead_details x join lead_people p on p.id = x.person_id
         where x.person_id = any(%(ids)s) and p.owner in (0, %(workspace_id)s)
         group by x.person_id, x.kind, x.key
         order by x.kind, x.key
        """,
        {"ids": list(ids), "workspace_id": workspace_id},
    )
    return await cur.fetchall()


async def last_seen(conn: Connection, *, workspace_id: int, ids: Sequence[int]) -> datetime | None:
    cur = await conn.execute(
        """
        select max(e.seen_at) from lead_evidence e join lead_people p on p.id = e.person_id
         where e.person_id = any(%(ids)s) and p.owner in (0, %(workspace_id)s)
        """,
        {"ids": list(ids), "workspace_id": workspace_id},
    )
    row = await cur.fetchone()
    return row[0] if row else None


# Companies.


async def companies(conn: Connection, *, workspace_id: int, domains: Sequence[str]) -> list[CompanyRow]:
    """The workspace's own card of a domain before the shared one."""
    cur = await conn.execute(
        f"""
        select {COMPANY}
          from {COMPANY_FROM}
         where d.domain = any(%(domains)s) and c.owner in (0, %(workspace_id)s)
         order by d.domain, c.owner desc
        """,
        {"domains": list(domains), "workspace_id": workspace_id},
    )
    return [CompanyRow(*row) for row in await cur.fetchall()]


async def companies_named(conn: Connection, *, workspace_id: int, key: str, limit: int) -> list[CompanyRow]:
    """By likeness of the name: the same one first."""
    cur = await conn.execute(
        f"""
        select {COMPANY}
          from {COMPANY_FROM}
         where c.name_key %% %(key)s and c.owner in (0, %(workspace_id)s)
         order by c.name_key = %(key)s desc, similarity(c.name_key, %(key)s) desc, c.owner desc, c.domain_id
         limit %(limit)s
        """,
        {"key": key, "workspace_id": workspace_id, "limit": limit},
    )
    return [CompanyRow(*row) for row in await cur.fetchall()]


async def related_domains(conn: Connection, *, workspace_id: int, domain: str, label: str, limit: int) -> list[str]:
    """Other domains of the same label of which something is known."""
    cur = await conn.execute(
        """
        select d.domain
          from lead_domains d
         where d.label = %(label)s and d.domain <> %(domain)s
           and (exists (select from lead_counts c where c.domain_id = d.id and c.owner in (0, %(workspace_id)s)
                           and c.people + c.emails + c.generic > 0)
                or exists (select from lead_companies c
                            where c.domain_id = d.id and c.owner in (0, %(workspace_id)s)))
         order by d.domain
         limit %(limit)s
        """,
        {"label": label, "domain": domain, "workspace_id": workspace_id, "limit": limit},
    )
    return [row[0] for row in await cur.fetchall()]


# When a site was read last.


async def visited_at(conn: Connection, domain: str) -> datetime | None:
    cur = await conn.execute(
        "select v.visited_at from lead_visits v join lead_domains d on d.id = v.domain_id where d.domain = %s", [domain]
    )
    row = await cur.fetchone()
    return row[0] if row else None


async def note_visit(conn: Connection, *, domain_id: int, outcome: str, now: datetime) -> None:
    await conn.execute(
        """
        insert into lead_visits (domain_id, visited_at, outcome) values (%s, %s, %s)
        on conflict (domain_id) do update set visited_at = excluded.visited_at, outcome = excluded.outcome
        """,
        [domain_id, now, outcome],
    )


def like(part: str) -> str:
    """A pattern for whatever contains `part`."""
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
