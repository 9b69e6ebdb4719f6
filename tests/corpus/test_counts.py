"""Counts are exact, whatever comes and goes, also at the same time."""

import asyncio
import random

from fairlead.corpus import actions as corpus
from fairlead.corpus.model import SourceKind
from lead_evidence import Corpus, page, person

SUMS = """
select (select count(*) from lead_people p join lead_domains d on d.id = p.domain_id
         where d.domain = %(domain)s and p.owner in (0, %(owner)s)
           and not (p.owner <> 0 and exists (select from lead_people s where s.domain_id = p.domain_id and s.key = p.key
                                                and s.owner = 0))),
       (select count(*) filter (where not a.generic) from lead_addresses a join lead_domains d on d.id = a.domain_id
         where d.domain = %(domain)s and a.owner in (0, %(owner)s)
           and not (a.owner <> 0 and exists (select from lead_addresses s where s.domain_id = a.domain_id
                                                and s.local = a.local and s.owner = 0))),
       (select count(*) filter (where a.generic) from lead_addresses a join lead_domains d on d.id = a.domain_id
         where d.domain = %(domain)s and a.owner in (0, %(owner)s)
           and not (a.owner <> 0 and exists (select from lead_addresses s where s.domain_id = a.domain_id
                                                and s.local = a.local and s.owner = 0)))
"""


async def test_counts_are_what_one_counts(house, evidence: Corpus, domain):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    lots = random.Random(seed)
    tenants = [(await house.workspace()).workspace_id for _ in range(2)]
    sources: list[int] = []

    async def record(number: int) -> None:
        people = tuple(
            person(f"Ann N{n}", f"a{n}@{domain}" if lots.random() < 0.7 else None) for n in lots.sample(range(12), 3)
        )
        owner = lots.choice([None, *tenants])
        found = page(f"https://{domain}/{number}", f"info{lots.randrange(3)}@{domain}", f"b{lots.randrange(6)}@{domain}", people=people)
        kind = SourceKind.PAGE if owner is None else SourceKind.IMPORT
        sources.append((await evidence.record(found, uri=f"{domain} {number}", kind=kind, owner=owner)).source_id)

    async def withdraw() -> None:
        if sources:
            await evidence.ask(corpus.withdraw, sources.pop(lots.randrange(len(sources))))

    for number in range(30):
        actions = [record(number * 10 + k) for k in range(lots.randrange(1, 5))]
        if lots.random() < 0.6:
            actions.append(withdraw())
        if lots.random() < 0.1:
            actions.append(evidence.ask(corpus.claim, [f"a{lots.randrange(12)}@{domain}"], house.world.clock.now()))
        await asyncio.gather(*actions)
        for owner in tenants:
            async with house.world.db.statement() as conn:
                row = await (await conn.execute(SUMS, {"domain": domain, "owner": owner})).fetchone()
            assert await evidence.counts(owner, domain) == tuple(row)
    for source in sources:
        await evidence.ask(corpus.withdraw, source)
    for owner in tenants:
        assert await evidence.counts(owner, domain) == (0, 0, 0)
