"""Sites of the sandbox are read: the contacts on them are found, and nobody is disturbed."""

import random

import pytest
from crawl_lab import contacts_score, crawl_lab, manners

from fairlead.sandbox.model import Company

SMALL, FULL = 60, 1_000


@pytest.fixture
def seed() -> int:
    seed = random.SystemRandom().randrange(10**6)
    print(f"\nseed {seed}")
    return seed


def asks_for_pauses(company: Company) -> bool:
    """Of several seconds: a test that is in a hurry leaves these sites to the bars."""
    return company.site is not None and bool(company.site.crawl_delay_seconds)


async def read_all(conninfo: str, seed: int, companies: int, *, hurried: bool = False) -> None:
    async with crawl_lab(conninfo, seed=seed, companies=companies) as lab:
        await lab.crawl(*(company.domain for company in lab.net.world if not (hurried and asks_for_pauses(company))))
        score, counted = await contacts_score(lab, leaving_out=asks_for_pauses if hurried else None), manners(lab)
    print(f"{score.planted} contacts planted, {score.hit} found, recall {score.recall:.2%}, precision {score.precision:.2%}")
    print(f"missed: {dict(score.missed)}; {counted}")
    print("\n".join(score.examples[:30]))
    assert score.recall >= 0.97
    assert score.precision >= 0.98
    assert score.traps == 0
    assert counted["forbidden"] == 0
    assert counted["hasty"] == 0
    assert counted["most_at_once"] == 1


async def test_contacts_on_sixty_sites_are_found(conninfo: str, seed: int) -> None:
    await read_all(conninfo, seed, SMALL, hurried=True)


@pytest.mark.bars
async def test_contacts_on_a_thousand_sites_are_found(conninfo: str, seed: int) -> None:
    await read_all(conninfo, seed, FULL)
