"""Sites that are to be read in the background."""

from fairlead.corpus.crawling.model import HOSTS_KEPT, Budget
from fairlead.corpus.crawling.store import forget_hosts
from fairlead.db import Connection
from fairlead.jobs import actions as jobs
from fairlead.jobs.model import Job, Postpone, Priority
from fairlead.world import World

CRAWL = "read site"


async def ask_for_crawl(
    conn: Connection, world: World, domain: str, *, workspace_id: int | None = None, pages: int | None = None
) -> None:
    """Has the site of `domain` (registrable) read soon, once however often that is asked for."""
    payload = {"domain": domain, "pages": pages or world.settings.crawler_pages}
    await jobs.enqueue(
        conn, CRAWL, payload, due_at=world.clock.now(), workspace_id=workspace_id, priority=Priority.BULK,
        once_key=f"read site {domain}",
    )  # fmt: skip


async def work_on_crawl(world: World, job: Job) -> Postpone | None:
    """The handler: goes on where a run before broke off."""
    # Loaded by the first site: parsers of pages are nothing a worker without sites should carry.
    from fairlead.corpus.crawling.reading import crawl_domain

    await crawl_domain(world, job.payload["domain"], budget=Budget(pages=job.payload["pages"]))
    return None


async def forget_old_hosts(conn: Connection) -> None:
    """Drops what was known of hosts nobody asked for a week."""
    await forget_hosts(conn, HOSTS_KEPT)
