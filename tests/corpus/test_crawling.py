"""Sites of the sandbox are read: the contacts on them are found, and nobody is disturbed."""

import asyncio
import json
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from crawl_lab import CrawlLab, MachineTimer, contacts_score, crawl_lab, manners
from lead_export import lead_export

from fairlead.corpus.crawling.links import followed, page_links, score, sitemap_links
from fairlead.corpus.crawling.model import Budget, Ending
from fairlead.corpus.crawling.reading import crawl_domain
from fairlead.corpus.crawling.robots import rules
from fairlead.corpus.crawling.work import CRAWL, ask_for_crawl, work_on_crawl
from fairlead.engine.worker import run_due_jobs
from fairlead.kit.refusals import Invalid
from fairlead.sandbox.model import Company
from fairlead.sandbox.web import Request, Response

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
    print(
        f"{score.planted} contacts planted, {score.hit} found, recall {score.recall:.2%}, precision {score.precision:.2%}"
    )
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


# One site at a time, made by hand.


@pytest.fixture
async def lab(conninfo: str, seed: int) -> AsyncIterator[CrawlLab]:
    async with crawl_lab(conninfo, seed=seed, companies=12, server_timer=MachineTimer()) as lab:
        yield lab


def company(lab: CrawlLab) -> Company:
    """One whose site answers under its bare domain without TLS, as the hand-made ones do."""
    return next(c for c in lab.net.world if c.site)


class Asked:
    """A site of a few pages, and what was asked of it."""

    def __init__(self, lab: CrawlLab, pages: dict[str, Response | str], *, delay: float | None = None) -> None:
        self.paths: list[str] = []
        self.times: list[float] = []
        self.agents: set[str | None] = set()
        self.domain = company(lab).domain
        self._pages = pages
        for host in (self.domain, f"www.{self.domain}"):
            lab.site(host, self._answer, delay=delay)

    def _answer(self, request: Request) -> Response:
        target = f"{request.path}?{request.query}" if request.query else request.path
        self.paths.append(target)
        self.times.append(time.monotonic())
        self.agents.add(request.header("user-agent"))
        page = self._pages.get(target, Response(404, body=b"gone"))
        return page if isinstance(page, Response) else Response(200, body=page.encode())


async def test_robots_txt_is_asked_first_and_followed(lab: CrawlLab) -> None:
    robots = Response(
        200,
        "text/plain",
        b"User-agent: fairlead\nDisallow: /private\nAllow: /private/team\n\nUser-agent: *\nDisallow: /\n",
    )
    links = "<a href=/private/a>a</a><a href=/private/team>team</a><a href=/contact>contact</a>"
    site = Asked(lab, {"/robots.txt": robots, "/": links, "/private/team": "x", "/contact": "y"})
    report = await crawl_domain(lab.world, site.domain)
    assert site.paths == ["/robots.txt", "/", "/contact", "/private/team"]
    assert report.ending is Ending.DONE
    (agent,) = site.agents
    assert agent is not None
    assert agent.startswith("Fairlead/")
    assert "(+http" in agent


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        (200, True),
        (301, True),
        (403, True),
        (404, True),
        (410, True),
        (429, True),
        (500, False),
        (503, False),
        (0, False),
    ],
)
def test_what_robots_txt_answers_counts_as_rfc_9309_says(status: int, allowed: bool) -> None:
    assert rules(status, "").allow("https://acme.com/team") is allowed


async def test_a_site_whose_robots_txt_fails_is_not_read(lab: CrawlLab) -> None:
    site = Asked(lab, {"/robots.txt": Response(503, body=b""), "/": "<p>ann@acme.com"})
    report = await crawl_domain(lab.world, site.domain)
    assert (report.ending, report.pages) == (Ending.FORBIDDEN, 0)
    assert set(site.paths) == {"/robots.txt"}


async def test_robots_txt_is_asked_for_once_a_day(lab: CrawlLab) -> None:
    site = Asked(lab, {"/": "<p>Hello"})
    for _ in range(3):
        await crawl_domain(lab.world, site.domain)
    assert site.paths.count("/robots.txt") == 1


async def test_requests_keep_the_pause_the_site_asks_for(lab: CrawlLab) -> None:
    robots = Response(200, "text/plain", b"User-agent: *\nCrawl-delay: 0.5\n")
    site = Asked(lab, {"/robots.txt": robots, "/": "<a href=/team>team</a><a href=/contact>c</a>"}, delay=0.5)
    await crawl_domain(lab.world, site.domain)
    assert len(site.times) == 4
    assert all(later - sooner > 0.45 for sooner, later in zip(site.times, site.times[1:], strict=False))


