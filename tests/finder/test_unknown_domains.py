"""A search for a domain nothing is known of reads its site first, once."""

import random

import pytest

from corpus.crawl_lab import crawl_lab
from fairlead.accounts import actions as accounts
from fairlead.engine.handlers import HANDLERS
from fairlead.engine.worker import run_due_jobs
from fairlead.finder import actions as finder


@pytest.fixture
def seed() -> int:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    return seed


async def test_a_search_for_an_unknown_domain_answers_with_what_stands_on_its_site(conninfo, seed):
    async with crawl_lab(conninfo, seed=seed, companies=8) as lab:
        async with lab.world.db.transaction() as conn:
            made = await accounts.create_workspace(lab.world, conn, name="Test", owner="a@owner.example")
        found = 0
        for company, plan in lab.with_site():
            planted = {place.email for place in plan.placements if not plan.forbids(place.path)}
            if not planted:
                continue
            request = {"domain": company.domain, "generic": False, "after": 0, "next": ""}
            task = await finder.start(
                lab.world, made.workspace_id, "domain_emails", request, charges=[finder.addresses_charge(request)]
            )
            await run_due_jobs(lab.world, HANDLERS)
            async with lab.world.db.statement() as conn:
                done = await finder.find(conn, made.workspace_id, task.token, "domain_emails")
            assert set(done.result["emails"]) <= planted
            found += len(done.result["emails"])
            requests = sum(count.requests for count in lab.net.web.counts.values())
            request = {"domain": company.domain, "generic": True, "after": 0, "next": ""}
            await finder.start(lab.world, made.workspace_id, "domain_generic", request)
            await run_due_jobs(lab.world, HANDLERS)
            assert sum(count.requests for count in lab.net.web.counts.values()) == requests
            if found:
                break
        assert found
        assert sum(count.forbidden for count in lab.net.web.counts.values()) == 0
