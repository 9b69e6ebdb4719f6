"""All that the lead database holds of the installation, by natural keys: no numbers, no times of recording."""

import hashlib

import psycopg

ADDRESSES = """
    select a.owner, a.local || '@' || d.domain, a.first_seen, a.last_seen, a.methods, a.sources, a.generic, a.own_domain,
           p.key, p.first_name, p.last_name
      from lead_addresses a join lead_domains d on d.id = a.domain_id left join lead_people p on p.id = a.person_id
     order by 1, 2"""
PEOPLE = """
    select p.owner, d.domain, p.key, p.first_name, p.last_name, p.profile, t.position, p.rank
      from lead_people p join lead_domains d on d.id = p.domain_id left join lead_positions t on t.id = p.position_id
     order by 1, 2, 3"""
EVIDENCE = """
    select s.owner, s.kind, s.uri, s.captured_at, e.seen_at, e.method, e.own_domain, e.former, e.company, e.place, e.snippet,
           a.local || '@' || ad.domain, p.key, pd.domain, t.position
      from lead_evidence e join lead_sources s on s.id = e.source_id
      left join lead_addresses a on a.id = e.address_id left join lead_domains ad on ad.id = a.domain_id
      left join lead_people p on p.id = e.person_id left join lead_domains pd on pd.id = p.domain_id
      left join lead_positions t on t.id = e.position_id
     order by s.owner, s.uri, s.captured_at, e.method, a.local, ad.domain, p.key, e.snippet"""
COMPANIES = """
    select c.owner, d.domain, c.name, c.founded, c.phone, c.industry, c.size, c.site, c.social, c.related, l.city, l.country
      from lead_companies c join lead_domains d on d.id = c.domain_id left join lead_places l on l.id = c.place_id
     order by 1, 2"""
COUNTS = """
    select c.owner, d.domain, c.people, c.emails, c.generic from lead_counts c join lead_domains d on d.id = c.domain_id
     where c.people + c.emails + c.generic > 0 order by 1, 2"""


async def lead_export(conninfo: str) -> dict[str, list[tuple[object, ...]]]:
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        found = {}
        for name, statement in (
            ("addresses", ADDRESSES), ("people", PEOPLE), ("evidence", EVIDENCE), ("companies", COMPANIES), ("counts", COUNTS)
        ):  # fmt: skip
            found[name] = await (await conn.execute(statement)).fetchall()
        return found


def digest(export: dict[str, list[tuple[object, ...]]]) -> str:
    return hashlib.sha256(repr(export).encode()).hexdigest()
