"""A sandbox internet of companies with sites, and a house that may read them."""

import asyncio
import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.corpus.crawling.model import CrawlReport
from fairlead.corpus.crawling.reading import crawl_domain
from fairlead.main import Start, open_house
from fairlead.sandbox.clock import MovableClock
from fairlead.sandbox.internet import Internet
from fairlead.sandbox.making.world import World as Sandbox
from fairlead.sandbox.model import Company
from fairlead.sandbox.sites.plan import SitePlan, site_plan
from fairlead.sandbox.web import Request, Response, Site
from fairlead.settings import Settings, read_networks, read_port_map
from fairlead.world import World

AT_ONCE = 150


class MachineTimer:
    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class HastyTimer(MachineTimer):
    """Machine time as it is, except that servers which take their time on purpose take a hundredth of it."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


@dataclass
class CrawlLab:
    net: Internet
    world: World
    # For another process in the same internet.
    environment: dict[str, str]

    def site(self, host: str, pages: Callable[[Request], Response], *, delay: float | None = None) -> None:
        """Another site than the world's under one of its hosts."""
        self.net.web.extra[host] = Site(pages, delay)

    def with_site(self) -> list[tuple[Company, SitePlan]]:
        return [(company, site_plan(company, company.site)) for company in self.net.world if company.site]

    async def crawl(self, *domains: str) -> dict[str, CrawlReport]:
        seats = asyncio.Semaphore(AT_ONCE)

        async def one(domain: str) -> CrawlReport:
            async with seats:
                return await crawl_domain(self.world, domain)

        return dict(zip(domains, await asyncio.gather(*map(one, domains)), strict=True))

    async def found(self) -> dict[str, set[str]]:
        """Addresses of the lead database by the registrable domain of the page they stood on."""
        async with self.world.db.statement() as conn:
            cur = await conn.execute(
                """
                select distinct s.uri, a.local || '@' || d.domain
                  from lead_evidence e join lead_sources s on s.id = e.source_id
                  join lead_addresses a on a.id = e.address_id join lead_domains d on d.id = a.domain_id
                """
            )
            rows = await cur.fetchall()
        found: dict[str, set[str]] = {}
        for uri, address in rows:
            host = uri.split("/")[2].removeprefix("www.")
            found.setdefault(host, set()).add(address)
        return found

    async def people(self) -> dict[str, dict[str, tuple[str | None, set[str]]]]:
        """Domain -> name -> (position, addresses)."""
        async with self.world.db.statement() as conn:
            cur = await conn.execute(
                """
                select d.domain, p.first_name || ' ' || p.last_name, t.position,
                       array(select a.local || '@' || ad.domain from lead_addresses a
                               join lead_domains ad on ad.id = a.domain_id where a.person_id = p.id)
                  from lead_people p join lead_domains d on d.id = p.domain_id
                  left join lead_positions t on t.id = p.position_id
                """
            )
            rows = await cur.fetchall()
        found: dict[str, dict[str, tuple[str | None, set[str]]]] = {}
        for domain, name, position, addresses in rows:
            found.setdefault(domain, {})[name] = (position, set(addresses))
        return found


@dataclass
class Score:
    """Planted contacts against those found."""

    planted: int = 0
    hit: int = 0
    extra: int = 0
    traps: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.hit / self.planted

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.extra + self.traps)


async def contacts_score(lab: CrawlLab, *, leaving_out: Callable[[Company], bool] | None = None) -> Score:
    found, score = await lab.found(), Score()
    for company, plan in lab.with_site():
        if leaving_out and leaving_out(company):
            continue
        # What robots.txt lets nobody see is not there to be found.
        planted = {place.email: place for place in plan.placements if not plan.forbids(place.path)}
        got = found.get(company.domain, set())
        score.planted += len(planted)
        score.hit += len(got & planted.keys())
        score.traps += len(got & set(company.honeypots))
        score.extra += len(got - planted.keys() - set(company.honeypots))
        for email in planted.keys() - got:
            score.missed[f"{planted[email].form.value} ({plan.site.robots.value}, {plan.site.quirk.value})"] += 1
            score.examples.append(f"missed {planted[email].form.value} {plan.site.host}{planted[email].path}")
        score.examples += [f"extra at {plan.site.host}: {email}" for email in got - planted.keys()]
    return score


def manners(lab: CrawlLab) -> dict[str, int]:
    """What the sandbox's web server counted, over all hosts."""
    counts = lab.net.web.counts.values()
    return {
        "requests": sum(count.requests for count in counts),
        "forbidden": sum(count.forbidden for count in counts),
        "hasty": sum(count.hasty for count in counts),
        "most_at_once": max((count.most_at_once for count in counts), default=0),
    }


@contextlib.asynccontextmanager
async def crawl_lab(
    conninfo: str, *, seed: int, companies: int, server_timer: Any = None, **settings: Any
) -> AsyncIterator[CrawlLab]:
    """Servers that are slow on purpose take a hundredth of the time, unless `server_timer` says otherwise."""
    clock = MovableClock(MachineTimer(), speed=0)
    net = Internet(Sandbox(seed=seed, companies=companies), clock, server_timer or HastyTimer())
    await net.start()
    try:
        with tempfile.TemporaryDirectory(prefix="fairlead-crawl-") as folder:
            ca_file = Path(folder) / "ca.pem"
            net.authority.write_certificate(ca_file)
            texts = net.settings(str(ca_file))
            environment = texts | {
                "FAIRLEAD_DATABASE_URL": conninfo,
                "FAIRLEAD_DATA": str(Path(folder) / "other"),
                "FAIRLEAD_SECRET_KEY": "ab" * 32,
                "FAIRLEAD_CRAWLER_PAUSE_MS": "0",
            }
            networks = read_networks(texts["FAIRLEAD_ALLOWED_NETWORKS"])
            given = Settings(
                database_url=conninfo,
                data=Path(folder) / "data",
                secret_key="ab" * 32,
                nameserver=texts["FAIRLEAD_NAMESERVER"],
                port_map=read_port_map(texts["FAIRLEAD_PORT_MAP"]),
                extra_ca=ca_file,
                **({"crawler_pause_ms": 0, "allowed_networks": networks} | settings),
            )
            async with open_house(given, Start()) as house:
                yield CrawlLab(net, house.world, environment)
    finally:
        await net.close()
