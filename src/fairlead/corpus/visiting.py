"""A look at the site of a company nobody has looked at yet, for a search that would find nothing."""

from datetime import timedelta
from typing import Final

from fairlead.corpus import reading
from fairlead.corpus.contacts import is_private_mail
from fairlead.corpus.crawling.model import Budget
from fairlead.corpus.crawling.reading import crawl_domain
from fairlead.corpus.store import reading as store
from fairlead.world import World

# Below this a search does not begin to read a site; machine time.
_LEAST_SECONDS: Final = 3.0


async def read_unknown_site(world: World, workspace_id: int, domain: str, *, seconds: float) -> bool:
    """Reads the site of a domain of which the workspace may know nothing; whether it did.

    Takes at most `seconds` of machine time: what was read by then is recorded, for everybody. The crawler's own rules
    hold (robots.txt, pauses, its budget of pages).
    """
    if seconds < _LEAST_SECONDS or is_private_mail(domain) or not world.settings.search_reads_sites:
        return False
    async with world.db.statement() as conn:
        counts = await reading.counts(conn, workspace_id, domain)
        known = counts.people + counts.addresses > 0 or await reading.company(conn, workspace_id, domain) is not None
        visited_at = await store.visited_at(conn, domain)
    since = world.clock.now() - timedelta(days=world.settings.crawler_days)
    if known or (visited_at is not None and visited_at > since):
        return False
    await crawl_domain(world, domain, budget=Budget(world.settings.crawler_pages, seconds=seconds))
    return True