async def test_processes_that_read_the_same_host_take_turns(lab: CrawlLab, conninfo: str) -> None:
    links = "".join(f"<a href=/team/{n}>{n}</a>" for n in range(8))
    slow = Response(200, body=links.encode(), delay_seconds=0.1)
    site = Asked(lab, {f"/team/{n}": slow for n in range(8)} | {"/": slow})
    worlds = [replace(lab.world, random=random.Random(n)) for n in range(3)]
    reports = await asyncio.gather(*(crawl_domain(world, site.domain) for world in worlds))
    assert {report.pages for report in reports} <= {0, 9}
    # One of them read the site, and the others waited for it.
    assert len(site.paths) - site.paths.count("/robots.txt") <= 9 + 2
    assert manners(lab)["most_at_once"] == 1


async def test_pages_where_people_stand_come_first_and_the_budget_holds(lab: CrawlLab) -> None:
    names = ["products", "blog/one", "team", "impressum", "about", "kontakt", "jobs"]
    site = Asked(lab, {f"/{name}": "x" for name in names} | {"/": "".join(f"<a href=/{n}>{n}</a>" for n in names)})
    report = await crawl_domain(lab.world, site.domain, budget=Budget(pages=5))
    assert site.paths[1:] == ["/", "/kontakt", "/impressum", "/team", "/about"]
    assert (report.ending, report.pages) == (Ending.BUDGET, 5)


async def test_a_reading_ends_when_its_time_is_up_and_keeps_what_it_has(lab: CrawlLab) -> None:
    domain = company(lab).domain
    never = Response(200, body=b"late", delay_seconds=300.0)
    site = Asked(lab, {"/": f"<p>ann@{domain}</p><a href=/team>t</a>", "/team": never})
    report = await crawl_domain(lab.world, site.domain, budget=Budget(pages=5, seconds=1.5))
    assert (report.ending, report.pages) == (Ending.BUDGET, 1)
    assert (await lab.found())[domain] == {f"ann@{domain}"}
    # The host is free again for others.
    assert (await crawl_domain(lab.world, site.domain, budget=Budget(pages=1))).pages == 1


async def test_pages_deeper_than_three_and_pages_of_others_are_not_read(lab: CrawlLab) -> None:
    chain = {f"/team/{n}": f"<a href=/team/{n + 1}>next</a>" for n in range(1, 9)}
    elsewhere = "<a href=https://other.example/team>o</a><a href=//127.0.0.1/team>l</a><a href=mailto:a@b.example>m</a>"
    site = Asked(lab, {"/": f"<a href=/team/1>team</a>{elsewhere}<a href='/list.pdf'>p</a>"} | chain)
    await crawl_domain(lab.world, site.domain)
    assert site.paths[1:] == ["/", "/team/1", "/team/2", "/team/3"] or site.paths[-3:] == [
        "/team/1",
        "/team/2",
        "/team/3",
    ]


async def test_redirects_that_go_round_end(lab: CrawlLab) -> None:
    def to(where: str) -> Response:
        return Response(302, None, headers=(("Location", where),))

    site = Asked(lab, {"/": "<a href=/team>t</a>", "/team": to("/a"), "/a": to("/b"), "/b": to("/a")})
    report = await crawl_domain(lab.world, site.domain)
    assert (report.pages, report.ending) == (1, Ending.DONE)
    assert len(site.paths) < 15


@pytest.mark.parametrize(
    "where",
    [
        "http://127.0.0.1:5432/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://localhost/",
    ],
)
async def test_a_redirect_to_a_private_place_is_not_followed(lab: CrawlLab, where: str) -> None:
    site = Asked(lab, {"/": Response(302, None, headers=(("Location", where),))})
    report = await crawl_domain(lab.world, site.domain)
    assert (report.pages, report.addresses) == (0, 0)


async def test_a_name_that_leads_to_a_private_network_is_not_asked(conninfo: str, seed: int) -> None:
    """The sandbox's own network, where reaching it is not allowed."""
    async with crawl_lab(conninfo, seed=seed, companies=5, allowed_networks=()) as lab:
        report = await crawl_domain(lab.world, company(lab).domain)
        assert report.ending is Ending.UNREACHABLE
        assert manners(lab)["requests"] == 0


async def test_pages_without_end_are_read_to_their_beginning(lab: CrawlLab) -> None:
    domain = company(lab).domain
    endless = Response(200, body=f"<p>ann@{domain}</p>".encode(), tail=b"<div>" * 20_000, tail_times=2_000)
    site = Asked(lab, {"/": endless})
    report = await crawl_domain(lab.world, site.domain)
    assert (report.pages, report.addresses) == (1, 1)


async def test_a_page_that_fails_once_is_asked_for_again(lab: CrawlLab) -> None:
    domain = company(lab).domain
    answers = iter([Response(503, body=b""), Response(200, body=f"ann@{domain}".encode())])
    site = Asked(lab, {"/": "<a href=/team>t</a>"})
    site._pages = {"/": "<a href=/team>t</a>"}
    plain = site._answer

    def flaky(request: Request) -> Response:
        return next(answers) if request.path == "/team" else plain(request)

    for host in (domain, f"www.{domain}"):
        lab.site(host, flaky)
    assert (await crawl_domain(lab.world, domain)).addresses == 1


