"""The SQL of companies: what sources say of them, and the card drawn from it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from fairlead.db import Connection

# Of a company seen more often than this only the latest sightings weigh.
WEIGHED = 50


class CompanySighting(NamedTuple):
    """A line of lead_company_evidence, in the order of its columns."""

    source_id: int
    domain_id: int
    seen_at: datetime
    weight: float
    founded: int | None
    name: str | None
    city: str | None
    state: str | None
    country: str | None
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


class Card(NamedTuple):
    """A line of lead_companies without its owner and shadow."""

    domain_id: int
    founded: int | None
    place_id: int | None
    name: str | None
    name_key: str | None
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


async def insert_sightings(conn: Connection, sightings: Sequence[CompanySighting]) -> None:
    async with conn.cursor().copy("copy lead_company_evidence from stdin") as copy:
        for sighting in sightings:
            await copy.write_row(sighting)


async def sightings(conn: Connection, domain_ids: Collection[int], owner: int) -> dict[int, list[CompanySighting]]:
    """What the sources of one owner say, by domain, the latest first."""
    cur = await conn.execute(
        """
        select said.source_id, said.domain_id, said.seen_at, said.weight, said.founded, said.name, said.city,
               said.state, said.country, said.phone, said.industry, said.size, said.site, said.logo, said.social,
               said.related, said.specialities, said.revenue_min, said.revenue_max
          from unnest(%(ids)s::bigint[]) as touched (id),
               lateral (select e.* from lead_company_evidence e join lead_sources s on s.id = e.source_id
                         where e.domain_id = touched.id and s.owner = %(owner)s
                         order by e.seen_at desc, e.source_id desc limit %(limit)s) said
        """,
        {"ids": sorted(domain_ids), "owner": owner, "limit": WEIGHED},
    )
    found: dict[int, list[CompanySighting]] = {}
    for row in await cur.fetchall():
        sighting = CompanySighting(*row)
        found.setdefault(sighting.domain_id, []).append(sighting)
    return found


async def replace_cards(conn: Connection, *, owner: int, domain_ids: Collection[int], cards: Sequence[Card]) -> None:
    """Puts `cards` in place of all this owner had of these domains."""
    ids = sorted(domain_ids)
    await conn.execute("delete from lead_companies where owner = %s and domain_id = any(%s)", [owner, ids])
    columns = ", ".join(Card._fields)
    async with conn.cursor().copy(f"copy lead_companies ({columns}, owner) from stdin") as copy:
        for card in cards:
            await copy.write_row((*card, owner))
    await conn.execute(
        """
        update lead_companies c set shadowed = exists (select from lead_companies shared
                                                        where shared.domain_id = c.domain_id and shared.owner = 0)
         where c.domain_id = any(%(ids)s) and c.owner <> 0
           and c.shadowed <> exists (select from lead_companies shared
                                      where shared.domain_id = c.domain_id and shared.owner = 0)
        """,
        {"ids": ids},
    )