@pytest.mark.parametrize("domain", ["", "localhost", "a b.com", "http://acme.com/", "com", "1.2.3.4"])
async def test_what_is_no_site_is_refused(lab: CrawlLab, domain: str) -> None:
    with pytest.raises(Invalid):
        await crawl_domain(lab.world, domain)


async def test_a_search_has_a_site_read_in_the_background_once(lab: CrawlLab) -> None:
    domain = company(lab).domain
    site = Asked(lab, {"/": f"<p>ann@{domain}</p>"})
    for _ in range(2):
        async with lab.world.db.transaction() as conn:
            await ask_for_crawl(conn, lab.world, domain)
    await run_due_jobs(lab.world, {CRAWL: work_on_crawl}, ())
    assert site.paths.count("/") == 1
    assert (await lab.found())[domain] == {f"ann@{domain}"}


async def test_a_reading_that_was_killed_goes_on_and_ends_the_same(
    conninfo: str, seed: int, server, template: str
) -> None:
    async def crawled(where: str, kill: bool) -> dict[str, list[tuple[object, ...]]]:
        async with crawl_lab(where, seed=seed, companies=10) as lab:
            domains = [c.domain for c in lab.net.world if not asks_for_pauses(c)]
            dice = random.Random(seed)
            for attempt in range(8 if kill else 0):
                process = await asyncio.create_subprocess_exec(
                    sys.executable, Path(__file__).with_name("crawling_process.py"), json.dumps(lab.environment), *domains,
                    stdout=asyncio.subprocess.PIPE,
                )  # fmt: skip
                assert process.stdout is not None
                await process.stdout.readline()
                try:
                    await asyncio.wait_for(process.wait(), dice.uniform(0.1, 0.7) * (attempt + 1))
                    break
                except TimeoutError:
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
            await lab.crawl(*domains)
        export = await lead_export(where)
        # When a page was read is not the same in two runs.
        return {
            "addresses": [(row[0], row[1], *row[4:]) for row in export["addresses"]],
            "people": export["people"],
            "evidence": [(*row[:3], *row[5:]) for row in export["evidence"]],
            "companies": export["companies"],
            "counts": export["counts"],
        }

    other = f"read_at_once_{seed}"
    async with await psycopg.AsyncConnection.connect(server.conninfo("postgres"), autocommit=True) as conn:
        await conn.execute(f"create database {other} template {template}")
    killed = await crawled(conninfo, kill=True)
    assert killed["addresses"]
    assert killed == await crawled(server.conninfo(other), kill=False)


# Links.


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/team", "https://www.acme.com/team"), ("team?b=1&utm_source=x#top", "https://www.acme.com/team?b=1"),
        ("https://shop.acme.com:443/", "https://shop.acme.com/"), ("//acme.com", "https://acme.com/"),
        ("https://other.com/", None), ("mailto:a@acme.com", None), ("javascript:x()", None), ("#top", None), ("", None),
        ("/list.pdf", None), ("/wp-admin/x", None), ("https://u:p@acme.com/", None), ("http://[::1]/", None),
        ("http://10.0.0.1/", None), ("/" + "a" * 2_000, None), ("https://acme.com:99999/", None), ("/ann.vcf", "https://www.acme.com/ann.vcf"),
    ],
)  # fmt: skip
def test_links_are_followed_in_one_form_and_within_the_domain(href: str, target: str | None) -> None:
    assert followed(href, "https://www.acme.com/index.html") == target


def test_pages_of_people_score_above_others_in_any_language() -> None:
    telling = [
        "/kontakt",
        "/impressum",
        "/equipe",
        "/nuestro-equipo",
        "/chi-siamo",
        "/o-nas",
        "/hakkimizda",
        "/staff/",
        "/ann.vcf",
    ]
    others = ["/products/one", "/blog/2024/05/x", "/events/2024/05", "/news"]
    assert min(score(f"https://a.com{path}") for path in telling) > max(
        score(f"https://a.com{path}") for path in others
    )
    assert score("https://a.com/page7", "Unser Team") > score("https://a.com/page7", "Read more")


def test_links_of_a_page_and_of_a_sitemap_are_read() -> None:
    html = b"<base href='https://acme.com/x/'><a href=team>Team</a><a href=/y>y</a><a href=https://b.com>b</a>"
    assert [url for url, _ in page_links(html, "https://acme.com/")] == [
        "https://acme.com/x/team",
        "https://acme.com/y",
    ]
    xml = b"<urlset><url><loc>https://acme.com/team</loc></url><url><loc>https://acme.com/p/1</loc></url></urlset>"
    assert [url for url, _ in sitemap_links(xml, "https://acme.com/sitemap.xml")] == ["https://acme.com/team"]
